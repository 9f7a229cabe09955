"""Driver errors -> errors of Seedbed, by SQLSTATE; and whether a row's values caused one."""

import re
from typing import Any

import psycopg2
from sqlalchemy.exc import TimeoutError as PoolTimeout

from seedbed.core.certificates import certificate_error
from seedbed.core.errors import AuthError, DataError, Transient, UserError
from seedbed.database.login_errors import LoginRefused

# By SQLSTATE, what says that we may not: PgBouncer has 08P01 for a password that is wrong.
OF_LOGINS = ("28", "42501", "08P01")
# By SQLSTATE, what a row's own values cause: bad data, broken constraints, a view's CHECK OPTION, a size that fits no index.
ABOUT_ROWS = ("22", "23", "44", "54000")
# By SQLSTATE, what no row is guilty of, in a trigger's statements either: connection, read-only, rights, rollback, resources,
# locks, time-outs.
ABOUT_THE_SERVER = ("08", "25", "28", "40", "42501", "53", "55", "57", "58", "F0", "XX")
# By SQLSTATE, what a retry may mend: connection, rollback, resources, locks, an operator; 25006: a fail-over has left us on a server
# that does not write yet; 25P03: we stood still in a transaction, and the server has ended the session.
PASSING = ("08", "25006", "25P03", "40", "53", "55", "57")
# The words of a context are in the server's language; the names in it are not.
FUNCTION = re.compile(r"^PL/\w+[^\n(\"]*?([\w$.]+)\(", re.MULTILINE)
RAISED = re.compile(r"^PL/.*\bRAISE$")
COPIED = re.compile(r"^COPY [^,]+, \S+ \d+, \S+ ([^:]+): ", re.MULTILINE)
ROW_SECURITY = (
    "ExecWithCheckOptions"  # the server's function that says so: the code alone says only that a right is missing
)


def is_about_a_row(error: psycopg2.Error) -> bool:
    """Whether the values of a row have caused the error; a lost connection, a time-out, a lock or a missing right are not.

    Triggers may raise what they like: the driver's class says nothing about an error that was raised in a function.
    """
    code = error.pgcode or ""
    if not code:
        return False  # only a server that answers gives one
    if code.startswith(ABOUT_ROWS) or error.diag.source_function == ROW_SECURITY:
        return True
    context = error.diag.context or ""
    if RAISED.match(context.partition("\n")[0]):
        return True
    return bool(FUNCTION.search(context)) and not code.startswith(ABOUT_THE_SERVER)


def rejection_text(error: psycopg2.Error) -> str:
    """The constraint, column or function that rejected a row, and the server's message."""
    context = error.diag.context or ""
    function, copied = FUNCTION.findall(context), COPIED.search(context)
    name = (
        error.diag.constraint_name
        or error.diag.column_name
        or (function[-1] if function else "")  # the outermost is the trigger's own
        or (copied.group(1) if copied else "")
        or error.pgcode
    )
    return f"{name}: {error.diag.message_primary or error}".strip(": ")


def translate_database_error(error: psycopg2.Error | Exception, where: str) -> Exception:
    """The error of our tree that a driver's error means; `where` names the database."""
    origin = getattr(error, "orig", None) or error
    login = origin.sqlstate if isinstance(origin, LoginRefused) else ""
    code = login or getattr(origin, "pgcode", None) or ""
    text = " ".join(str(origin).split())
    what: dict[str, Any] = {"params": {"database": where, "sqlstate": code}}
    if code.startswith(("28", "42501")) or login.startswith(OF_LOGINS):
        step = "check user, password and rights"
        return AuthError(f"{where} refused us: {text}", next_step=step, code="database-refused", **what)
    if code == "3D000":
        step = "create the database, or set POSTGRES_DB to one that exists"
        return UserError(f"{where}: {text}", next_step=step, code="database-missing", **what)
    if code in ("42P01", "42703", "3F000"):
        return DataError(f"{where}: {text}", next_step="run `seedbed migrate`", code="database-not-migrated", **what)
    if not code and (distrusted := certificate_error(where, origin)):
        return distrusted
    is_away = isinstance(origin, psycopg2.OperationalError | psycopg2.InterfaceError | PoolTimeout)
    if is_away or code.startswith(PASSING):
        step = "check that it runs, then retry"
        return Transient(f"{where} does not answer: {text}", next_step=step, code="database-unavailable", **what)
    return DataError(f"{where}: {text}", code="database-error", **what)
