"""What a Prefect server of one's own does by itself: mark dead runs as crashed, and tell people of runs that failed or are late."""

import json
from collections.abc import Sequence
from typing import Any

import httpx

from seedbed.stack.prefect_api import HEARTBEAT_S, client, request_json, send

ZOMBIES = "mark dead runs as crashed"
FAILURES = "tell of runs that failed or are late"
SILENCE_S = 3 * HEARTBEAT_S  # fewer missed heartbeats would call a busy run dead
SAME_S = 600  # with 0 s, each delivery of the same event would be told; Prefect delivers up to four times
ATTEMPT = ["prefect.resource.id", "prefect.run-count", "prefect.state-name"]
TOLD = ("Failed", "Crashed", "TimedOut", "Late")
SAID = (  # a Late run's state has no message
    "flow_run.state.message or ('it was to start at ' ~ flow_run.expected_start_time.strftime('%Y-%m-%d %H:%M') ~ ' UTC')"
)
Json = dict[str, Any]


def ensure_zombie_automation(api_url: str, tags: Sequence[str] = ()) -> None:
    """Makes the automation that marks a run as crashed when its heartbeats stop; of runs with all the tags only."""
    ensure_automation(api_url, zombie_automation(tags))


def notify_of_failures(api_url: str, webhook: str, ui_url: str, tags: Sequence[str]) -> None:
    """Keeps the webhook's address in a block of the server, and makes or updates the automation that calls it."""
    with client(api_url) as opened:
        block = _keep_webhook(opened, "-".join([*tags, "webhook"]), webhook)
    ensure_automation(api_url, failure_automation(block, ui_url, tags))


def ensure_automation(api_url: str, wanted: Json) -> None:
    """Makes the automation, or makes the one of that name as it is wanted; one that somebody switched off stays off."""
    with client(api_url) as opened:
        body = {"automations": {"name": {"any_": [wanted["name"]]}}}
        found = request_json(opened, "POST", "/automations/filter", body)
        if not found:
            request_json(opened, "POST", "/automations/", wanted)
        for one in found:
            request_json(opened, "PUT", f"/automations/{one['id']}", wanted | {"enabled": one["enabled"]})


def zombie_automation(tags: Sequence[str]) -> Json:
    """The automation that ends runs whose process is gone."""
    return {
        "name": _named(ZOMBIES, tags),
        "description": f"A running flow that was silent for {SILENCE_S} s is dead: it is marked Crashed, and can be retried.",
        "enabled": True,
        "trigger": {
            "type": "event",
            "posture": "Proactive",
            **_runs_with(tags),
            "after": ["prefect.flow-run.heartbeat"],
            "expect": ["prefect.flow-run.*"],
            "threshold": 1,
            "within": SILENCE_S,
        },
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "CRASHED",
                "message": f"No heartbeat for {SILENCE_S} s: its process or machine is gone. Retry resumes it.",
            }
        ],
    }


def failure_automation(block: str, ui_url: str, tags: Sequence[str]) -> Json:
    """The automation that calls the webhook with what the run's state says, once for each attempt and state."""
    return {
        "name": _named(FAILURES, tags),
        "description": "The message is the state's own, with the run, its deployment and a link.",
        "enabled": True,
        "trigger": {
            "type": "event",
            "posture": "Reactive",
            **_runs_with(tags),
            "for_each": ATTEMPT,
            "expect": [f"prefect.flow-run.{state}" for state in TOLD],
            "threshold": 1,
            "within": SAME_S,
        },
        "actions": [{"type": "call-webhook", "block_document_id": block, "payload": payload(ui_url)}],
    }


def payload(ui_url: str) -> str:
    """The body of a call as a template: JSON with one text, as Slack, Teams and Mattermost take it."""
    link = json.dumps(f"{ui_url.rstrip('/')}/runs/flow-run/")
    head = "flow_run.name ~ ': ' ~ flow_run.state.name ~ ' (' ~ flow.name ~ '/' ~ deployment.name ~ ')'"
    return f'{{"text": {{{{ ({head} ~ "\\n" ~ ({SAID}) ~ "\\n" ~ {link} ~ flow_run.id) | tojson }}}}}}'


def _runs_with(tags: Sequence[str]) -> Json:
    """Which runs: on a shared server never those of others, whose heartbeats are rarer than ours."""
    ours = [{"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"} for tag in tags]
    every_run = {"match": {"prefect.resource.id": ["prefect.flow-run.*"]}, "for_each": ["prefect.resource.id"]}
    return every_run | ({"match_related": ours} if ours else {})


def _named(what: str, tags: Sequence[str]) -> str:
    """What the automation is called: Seedbed, and the environment where it is one's."""
    return " ".join(["Seedbed", *tags[1:]]) + f": {what}"


def _keep_webhook(opened: httpx.Client, name: str, url: str) -> str:
    """The id of the block that holds the address; written each time, for the server does not show what it holds."""
    kind = request_json(opened, "GET", "/block_types/slug/webhook")
    schemas = request_json(
        opened, "POST", "/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}}
    )
    data = {"method": "POST", "url": url, "headers": {"Content-Type": "application/json"}}
    found = send(opened, "GET", f"/block_types/slug/webhook/block_documents/name/{name}")
    if found.status_code == 404:
        body = {"name": name, "data": data, "block_type_id": kind["id"], "block_schema_id": schemas[0]["id"]}
        return str(request_json(opened, "POST", "/block_documents/", body)["id"])
    block = str(found.raise_for_status().json()["id"])
    request_json(opened, "PATCH", f"/block_documents/{block}", {"data": data, "merge_existing_data": False})
    return block
