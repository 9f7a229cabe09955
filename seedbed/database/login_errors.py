"""Why a server refused a login, by SQLSTATE: the text of a refusal is in the server's language."""

import ctypes
import re
import select
import time
from typing import Any

import psycopg2
import psycopg2._psycopg as driver
from psycopg2.extensions import POLL_OK, POLL_READ, connection

PROBE_S = 5.0
SLACK_S = 1.0  # libpq counts whole seconds
SQLSTATE_ONLY = 3  # libpq's PQERRORS_SQLSTATE: the error message is severity and SQLSTATE, nothing else
CODE_ONLY = re.compile(r": +([0-9A-Z]{5})$")
INVALID_LOGIN = "28P01"


class LoginRefused(psycopg2.OperationalError):
    """A server that answered refused the login; `sqlstate` says why."""

    sqlstate = ""


def connect(**words: Any) -> connection:
    """A connection; LoginRefused, with the SQLSTATE, if the server refuses it.

    psycopg2 has no SQLSTATE of a login that failed, so it is asked for with a second login, whose error is the code alone.
    """
    began = time.monotonic()
    try:
        opened: connection = psycopg2.connect(**words)
    except psycopg2.OperationalError as error:
        has_timed_out = time.monotonic() - began > float(words.get("connect_timeout", PROBE_S)) - SLACK_S
        sqlstate = "" if has_timed_out else _sqlstate(words)  # a host that never answers is asked once
        if not sqlstate:
            raise
        refused = LoginRefused(str(error))
        refused.sqlstate = sqlstate
        raise refused from error
    return opened


def _sqlstate(words: dict[str, Any]) -> str:
    """The SQLSTATE with which the server refuses the login now; "" if none answers, or if it lets us in."""
    libpq = ctypes.CDLL(driver.__file__)  # symbols of the library that it was linked with are found through it
    try:
        probe = psycopg2.connect(**words, async_=1)
    except psycopg2.OperationalError:
        return ""
    handle = ctypes.c_void_p(probe.pgconn_ptr)
    libpq.PQsetErrorVerbosity(handle, SQLSTATE_ONLY)
    try:
        _poll(probe, time.monotonic() + PROBE_S)
    except psycopg2.OperationalError as error:
        found = CODE_ONLY.search(str(error).strip())
        return found[1] if found else INVALID_LOGIN if libpq.PQconnectionNeedsPassword(handle) else ""
    finally:
        probe.close()
    return ""


def _poll(probe: connection, until: float) -> None:
    while (state := probe.poll()) != POLL_OK and (rest_s := until - time.monotonic()) > 0:
        reads = [probe.fileno()] if state == POLL_READ else []
        writes = [] if reads else [probe.fileno()]
        select.select(reads, writes, [], rest_s)
