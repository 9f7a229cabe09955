"""What is deployed says of every schedule and deployment what the server says of it now."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from seedbed.stack import StackOptions
from seedbed.stack.deploy.to_local_stack import deployments_digest, with_server_state

SOURCE = yaml.safe_load("""
name: small
pull: []
definitions:
  nightly: &nightly [{cron: "0 3 * * *", timezone: Asia/Bangkok, active: true}]
deployments:
  - {name: adhoc, entrypoint: flows.a.a, schedules: []}
  - {name: nightly, entrypoint: flows.a.a, schedules: *nightly}
  - {name: nightly, entrypoint: flows.b.b, schedules: *nightly}
""")
CRON = {"cron": "0 3 * * *", "timezone": "Asia/Bangkok", "day_or": True}


def served(*schedules: dict[str, Any], paused: bool = False, entrypoint: str = "flows.a.a") -> dict[str, Any]:
    return {"id": "1", "name": "nightly", "entrypoint": entrypoint, "paused": paused, "schedules": list(schedules)}


def schedule(active: bool, slug: str | None = None, **times: Any) -> dict[str, Any]:
    return {"id": "2", "active": active, "slug": slug, "schedule": times or CRON}


def active(rendered: dict[str, Any]) -> list[list[bool]]:
    return [[one["active"] for one in deployment["schedules"]] for deployment in rendered["deployments"]]


def test_new_schedules_start_inactive_on_the_local_stack() -> None:
    assert active(with_server_state(SOURCE, [], "inactive")) == [[], [False], [False]]


def test_new_schedules_start_as_written_elsewhere() -> None:
    assert active(with_server_state(SOURCE, [], "as_written")) == [[], [True], [True]]


@pytest.mark.parametrize("fresh", ["inactive", "as_written"])
@pytest.mark.parametrize("was", [True, False])
def test_a_known_schedule_stays_as_it_was(was: bool, fresh: Any) -> None:
    rendered = with_server_state(SOURCE, [served(schedule(was))], fresh)

    assert active(rendered)[1] == [was]


def test_one_deployment_does_not_speak_for_another_that_shares_its_schedules_in_the_file() -> None:
    rendered = with_server_state(SOURCE, [served(schedule(True))], "inactive")

    assert active(rendered) == [[], [True], [False]]


@pytest.mark.parametrize("paused", [True, False])
def test_a_known_deployment_stays_paused_or_not(paused: bool) -> None:
    rendered = with_server_state(SOURCE, [served(schedule(True), paused=paused)], "inactive")

    assert [one.get("paused") for one in rendered["deployments"]] == [None, paused, None]


def test_an_only_schedule_stays_active_when_its_time_changes() -> None:
    rendered = with_server_state(SOURCE, [served(schedule(True, cron="0 4 * * *", timezone="UTC"))], "inactive")

    assert active(rendered)[1] == [True]


def test_several_schedules_are_told_apart_by_slug_or_by_their_times() -> None:
    several = [
        {"cron": "0 3 * * *", "timezone": "Asia/Bangkok"},
        {"interval": 60},
        {"rrule": "FREQ=DAILY", "slug": "day"},
        {"cron": "7 7 * * *"},
    ]
    source = {"deployments": [{"name": "nightly", "entrypoint": "flows.a.a", "schedules": several}]}
    known = served(
        schedule(False), schedule(True, interval=60.0), schedule(True, slug="day", rrule="FREQ=DAILY", timezone="UTC")
    )

    assert active(with_server_state(source, [known], "inactive")) == [[False, True, True, False]]


def test_the_file_itself_is_not_changed() -> None:
    before = yaml.safe_dump(SOURCE)

    with_server_state(SOURCE, [served(schedule(False))], "inactive")

    assert yaml.safe_dump(SOURCE) == before


@pytest.mark.parametrize("changed", ["prefect.yaml", "flows/a.py", "flows/new.py"])
def test_a_changed_or_new_file_is_deployed(tmp_path: Path, changed: str) -> None:
    options = StackOptions(tmp_path, tmp_path / ".seedbed")
    (tmp_path / "flows").mkdir()
    for name in ("prefect.yaml", "flows/a.py"):
        (tmp_path / name).write_text("old")
    before = deployments_digest(options)
    assert deployments_digest(options) == before

    (tmp_path / changed).write_text("new")

    assert deployments_digest(options) != before
