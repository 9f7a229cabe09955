"""A run that is not worth starting ends Cancelled, whatever the page of runs says."""

import logging

import pytest

from seedbed import wiring
from seedbed.actions.context import Run
from tasks.run_flow import cancelled_state

RUN = Run("root-1", "20261121T183000-aaaaaaaa", "refresh")


def test_a_superseded_run_is_cancelled_although_the_settings_are_broken_by_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SEEDBED_ENV", "nowhere")
    wiring.app_context.cache_clear()
    with caplog.at_level(logging.WARNING, logger="seedbed"):
        ended = cancelled_state(RUN, "superseded: it was due at 01:30")
    assert (ended.is_cancelled(), ended.message) == (True, "superseded: it was due at 01:30")
    assert "unknown environment in SEEDBED_ENV 'nowhere'" in caplog.text
