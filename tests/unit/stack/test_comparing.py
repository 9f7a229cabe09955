"""What a deploy takes away from what people have set on the server."""

from typing import Any

import pytest

from seedbed.stack.deploy.diff import describe_file_deployment, describe_server_deployment, overwritten_settings

WRITTEN: dict[str, Any] = {
    "tags": [],
    "work_pool": {"name": "north", "job_variables": {}},
    "schedules": [{"cron": "30 1 * * *", "timezone": "Asia/Bangkok", "slug": "nightly", "active": False}],
}


def served(cron: str, **changes: Any) -> dict[str, Any]:
    times = {"cron": cron, "timezone": "Asia/Bangkok"}
    return {
        **dict.fromkeys(("description", "version", "pull_steps", "work_pool_name", "job_variables")),
        **dict.fromkeys(("global_concurrency_limit", "concurrency_options")),
        "tags": [],
        "parameters": {},
        "schedules": [{"slug": "nightly", "schedule": times, "active": False, "parameters": {}, **changes}],
    }


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (served("30 1 * * *", active=True), []),
        (
            served("0 4 * * *"),
            ["the schedule nightly: 0 4 * * * Asia/Bangkok becomes 30 1 * * * Asia/Bangkok"],
        ),
        (
            served("30 1 * * *", parameters={"strict": True}),
            ['the schedule nightly: 30 1 * * * Asia/Bangkok {"strict": true} becomes 30 1 * * * Asia/Bangkok'],
        ),
    ],
    ids=["switched on, and stays so", "at another time", "with parameters"],
)
def test_a_schedule_that_was_edited_on_the_server_is_not_reverted_in_silence(
    found: dict[str, Any], said: list[str]
) -> None:
    assert list(overwritten_settings(describe_file_deployment(WRITTEN, []), describe_server_deployment(found))) == said
