"""What people are told of a run: JSON, whatever the state's message holds; and whose runs are meant."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.server.events.schemas.automations import AutomationCreate
from prefect.server.utilities.user_templates import render_user_template, validate_user_template

from seedbed.stack.automations import failure_automation, payload, zombie_automation

BLOCK = "00000000-0000-0000-0000-000000000001"
UI = "https://prefect.example.org"


def said(message: str | None, state: str = "Failed") -> dict[str, Any]:
    """The body that the webhook gets."""
    due = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
    state_now = SimpleNamespace(name=state, message=message)
    run = SimpleNamespace(id="1f0c", name="refresh-staging 2026-11-22 01:30", state=state_now, expected_start_time=due)
    names = {"flow": SimpleNamespace(name="refresh-staging"), "deployment": SimpleNamespace(name="nightly-north")}
    template = payload(UI)
    validate_user_template(template)
    return dict(json.loads(asyncio.run(render_user_template(template, {"flow_run": run, **names}))))


@pytest.mark.parametrize("message", ["plain", 'says "no"\nat C:\\x', "ชาย </script> & {{ 7 * 7 }} {% raw %}"])
def test_the_message_is_the_states_message_with_run_deployment_and_link(message: str) -> None:
    head = "refresh-staging 2026-11-22 01:30: Failed (refresh-staging/nightly-north)"
    assert said(message) == {"text": f"{head}\n{message}\n{UI}/runs/flow-run/1f0c"}


def test_a_late_run_whose_state_has_no_message_says_when_it_was_due() -> None:
    assert "\nit was to start at 2026-11-21 18:30 UTC\n" in said(None, "Late")["text"]


@pytest.mark.parametrize("tags", [(), ("seedbed",), ("seedbed", "north")])
def test_prefect_takes_the_automations_and_they_mean_runs_with_all_the_tags(tags: tuple[str, ...]) -> None:
    for written in (zombie_automation(tags), failure_automation(BLOCK, UI, tags)):
        taken = AutomationCreate.model_validate(written)
        related = taken.trigger.match_related
        found = [one["prefect.resource.id"] for one in related] if isinstance(related, list) else []
        assert found == [[f"prefect.tag.{tag}"] for tag in tags]
