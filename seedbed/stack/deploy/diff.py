"""What a deployment says in the file and on the server, in the same words; and what people have set on the server."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
SHOWN_AS_DEFAULT = "the flow's default"


def describe_file_deployment(one: Json, pulls: list[Json]) -> Json:
    """What a deployment of the file says, in the words of `as_served`."""
    limit = one.get("concurrency_limit") or {}
    return {
        "description": one.get("description"),
        "tags": sorted(one["tags"]),
        "version": one.get("version"),
        "code": pulls,
        "pool": one["work_pool"]["name"],
        "job variables": one["work_pool"]["job_variables"],
        "parameters": one.get("parameters") or {},
        "at once": [limit.get("limit"), limit.get("collision_strategy")],
        "schedules": sorted((_said(schedule, schedule) for schedule in one["schedules"]), key=str),
    }


def describe_server_deployment(one: Json) -> Json:
    """What the server says of a deployment, as far as the file can speak of it."""
    limit, options = one["global_concurrency_limit"] or {}, one["concurrency_options"] or {}
    return {
        "description": one["description"],
        "tags": sorted(one["tags"]),
        "version": one["version"],
        "code": one["pull_steps"] or [],
        "pool": one["work_pool_name"],
        "job variables": one["job_variables"],
        "parameters": one["parameters"],
        "at once": [limit.get("limit"), options.get("collision_strategy")],
        "schedules": sorted((_said(schedule, schedule["schedule"]) for schedule in one["schedules"]), key=str),
    }


def overwritten_settings(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """What somebody has set on the server and the file says otherwise, a sentence each: parameters and schedules."""
    was, will = found["parameters"], wanted["parameters"]
    for name in sorted({**was, **will}):
        if _shown(was, name) != _shown(will, name):
            yield f"{name}: {_shown(was, name)} becomes {_shown(will, name)}"
    schedules = {slug: schedule for slug, *schedule in wanted["schedules"]}
    for slug, *schedule in found["schedules"]:
        if slug not in schedules:
            yield f"the schedule {slug or schedule[0]}, which the file does not have, is removed"
        elif slug and (before := _planned(*schedule)) != (after := _planned(*schedules[slug])):
            yield f"the schedule {slug}: {before} becomes {after}"


def preserved_settings(served: Json, said: Mapping[str, bool]) -> Iterator[str]:
    """What is switched on the server and a deploy leaves so. `said`: by slug, whether the file says that a schedule is active."""
    if served["paused"]:
        yield "it is paused on the server, and stays so"
    for schedule in served["schedules"]:
        active = schedule["active"]
        if said.get(schedule["slug"], active) != active:
            yield f"its schedule is switched {'on' if active else 'off'} on the server, and stays so"


def _shown(parameters: Mapping[str, Any], name: str) -> str:
    return json.dumps(parameters[name], ensure_ascii=False) if name in parameters else SHOWN_AS_DEFAULT


def _planned(times: str, _active: bool, parameters: Mapping[str, Any]) -> str:
    return f"{times} {json.dumps(parameters, ensure_ascii=False, sort_keys=True)}" if parameters else times


def _said(schedule: Json, times: Mapping[str, Any]) -> list[Any]:
    return [schedule.get("slug") or "", _times(times), schedule["active"], schedule.get("parameters") or {}]


def _times(schedule: Mapping[str, Any]) -> str:
    """When a schedule runs, as text: `30 1 * * * Asia/Bangkok`."""
    every = schedule.get("cron") or schedule.get("rrule") or f"every {schedule.get('interval')} s"
    return f"{every} {schedule.get('timezone') or 'UTC'}"
