"""The tag that says what a run waits for belongs to the attempt that goes on."""

from typing import Any

import pytest

from seedbed.core.errors import SeedbedError, Transient, UnitsFailed
from seedbed.database.ledger.leases import Overtaken
from tasks import waiting_tag

AWAY = Transient("the Cortex API does not answer")
OVERTAKEN = Overtaken("a newer attempt of this run has taken over: a host")


@pytest.mark.parametrize(
    ("error", "times"), [(AWAY, 2), (OVERTAKEN, 1), (UnitsFailed("1 of 2 failed", [AWAY, OVERTAKEN]), 1)]
)
def test_an_attempt_takes_its_tag_off_but_not_a_newer_one_s(
    monkeypatch: pytest.MonkeyPatch, error: SeedbedError, times: int
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(waiting_tag, "show_waiting", lambda _, away: shown.append(away))
    with pytest.raises(type(error)), waiting_tag.clearing_waiting_tags():
        raise error
    assert shown == [{}] * times
