"""`seedbed doctor` as a user calls it, on a stack that runs, is ill in a part, or is not the target at all."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from seedbed.core.setting_names import TARGET_NAMES
from seedbed.doctor.registry import PROBES
from tests.support.builders.clinic import closed_port
from tests.support.stack.project import Project

pytestmark = pytest.mark.stack
ILL = {"path": "/cortex/*", "status": 503, "rate": 1.0}


@pytest.fixture(autouse=True)
def healed(project: Project) -> Iterator[None]:
    yield
    project.faults()


def checks(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def with_status(found: dict[str, dict[str, str]], *wanted: str) -> list[str]:
    return [name for name, check in found.items() if check["status"] in wanted]


def test_on_a_running_stack_nothing_fails_and_nothing_is_skipped(project: Project) -> None:
    found = checks(project.run("doctor", "--json"))
    assert list(found) == list(PROBES)
    assert with_status(found, "FAIL", "SKIP") == []
    assert set(with_status(found, "WARN")) <= {"Tables and Keys", "Local Access"}, (
        found
    )  # before the first run; as root


def test_people_see_a_line_for_each_check_and_the_sum(project: Project) -> None:
    lines = project.run("doctor").stdout.splitlines()
    assert [line for line in lines if line.startswith("✅ PASS  Keycloak: realm 'seedbed' at http://127.0.0.1:")] != []
    assert lines[-1].endswith("PASS") or lines[-1].endswith("WARN")


def test_an_api_that_is_ill_fails_alone_with_the_next_step(project: Project) -> None:
    project.faults(ILL)
    done = project.run("doctor", "--json", check=False)
    found = checks(done)
    assert (done.returncode, with_status(found, "FAIL")) == (1, ["Cortex API"])
    assert "/health 503" in found["Cortex API"]["message"]
    assert found["Cortex API"]["next"] == "`seedbed up` mends the local stack"


def test_once_a_target_name_is_set_nothing_falls_back_to_the_stack(project: Project) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    done = project.run("doctor", "--json", check=False, env={"CORTEX_API_URL": url})
    found = checks(done)
    missing = ", ".join(name for name in TARGET_NAMES if name != "CORTEX_API_URL")
    assert done.returncode == 1
    assert found["Environment Variables"]["message"] == f"not set: {missing}"
    assert with_status(found, "FAIL") == ["Environment Variables", "Cortex API"]
    assert [found[name]["status"] for name in ("PostgreSQL", "OAuth2 Token", "Keycloak", "Realm Roles")] == ["SKIP"] * 4
    assert [found[name]["status"] for name in ("CSV Files", "Prefect API", "Prefect Worker")] == ["PASS"] * 3


def test_no_secret_of_the_stack_is_printed(project: Project) -> None:
    done = project.run("doctor", "--json", "--verbose", check=False)
    secrets = [project.local[name] for name in ("CLIENT_SECRET", "POSTGRES_PASSWORD", "KEYCLOAK_DEFAULT_PASSWORD")]
    assert [secret for secret in secrets if secret in done.stdout + done.stderr] == []
