"""The deployments of an environment: prefect.yaml's own, under its name, on its pool, with its code and its nights."""

import copy
from typing import Any

from seedbed.core.environment import CodeSource, Environment
from seedbed.stack.prefect_service import OF_RUNS

OURS = "seedbed"
NIGHTLY = "nightly"
Json = dict[str, Any]


def tags_of(environment: str) -> tuple[str, ...]:
    """The tags of deployments and runs by which ours are told from those of others on a shared server."""
    return (OURS, environment) if environment else (OURS,)


def render_environment(source: Json, environment: Environment) -> Json:
    """The deployment file with every deployment as the environment's; nothing in it is secret."""
    deployments = [_of_environment(copy.deepcopy(one), environment) for one in source["deployments"]]
    kept = {name: source[name] for name in ("name", "prefect-version") if name in source}
    return kept | {"pull": pull_steps(environment.code), "deployments": deployments}


def _of_environment(one: Json, environment: Environment) -> Json:
    if one["name"] == NIGHTLY:
        (schedule,) = one["schedules"]
        schedule |= {"cron": environment.schedule.cron, "timezone": environment.schedule.timezone}
        schedule["active"] = environment.schedule.active
    one["name"] = f"{one['name']}-{environment.name}"
    one["tags"] = list(dict.fromkeys([*one.get("tags", ()), *tags_of(environment.name)]))
    one["work_pool"] = {"name": environment.pool.name, "job_variables": job_variables(environment)}
    return one | ({"version": environment.code.version} if environment.code.version else {})


def pull_steps(code: CodeSource) -> list[Json]:
    """How a worker gets the code: a clone at the tag, or nothing where it is there already."""
    if not code.repository:
        return []
    token = {"access_token": f"{{{{ prefect.blocks.secret.{code.token_block} }}}}"} if code.token_block else {}
    clone = {"repository": code.repository, "branch": code.tag} | token  # git takes a tag for a branch
    return [{"prefect.deployments.steps.git_clone": clone}]


def job_variables(environment: Environment) -> Json:
    """What a run is told beside its parameters: which environment it is, which code, and which secrets it may read."""
    env = {"SEEDBED_ENV": environment.name, "SEEDBED_CODE_VERSION": environment.code.version}
    variables: Json = {"env": {name: value for name, value in env.items() if value} | OF_RUNS}
    if environment.code.image:
        variables["image"] = environment.code.image
    if environment.pool.type == "kubernetes":
        variables["secret_name"] = f"seedbed-{environment.name}"
    if environment.pool.type == "docker":
        variables["secrets_folder"] = f"/etc/seedbed/{environment.name}"
    return variables
