"""`seedbed deploy`: an environment's deployments, on the Prefect server that is configured."""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from seedbed.actions.environments.check_environment import (
    check_alone,
    check_nightly_config,
    check_tag,
    folders_missing_here,
)
from seedbed.cli.options import AsJson, as_command
from seedbed.cli.run_deployment import require_api
from seedbed.core.environment import Environment
from seedbed.core.errors import UserError
from seedbed.settings import ROOT, harmless_environment, read_settings, settings_of_environment
from seedbed.stack.deploy.to_environment import DeployPlan, apply_deploy_plan, as_yaml, check_schedule, plan_deploy
from seedbed.wiring import open_app_context

EnvironmentName = Annotated[
    str, typer.Option("--environment", help="The environment's name: deployments/environments/NAME.yaml.")
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("deploy")(as_command(deploy))


def deploy(
    environment: EnvironmentName = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be deployed, and touch nothing.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Deploy an environment's flows to the Prefect server that PREFECT_API_URL names."""
    found = environment_of(environment)
    _check_deployment(found)
    api_url = named_server()
    planned = plan_deploy(ROOT, api_url, found)
    if not dry_run:
        apply_deploy_plan(ROOT, api_url, found, planned)
    if as_json:
        print(json.dumps(_as_json(planned, api_url, found, dry_run=dry_run), ensure_ascii=False))
        return 0
    if dry_run:
        print(as_yaml(planned.file))
    for line in _lines(planned, found, dry_run=dry_run):
        print(line, file=sys.stderr if dry_run else sys.stdout)
    return 0


def environment_of(name: str) -> Environment:
    """The environment of that name, as its file says it; its secrets are not needed here."""
    if not name:
        raise UserError(
            "which environment? --environment is not given",
            next_step="name one of deployments/environments",
            code="environment-not-deployable",
        )
    found = harmless_environment(ROOT, name)
    if found is None:
        raise UserError(
            f"environment '{name}' is the local stack's",
            next_step="`seedbed up` deploys there",
            code="environment-not-deployable",
        )
    return found


def _check_deployment(environment: Environment) -> None:
    """UserError where the nights could not do what the file says; a folder that only the worker has is left to its doctor."""
    check_schedule(environment)
    live = open_app_context(settings_of_environment(environment))
    if unknown := check_tag(ROOT, environment):
        print(f"whether the tag has this file cannot be told: {unknown}", file=sys.stderr)
    away = folders_missing_here(ROOT, environment)
    if not away:
        check_nightly_config(live, live.local_time.day(datetime.now(UTC)))
        return
    check_alone(live)
    print(
        f"not on this machine: {', '.join(away)}; run `seedbed doctor` there to check modules, targets and patients",
        file=sys.stderr,
    )


def named_server() -> str:
    """The API of the server that somebody has named; the local stack's own is nobody's choice unless PREFECT_API_URL says it."""
    settings = read_settings()
    if settings.prefect_is_local or not settings.PREFECT_API_URL:
        raise UserError(
            "no Prefect server is named",
            next_step="set PREFECT_API_URL, in the environment or in .env",
            code="prefect-unavailable",
        )
    return require_api(settings).rstrip("/")


def _lines(planned: DeployPlan, environment: Environment, *, dry_run: bool) -> list[str]:
    """What was, or would be, done."""
    pool = f"{environment.pool.name} ({environment.pool.type})"
    lines = [f"{'new':<11}work pool {pool}"] if planned.makes_pool else []
    for one in planned.deployments:
        lines.append(f"{one.state:<11}{one.name}" + (f": {', '.join(one.differs)}" if one.differs else ""))
        lines += [f"{'':<11}{note}" for note in one.notes]
    return [*lines, "nothing was changed: a dry run"] if dry_run else lines


def _as_json(planned: DeployPlan, api_url: str, environment: Environment, *, dry_run: bool) -> dict[str, object]:
    deployments = [
        {"name": one.name, "state": one.state, "differs": list(one.differs), "notes": list(one.notes)}
        for one in planned.deployments
    ]
    said: dict[str, object] = {
        "verb": "deploy",
        "state": "completed",
        "environment": environment.name,
        "server": api_url,
    }
    pool = {
        "name": environment.pool.name,
        "type": environment.pool.type,
        "state": "new" if planned.makes_pool else "unchanged",
    }
    said |= {"dry_run": dry_run, "pool": pool, "deployments": deployments}
    return said | ({"file": planned.file} if dry_run else {})
