"""A statement over many rows, tried whole; where the database refuses, halved until the guilty rows are alone."""

from collections.abc import Callable, Iterator, Sequence

import psycopg2

from seedbed.core.errors import DataError
from seedbed.database.cursor import Cursor
from seedbed.database.driver_errors import is_about_a_row, rejection_text

MAX_REJECTED_ROWS = 200
SUPPRESSED = "a trigger suppressed the row"
RejectedRow = tuple[int, str]


def apply_or_bisect(
    cursor: Cursor, positions: Sequence[int], work: Callable[[Sequence[int]], None], *, after: str = ""
) -> list[RejectedRow]:
    """Runs `work` for all positions, except rows that a constraint or a trigger rejects; returns these with its name and message.

    The last statement of `work` must write one row a position. If it wrote fewer, a trigger suppressed some; they are found in
    the same way. Raises DataError after 200 rejected rows. `after`: statements that run before the first try, and are kept.
    """
    guilty: list[RejectedRow] = []
    for found in _bisect(cursor, positions, work, after):
        guilty.append(found)
        check_rejected_rows(len(guilty), found[1])
    return guilty


def check_rejected_rows(number: int, last: str) -> None:
    """DataError where the database has refused more rows than single wrong rows explain."""
    if number > MAX_REJECTED_ROWS:
        raise DataError(
            f"more than {MAX_REJECTED_ROWS} rows are refused by the database, the last: {last}",
            next_step="compare the table's constraints with the file",
            code="too-many-refused-rows",
        )


def _bisect(
    cursor: Cursor, positions: Sequence[int], work: Callable[[Sequence[int]], None], after: str = ""
) -> Iterator[RejectedRow]:
    if not positions:
        return
    cursor.execute(f"{after}; SAVEPOINT seedbed_attempt" if after else "SAVEPOINT seedbed_attempt")
    try:
        work(positions)
        said = SUPPRESSED if cursor.rowcount < len(positions) else ""
    except psycopg2.Error as error:
        if not is_about_a_row(error):
            raise
        said = rejection_text(error)
    if not said:
        cursor.execute("RELEASE SAVEPOINT seedbed_attempt")
        return
    cursor.execute("ROLLBACK TO SAVEPOINT seedbed_attempt")
    if len(positions) == 1:
        yield positions[0], said
        return
    middle = len(positions) // 2
    yield from _bisect(cursor, positions[:middle], work)
    yield from _bisect(cursor, positions[middle:], work)
