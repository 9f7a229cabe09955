"""The templates of work pools agree with what Prefect's own workers understand, and hold no secret."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from prefect.utilities.templating import apply_values
from prefect.workers.process import ProcessJobConfiguration

from seedbed.core.environment import CodeSource, Environment, Pool, PostgresConfig, TargetsConfig
from seedbed.stack.deploy.environment_deployments import job_variables
from seedbed.stack.deploy.job_templates import environment_pool, template_of

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = files("prefect.server.api") / "collections_data" / "views" / "aggregate-worker-metadata.json"
PREFECTS: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
TARGETS = TargetsConfig(postgres=PostgresConfig(host="db.example.org", database="emr"))
OURS = {"docker": {"secrets_folder", "output_folder"}, "kubernetes": {"secret_name"}}
LEFT_OUT = {"docker": {"volumes", "privileged"}, "kubernetes": set()}


def prefects(kind: str) -> dict[str, Any]:
    """The base job template that Prefect's own worker of that kind brings."""
    return dict(PREFECTS[f"prefect-{kind}"][kind]["default_base_job_configuration"])


def filled(kind: Any) -> dict[str, Any]:
    """The job of a run as a worker makes it: defaults, then the deployment's job variables, put into the template."""
    environment = Environment(name="north", targets=TARGETS, pool=Pool(type=kind), code=CodeSource(image="seedbed:1"))
    template = template_of(kind, ROOT)
    properties = template["variables"]["properties"]
    defaults = {name: said["default"] for name, said in properties.items() if said.get("default") is not None}
    variables = job_variables(environment)
    assert set(variables) <= set(properties)
    assert set(template["variables"]["required"]) <= set(variables)
    return dict(apply_values(template["job_configuration"], {**defaults, **variables}))


@pytest.mark.parametrize("kind", ["docker", "kubernetes"])
def test_the_template_takes_what_prefects_own_takes(kind: str) -> None:
    ours, theirs = template_of(kind, ROOT), prefects(kind)
    known = set(theirs["variables"]["properties"]) - LEFT_OUT[kind]
    assert set(ours["variables"]["properties"]) == known | OURS[kind]
    assert set(ours["job_configuration"]) == set(theirs["job_configuration"]) - {"privileged"}


@pytest.mark.parametrize("kind", ["docker", "kubernetes"])
def test_a_property_that_is_prefects_has_prefects_type(kind: str) -> None:
    ours, theirs = template_of(kind, ROOT)["variables"]["properties"], prefects(kind)["variables"]["properties"]
    changed = {name for name in set(ours) & set(theirs) if without_default(ours[name]) != without_default(theirs[name])}
    assert changed == set()


def without_default(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "default"}


def test_a_kubernetes_job_has_its_secrets_from_the_namespace_and_limits() -> None:
    (container,) = filled("kubernetes")["job_manifest"]["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "seedbed-north"}}]
    assert container["image"] == "seedbed:1"
    assert container["resources"]["limits"]["memory"] == "2Gi"
    assert container["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}
    assert container["env"]["SEEDBED_ENV"] == "north"


def test_a_docker_container_has_its_secrets_read_only_from_a_folder_of_the_worker() -> None:
    job = filled("docker")
    assert job["volumes"] == [
        "/etc/seedbed/north:/run/secrets/seedbed:ro",
        "/var/lib/seedbed/output:/var/lib/seedbed/output",
    ]
    assert (job["image"], job["mem_limit"], job["auto_remove"]) == ("seedbed:1", "2g", True)


def test_a_process_starts_in_a_temporary_folder() -> None:
    template = environment_pool(Pool(name="north"), ROOT)["base_job_template"]
    values = apply_values(template["job_configuration"], {"env": {"SEEDBED_ENV": "north"}, "working_dir": None})
    made = ProcessJobConfiguration(**values)
    assert template["variables"]["properties"]["working_dir"]["default"] is None
    assert made.working_dir is None
    assert made.env == {"SEEDBED_ENV": "north"}
