"""Values as the text of a CSV cell, the way the data files have them."""

import pyarrow as pa
import pyarrow.compute as pc


def as_text(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Each value as text: dates YYYY-MM-DD, booleans TRUE and FALSE; what is absent stays absent."""
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, "TRUE", "FALSE")
    return values.cast(pa.string())
