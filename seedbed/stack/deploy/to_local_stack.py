"""Deploys prefect.yaml, and leaves paused what was paused and active what was active."""

import copy
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml

from seedbed.core.errors import UserError
from seedbed.stack import prefect_api, prefect_service
from seedbed.stack.processes import last_lines
from seedbed.stack.stack_options import StackOptions
from seedbed.stack.state import write_private

DEPLOY_S = 300
Fresh = Literal["inactive", "as_written"]
Json = dict[str, Any]


def deployments_digest(options: StackOptions) -> str:
    """Changes when a deployment or the signature of a flow may have."""
    whole = hashlib.sha256(str(options.root).encode())  # pull steps may hold the folder
    for file in [options.root / "prefect.yaml", *sorted((options.root / "flows").rglob("*.py"))]:
        whole.update(str(file.relative_to(options.root)).encode() + b"\0" + file.read_bytes() + b"\0")
    return whole.hexdigest()


def deploy_if_changed(options: StackOptions, api_url: str, say: Callable[[str], None]) -> bool:
    """Deploys to the local stack unless that was done for the same files; says whether it did."""
    if not (options.root / "prefect.yaml").exists():
        say("no prefect.yaml in the project's root: nothing to deploy")
        return False
    stamp = options.prefect_home / "deployed.sha256"  # beside the server's database, so that both are lost together
    wanted = deployments_digest(options)
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    say("deploying prefect.yaml")
    deploy_all(options, api_url, fresh="inactive")
    write_private(stamp, wanted)
    return True


def deploy_all(options: StackOptions, api_url: str, *, fresh: Fresh) -> None:
    """Deploys all of prefect.yaml; `fresh` says how schedules start that the server does not know yet.

    `prefect deploy --all` alone would make every paused schedule and deployment active again.
    """
    before = prefect_api.read_deployments(api_url)
    source = yaml.safe_load((options.root / "prefect.yaml").read_text()) or {}
    rendered = options.prefect_home / "prefect.yaml"
    write_private(
        rendered, yaml.safe_dump(with_server_state(source, before, fresh), sort_keys=False, allow_unicode=True)
    )
    run_prefect_deploy(
        options.root, rendered, prefect_service.client_environment(options, api_url), options.log_of("deploy")
    )
    restore_server_state(api_url, before)


def run_prefect_deploy(root: Path, rendered: Path, env: Mapping[str, str], log: Path) -> None:
    """`prefect deploy --all` for a deployment file; UserError with the log's end where it fails."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(rendered)]
    with log.open("wb") as output:
        try:
            ran = subprocess.run(
                command,
                cwd=root,
                env={**env, "COLUMNS": "200"},
                stdout=output,
                stderr=output,
                timeout=DEPLOY_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise UserError(
                f"`prefect deploy --all` took more than {DEPLOY_S} s",
                next_step=f"it said:\n{last_lines(log)}",
                code="deploy-failed",
            ) from error
    if ran.returncode:
        raise UserError(f"`prefect deploy --all` failed; {log} ends with:\n{last_lines(log)}", code="deploy-failed")


def with_server_state(source: Json, before: list[Json], fresh: Fresh) -> Json:
    """The deployment file with every schedule as active, and every deployment as paused, as the server has it now."""
    known = {(one["entrypoint"], one["name"]): one for one in before}
    deployments = [copy.deepcopy(one) for one in source.get("deployments") or []]  # YAML's aliases share their lists
    for one in deployments:
        found = known.get((one.get("entrypoint"), one.get("name")))
        schedules = one.get("schedules") or []
        if found:
            one["paused"] = found["paused"]
            for schedule in schedules:
                schedule["active"] = _was_active(found, _written_key(schedule), len(schedules))
        elif fresh == "inactive":
            for schedule in schedules:
                schedule["active"] = False
    return source | {"deployments": deployments}


def restore_server_state(api_url: str, before: list[Json]) -> None:
    """Puts right what the file could not say: a deployment whose entrypoint moved is known by its id alone."""
    known = {one["id"]: one for one in before}
    for one in prefect_api.read_deployments(api_url):
        found = known.get(one["id"])
        if found is None:
            continue
        if one["paused"] != found["paused"]:
            prefect_api.set_paused(api_url, one["id"], paused=found["paused"])
        for schedule in one["schedules"]:
            active = _was_active(found, _served_key(schedule), len(one["schedules"]))
            if schedule["active"] != active:
                prefect_api.set_schedule_active(api_url, one["id"], schedule["id"], active=active)


def _was_active(found: Json, key: str, count: int) -> bool:
    """Whether this schedule of a known deployment was active; an only one is the same one though its time changed."""
    schedules = {_served_key(schedule): bool(schedule["active"]) for schedule in found["schedules"]}
    if count == 1 and len(schedules) == 1:
        return next(iter(schedules.values()))
    return schedules.get(key, False)


def _served_key(schedule: Json) -> str:
    """What a schedule is known by: its slug, else its times."""
    return schedule.get("slug") or _times(schedule["schedule"])


def _written_key(schedule: Json) -> str:
    return schedule.get("slug") or _times(schedule)


def _times(schedule: Mapping[str, Any]) -> str:
    if schedule.get("interval") is not None:
        return f"interval {float(schedule['interval'])}"
    return json.dumps([schedule.get("cron"), schedule.get("rrule"), schedule.get("timezone") or "UTC"])
