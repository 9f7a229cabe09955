"""What a driver's error means for a run: whether a retry may mend it."""

import psycopg2
import pytest
from psycopg2 import errors

from seedbed.core.errors import AuthError, DataError, SeedbedError, Transient
from seedbed.database.driver_errors import translate_database_error
from seedbed.validation.gx_suites import is_lost


@pytest.mark.parametrize(
    ("code", "meaning"),
    [("25P03", Transient), ("25006", Transient), ("57P01", Transient), ("25P02", DataError), ("42501", AuthError)],
)
def test_a_state_of_the_server_that_passes_is_retried(code: str, meaning: type[SeedbedError]) -> None:
    error: psycopg2.Error = errors.lookup(code)("said by the server")
    error.__setstate__({"pgcode": code})
    assert type(translate_database_error(error, "postgresql://host/db")) is meaning


def test_a_session_that_the_server_ended_is_a_lost_database_to_the_audit_too() -> None:
    assert is_lost(errors.IdleInTransactionSessionTimeout("terminating connection"))
    assert not issubclass(errors.IdleInTransactionSessionTimeout, psycopg2.OperationalError)
