"""A statement over many rows, tried whole; where the database refuses, halved until the guilty rows are alone."""

from collections.abc import Callable, Iterator, Sequence

import psycopg2
from psycopg2 import errors

from seedbed.core.errors import AuthError, DataError, Transient, UserError
from seedbed.database.copying import Cursor

MOST_GUILTY = 200
REFUSALS = (
    "password authentication failed",
    "permission denied for database",
    "no pg_hba.conf entry",
    "no password supplied",
)
Guilty = tuple[int, str]


def attempt(cursor: Cursor, positions: Sequence[int], work: Callable[[Sequence[int]], None]) -> list[Guilty]:
    """Does the work for all positions but those that a constraint refuses; returns these with the constraint's words.

    DataError after 200 guilty rows: then something else is wrong than rows.
    """
    guilty: list[Guilty] = []
    for found in _bisect(cursor, positions, work):
        guilty.append(found)
        check_guilty(len(guilty), found[1])
    return guilty


def check_guilty(number: int, last: str) -> None:
    """DataError where the database has refused more rows than single wrong rows explain."""
    if number > MOST_GUILTY:
        raise DataError(
            f"more than {MOST_GUILTY} rows are refused by the database, the last: {last}",
            next_step="compare the table's constraints with the file",
        )


def _bisect(cursor: Cursor, positions: Sequence[int], work: Callable[[Sequence[int]], None]) -> Iterator[Guilty]:
    if not positions:
        return
    cursor.execute("SAVEPOINT seedbed_attempt")
    try:
        work(positions)
    except (psycopg2.IntegrityError, psycopg2.DataError, errors.RaiseException, errors.ProgramLimitExceeded) as error:
        cursor.execute("ROLLBACK TO SAVEPOINT seedbed_attempt")
        if len(positions) == 1:
            yield positions[0], _words(error)
            return
        middle = len(positions) // 2
        yield from _bisect(cursor, positions[:middle], work)
        yield from _bisect(cursor, positions[middle:], work)
    else:
        cursor.execute("RELEASE SAVEPOINT seedbed_attempt")


def _words(error: psycopg2.Error) -> str:
    name = error.diag.constraint_name or error.diag.column_name or error.pgcode or ""
    return f"{name}: {error.diag.message_primary or error}".strip(": ")


def translated(error: psycopg2.Error | Exception, where: str) -> Exception:
    """The error of our tree that a driver's error means; `where` names the database."""
    origin = getattr(error, "orig", None) or error
    code = getattr(origin, "pgcode", None) or ""
    text = " ".join(str(origin).split())
    # A refused connection carries no code, only words.
    if code.startswith("28") or code == "42501" or any(words in text for words in REFUSALS):
        return AuthError(f"{where} refused us: {text}", next_step="check user, password and rights")
    if 'database "' in text and '" does not exist' in text:
        return UserError(f"{where}: {text}", next_step="create the database, or set POSTGRES_DB to one that exists")
    if code in ("42P01", "42703", "3F000"):
        return DataError(f"{where}: {text}", next_step="run `seedbed migrate`")
    if isinstance(origin, psycopg2.OperationalError | psycopg2.InterfaceError) or code[:2] in (
        "08",
        "40",
        "53",
        "55",
        "57",
    ):
        return Transient(f"{where} does not answer: {text}", next_step="check that it runs, then retry")
    return DataError(f"{where}: {text}")
