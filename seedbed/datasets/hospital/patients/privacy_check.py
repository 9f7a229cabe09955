"""The gate: what leaves is drawn, and looks it. A batch in which anything could be a real person's is refused."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.core.errors import DataError
from seedbed.datasets.hospital.patients.identity import CLASS, DOMAIN, ID_DIGITS, PHONE_START, check_digits
from seedbed.datasets.hospital.patients.patient_entity import SCHEMA
from seedbed.datasets.hospital.patients.text import ZERO, characters

CITIZEN_ID = f"^{CLASS}[0-9]{{12}}$"
PHONE = f"^{PHONE_START}[0-9]{{7}}$"
MAIL = rf"^[a-z0-9.]+@{DOMAIN.replace('.', chr(92) + '.')}$"
PATTERNS = {"id_card_no": CITIZEN_ID, "phone": PHONE, "contact_phone": PHONE, "email": MAIL}
REASONS = {
    "id_card_no": f"does not begin with {CLASS} or has no 13 digits",
    "phone": f"is not {PHONE_START} and seven digits",
    "contact_phone": f"is not {PHONE_START} and seven digits",
    "email": f"is not at {DOMAIN}",
}


def check_privacy(table: pa.Table) -> pa.Table:
    """The table itself; DataError naming the row and field of the first value that is not safe, or the column that is missing."""
    if [(field.name, field.type) for field in table.schema] != [(field.name, field.type) for field in SCHEMA]:
        raise DataError(
            "this is no table of drawn patients",
            next_step=f"its columns are to be {', '.join(SCHEMA.names)}",
            code="privacy-check-failed",
        )
    for field, is_safe, reason in _column_checks(table):
        safe = pc.fill_null(is_safe, SCHEMA.field(field).nullable)
        place = pc.index(safe, pa.scalar(False)).as_py()
        if place >= 0:
            patient = table["patient"][place].as_py()
            # The value may be a real person's: it is not repeated.
            raise DataError(
                f"row {place} (patient {patient}): {field} {reason}",
                next_step="nothing of this batch was sent; draw it again",
                code="privacy-check-failed",
            )
    return table


def _column_checks(table: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray, str]]:
    for field in SCHEMA:
        if not field.nullable:
            yield field.name, pc.is_valid(table[field.name]), "is absent"
    for name, pattern in PATTERNS.items():
        yield name, pc.match_substring_regex(table[name], pattern), REASONS[name]
    yield "id_card_no", _checked(table["id_card_no"]), "has a wrong check digit"
    yield "id_card_no", _once(table["id_card_no"]), "stands twice"
    yield "deceased_date", pc.equal(table["deceased"], pc.is_valid(table["deceased_date"])), "and deceased contradict"


def _checked(ids: pa.ChunkedArray) -> pa.Array:
    digits = characters(ids.combine_chunks(), ID_DIGITS) - ZERO
    return pa.array(check_digits(digits[:, :-1]) == digits[:, -1])


def _once(ids: pa.ChunkedArray) -> pa.Array:
    numbers = ids.combine_chunks().dictionary_encode().indices.to_numpy()  # each new value has the next number
    return pa.array(np.diff(np.maximum.accumulate(numbers), prepend=-1) > 0)
