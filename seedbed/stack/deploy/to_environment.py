"""Deploys an environment to the Prefect server that is configured: what is new or has changed, and nothing else."""

import asyncio
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from seedbed.core.environment import Environment
from seedbed.core.errors import UserError
from seedbed.core.prefect_versions import version_gap
from seedbed.stack import prefect_api
from seedbed.stack.deploy.diff import (
    describe_file_deployment,
    describe_server_deployment,
    overwritten_settings,
    preserved_settings,
)
from seedbed.stack.deploy.environment_deployments import NIGHTLY, render_environment, tags_of
from seedbed.stack.deploy.job_templates import environment_pool
from seedbed.stack.deploy.to_local_stack import restore_server_state, run_prefect_deploy, with_server_state
from seedbed.stack.prefect_service import OF_RUNS

Json = dict[str, Any]
State = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """One deployment: how the file has it, and whether the server has it so.

    `notes`: what somebody has set on the server that is put back, or that stays although the file says otherwise.
    """

    name: str
    state: State
    written: Json
    differs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeployPlan:
    """What a deploy would do: the file as it would be deployed, its deployments, and whether the work pool has to be made."""

    file: Json
    deployments: tuple[DeploymentPlan, ...]
    makes_pool: bool
    before: tuple[Json, ...]


def plan_deploy(root: Path, api_url: str, environment: Environment) -> DeployPlan:
    """Compares prefect.yaml, as the environment has it, with the server; changes nothing.

    UserError where the server is older than our Prefect, or the pool is of another type.
    """
    check_version(api_url)
    makes_pool = _pool_is_absent(api_url, environment)
    before = [
        one for one in prefect_api.read_deployments(api_url) if set(tags_of(environment.name)) <= set(one["tags"])
    ]
    source = yaml.safe_load((root / "prefect.yaml").read_text(encoding="utf-8"))
    file = with_server_state(render_environment(source, environment), before, "as_written")
    known = {(one["entrypoint"], one["name"]): one for one in before}
    pulls = file["pull"]
    nights = environment.schedule
    said = {NIGHTLY: nights.active} if "active" in nights.model_fields_set else {}
    planned = tuple(
        _planned(one, pulls, known.get((one["entrypoint"], one["name"])), said) for one in file["deployments"]
    )
    return DeployPlan(file, planned, makes_pool, tuple(before))


def apply_deploy_plan(root: Path, api_url: str, environment: Environment, planned: DeployPlan) -> None:
    """Makes the pool where it is absent and deploys what is new or changed."""
    if planned.makes_pool:
        prefect_api.create_work_pool(api_url, environment_pool(environment.pool, root))
    due = [one.written for one in planned.deployments if one.state != "unchanged"]
    if not due:
        return
    with tempfile.TemporaryDirectory(prefix="seedbed-deploy-") as folder:
        file = Path(folder) / "prefect.yaml"
        file.write_text(as_yaml(planned.file | {"deployments": due}), encoding="utf-8")
        run_prefect_deploy(root, file, _client_environment(root, api_url), Path(folder) / "deploy.log")
    restore_server_state(api_url, list(planned.before))


def as_yaml(file: Json) -> str:
    """The deployment file as text."""
    return str(yaml.dump(file, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120))


class _Plain(yaml.SafeDumper):
    """Writes what is there twice, twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """No anchors."""
        del data
        return True


def check_version(api_url: str) -> None:
    """UserError where deploying would break: the server is older than our Prefect, or of another line."""
    ours, server = version("prefect"), prefect_api.read_version(api_url)
    if version_gap(ours, server) == "breaking":
        raise UserError(
            f"the server has Prefect {server}, we have {ours}",
            next_step=f"move the server at {api_url} to {ours}",
            code="deploy-failed",
        )


def check_schedule(environment: Environment) -> None:
    """UserError where Prefect would not understand the times of the nights, or no such night ever comes."""
    from prefect.server.schemas.schedules import CronSchedule  # noqa: PLC0415 - takes seconds to import

    written = environment.schedule
    try:
        asyncio.run(CronSchedule(cron=written.cron, timezone=written.timezone).get_dates(1))
    except ValueError as error:
        wrong = [one["msg"] for one in error.errors()] if isinstance(error, ValidationError) else [str(error)]
        raise UserError(
            f"{environment.path}: schedule: {'; '.join(wrong).removeprefix('Value error, ')}",
            next_step="cron has five fields, such as '30 1 * * *'; timezone is a name such as Asia/Bangkok",
            code="environment-file-invalid",
        ) from error


def _pool_is_absent(api_url: str, environment: Environment) -> bool:
    found, pool = prefect_api.read_work_pool(api_url, environment.pool.name), environment.pool
    if found is None:
        return True
    if found["type"] != pool.type:
        raise UserError(
            f"the work pool '{pool.name}' is of type {found['type']}, environment '{environment.name}' wants {pool.type}",
            next_step="name another pool in the environment's file, or correct pool.type",
            code="deploy-failed",
        )
    return False


def _planned(written: Json, pulls: list[Json], served: Json | None, said: Mapping[str, bool]) -> DeploymentPlan:
    from prefect.flows import load_flow_from_entrypoint  # noqa: PLC0415
    from prefect.utilities.callables import parameter_schema  # noqa: PLC0415

    flow = load_flow_from_entrypoint(written["entrypoint"], use_placeholder_flow=False)
    name = f"{flow.name}/{written['name']}"
    if served is None:
        return DeploymentPlan(name, "new", written)
    wanted = describe_file_deployment(written, pulls) | {
        "parameters' schema": parameter_schema(flow).model_dump(exclude_unset=True)
    }
    found = describe_server_deployment(served) | {"parameters' schema": served["parameter_openapi_schema"]}
    if not written.get("version"):  # where no code is named, Prefect makes one up from the folder that it is in
        wanted["version"] = found["version"]
    differs = tuple(part for part in wanted if wanted[part] != found[part])
    notes = (*overwritten_settings(wanted, found), *preserved_settings(served, said))
    return DeploymentPlan(name, "changed" if differs else "unchanged", written, differs, notes)


def _client_environment(root: Path, api_url: str) -> Mapping[str, str]:
    """This process's environment, Prefect's credentials in it, for `prefect deploy` to that server."""
    return {
        **os.environ,
        **OF_RUNS,
        "PREFECT_API_URL": api_url,
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONPATH": os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
