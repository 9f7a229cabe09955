"""Why a run on a worker failed: read from what its attempt left behind, never from the words of its state."""

import json
from typing import Any

import pytest

from seedbed.cli import command_line
from seedbed.cli.run_deployment import failure_in
from seedbed.core.errors import Conflict, failure_of
from seedbed.core.report import FAILED_ATTEMPT, FAILURE

HELD = Conflict("r1 writes to this database", next_step="wait", code="run-lock-held", params={"run": "r1"})
STATE = {"name": "Failed", "message": "Flow run encountered an exception: UserError: a sentence"}


def flow_run(attempt: int) -> dict[str, Any]:
    labels = {FAILURE: json.dumps(failure_of(HELD).to_json()), FAILED_ATTEMPT: attempt}
    return {"state": STATE, "labels": labels, "run_count": 2}


def test_a_failure_is_what_the_last_attempt_left_at_the_server() -> None:
    failure = failure_in(flow_run(2))
    assert failure == failure_of(HELD)
    assert (failure.exit_code, failure.code, failure.params) == (6, "run-lock-held", {"run": "r1"})


@pytest.mark.parametrize("found", [flow_run(1), {"state": STATE, "run_count": 1}], ids=["an earlier attempt's", "none"])
def test_without_one_the_words_of_the_state_are_shown_and_not_read(found: dict[str, Any]) -> None:
    failure = failure_in(found)
    assert (failure.kind, failure.message, failure.exit_code) == ("Failed", STATE["message"], 1)


def test_a_code_is_explained_in_any_spelling(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["explain-error", "unknown_outcome"]) == 0
    assert "A patient was sent" in capsys.readouterr().out
    assert command_line.main(["explain-error", "buddhist-year", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verb"] == "explain-error"
    assert {"invalid", "cell-empty", "buddhist-year"} <= set(document["codes"])
    assert document["text"].startswith("The row breaks a rule")


def test_an_unknown_code_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["explain-error", "run-lock-hold", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["params"]["near"]) == ("unknown-name", "run-lock-held")
    assert error["next"] == "did you mean 'run-lock-held'? docs/runbook.md has all codes"
