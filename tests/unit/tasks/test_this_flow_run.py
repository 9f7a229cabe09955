import pickle

import pytest
from prefect.exceptions import Abort

from seedbed.actions.context import Run
from seedbed.core.errors import DataError, SeedbedError, UnitsFailed
from seedbed.database.ledger.leases import LeaseLost, Overtaken
from tasks.this_flow_run import aborting_if_superseded

OVERTAKEN = Overtaken("a newer attempt of this run has taken over: a host")


@aborting_if_superseded()
def failing(error: SeedbedError) -> None:
    raise error


@pytest.mark.parametrize(
    "error", [OVERTAKEN, UnitsFailed("2 failed", [DataError("wrong"), UnitsFailed("1", [OVERTAKEN])])]
)
def test_an_attempt_that_was_overtaken_tells_prefect_no_state_of_the_run(error: SeedbedError) -> None:
    with pytest.raises(Abort) as ended:
        failing(error)
    assert ended.value.__cause__ is error


def test_what_else_fails_an_attempt_fails_the_run() -> None:
    with pytest.raises(LeaseLost):
        failing(LeaseLost("this run has lost its lease to another"))


def test_steps_in_other_processes_are_the_same_attempt_and_whoever_makes_a_run_is_another() -> None:
    run = Run("root", "name", "gen-mock", 2)
    assert pickle.loads(pickle.dumps(run)).attempt_ref == run.attempt_ref
    assert Run("root", "name", "gen-mock", 2).attempt_ref != run.attempt_ref
