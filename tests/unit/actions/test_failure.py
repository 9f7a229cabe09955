import pytest

from seedbed.actions.runs.run_errors import combine_errors
from seedbed.core.errors import AuthError, DataError, NotRun, Transient


def test_nothing_that_failed_is_no_failure():
    assert combine_errors({}, None, None) is None


def test_a_failure_names_units_the_first_cause_and_the_next_step():
    failed = {
        "lab": Transient("no answer", next_step="start it"),
        "user": AuthError("refused"),
        "finance": NotRun("waits"),
    }
    error = combine_errors(failed)
    assert str(error) == "lab, user failed (finance not run): no answer; start it"
    assert (error.exit_code, error.is_transient, error.causes) == (5, True, tuple(failed.values()))


def test_a_refusal_alone_names_no_units():
    assert (
        str(combine_errors({}, None, DataError("3 rows were skipped")))
        == "3 rows were skipped; read the report, then retry"
    )


@pytest.mark.parametrize("length", [10, 250, 300, 5_000])
def test_a_failure_is_at_most_300_characters_long(length):
    error = combine_errors({"lab": DataError("x" * length, next_step="mend the file, then retry")})
    assert len(str(error)) <= 300
    assert str(error).endswith("; mend the file, then retry")
