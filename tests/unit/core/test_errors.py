import pickle

import pytest

from seedbed.core.errors import (
    AuthError,
    DataError,
    NotRun,
    SeedbedError,
    Transient,
    UnitsFailed,
    UserError,
    exit_code,
    unknown_name,
)

TABLE = {UserError: (2, 400, False), DataError: (3, 422, False), Transient: (4, 503, True), AuthError: (5, 502, False)}


@pytest.mark.parametrize("kind", TABLE)
def test_each_class_knows_its_exit_code_its_http_status_and_whether_a_retry_helps(kind):
    error = kind("it broke")
    assert (exit_code(error), error.http_status, error.is_transient) == TABLE[kind]


def test_a_message_says_what_and_the_next_step():
    error = DataError("x.csv: is empty", next_step="fill it")
    assert (str(error), error.message, error.next_step) == ("x.csv: is empty; fill it", "x.csv: is empty", "fill it")
    assert str(DataError("x.csv: is empty")) == "x.csv: is empty"


def test_an_error_that_is_not_ours_exits_1():
    assert (exit_code(ValueError("x")), exit_code(SeedbedError("x")), exit_code(NotRun("x"))) == (1, 1, 1)


def test_several_failures_have_the_largest_code():
    causes = [DataError("a"), AuthError("b"), NotRun("c")]
    error = UnitsFailed("two units failed", causes, next_step="read")
    assert (error.exit_code, error.causes, str(error)) == (5, tuple(causes), "two units failed; read")
    assert UnitsFailed("none", []).exit_code == 1
    assert UnitsFailed("a bug", [KeyError("x")]).exit_code == 1


def test_several_failures_are_worth_a_retry_where_one_of_them_is():
    assert UnitsFailed("x", [DataError("a"), Transient("b"), NotRun("c")]).is_transient
    assert not UnitsFailed("x", [DataError("a"), NotRun("c"), OSError()]).is_transient


@pytest.mark.parametrize("error", [Transient("a", next_step="b"), UnitsFailed("a", [Transient("b")], next_step="c")])
def test_an_error_can_be_handed_to_another_process(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.message, copy.next_step) == (
        type(error),
        str(error),
        error.message,
        error.next_step,
    )
    assert (copy.exit_code, copy.is_transient) == (4, True)


def test_an_unknown_name_is_refused_with_the_nearest_and_all_that_exist():
    error = unknown_name("module", "Demografic", ["user", "demographic"])
    assert isinstance(error, UserError)
    assert str(error) == "unknown module 'Demografic'; did you mean 'demographic'? known: demographic, user"


def test_a_name_like_no_other_gets_the_list_alone():
    assert unknown_name("module", "zzz", ["lab"]).next_step == "known: lab"
