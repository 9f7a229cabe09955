"""An environment of its own: deployed to a Prefect server that is not the local stack's, run by a worker that has the code from git."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.stack.hospital import ROOMS, Hospital
from tests.support.stack.prefect_server import PREFECT
from tests.support.stack.project import Json

pytestmark = pytest.mark.stack
NAMES = {"refresh-staging/nightly-north", "refresh-staging/adhoc-north", "setup/adhoc-north", "doctor/hourly-north"}
TWO = {"mode": "entity", "entities": "gender,language"}


def deployed(hospital: Hospital, *arguments: str) -> Json:
    return json.loads(hospital.seedbed("deploy", "--environment", "north", "--json", *arguments).stdout)


def states(said: Json) -> dict[str, str]:
    return {one["name"]: one["state"] for one in said["deployments"]}


def file_of_another(hospital: Hospital, pool: str) -> Path:
    """The file of an environment `other`: north's, but its database, its pool and no code, for no tag has the file."""
    path = hospital.project.root / "deployments" / "environments" / "other.yaml"
    written = (path.parent / "north.yaml").read_text(encoding="utf-8")
    kept = "\n".join(line for line in written.splitlines() if not line.startswith("code:"))
    path.write_text(kept.replace("north-pool", pool).replace("emr_north", "emr_other"), encoding="utf-8")
    return path


def reports(hospital: Hospital, run: str) -> Json:
    (path,) = hospital.output.glob(f"*-{run[:8]}/report.json")
    return json.loads(path.read_text(encoding="utf-8"))


def places(hospital: Hospital, tag: str) -> list[Path]:
    """Where the rooms' code lay that runs of the tag imported."""
    return [Path(found) for room in ROOMS for found in re.findall(rf"{room} of {tag}: (\S+)", hospital.log)[-1:]]


@pytest.fixture(scope="module")
def first(hospital: Hospital) -> Json:
    """A set-up of two entities from the first tag."""
    run = hospital.server.start("setup/adhoc-north", **TWO)
    ended = hospital.server.ended(run)
    assert ended["state_name"] == "Completed", f"{ended['state']['message']}\n{hospital.log[-3000:]}"
    return ended


def test_the_deployments_carry_the_environment_and_nothing_secret(hospital: Hospital) -> None:
    found = hospital.server.deployments()
    assert set(found) >= NAMES
    for name in NAMES:
        one = found[name]
        assert {"seedbed", "north"} <= set(one["tags"])
        assert (one["work_pool_name"], one["version"]) == ("north-pool", "v1")
        assert one["job_variables"]["env"]["SEEDBED_ENV"] == "north"
        assert hospital.address.password not in json.dumps(one)
    (nights,) = found["refresh-staging/nightly-north"]["schedules"]
    assert (nights["schedule"]["cron"], nights["schedule"]["timezone"], nights["active"]) == (
        "15 2 * * *",
        "Europe/Berlin",
        True,
    )


def test_a_second_deploy_changes_nothing(hospital: Hospital) -> None:
    before = hospital.server.deployments()
    assert set(states(deployed(hospital)).values()) == {"unchanged"}
    assert hospital.server.deployments() == before


def test_a_second_deploy_of_a_file_that_names_no_code_changes_nothing_even_in_an_edited_folder(
    hospital: Hospital,
) -> None:
    path = file_of_another(hospital, "other-pool")
    try:
        said = [json.loads(hospital.seedbed("deploy", "--environment", "other", "--json").stdout) for _ in range(2)]
        found = [one for name, one in hospital.server.deployments().items() if name.endswith("-other")]
        assert all(one["version"] for one in found), "Prefect makes no version up any more"
    finally:
        path.unlink()
        for name, one in hospital.server.deployments().items():
            if name.endswith("-other"):
                hospital.server.ask("DELETE", f"deployments/{one['id']}")
    assert [set(states(one).values()) for one in said] == [{"new"}, {"unchanged"}]


def test_a_dry_run_says_what_would_change_and_touches_nothing(hospital: Hospital) -> None:
    before = hospital.server.deployments()
    file = hospital.project.root / "prefect.yaml"
    written = file.read_text(encoding="utf-8")
    file.write_text(written.replace("The nightly refresh, now.", "The refresh, now."), encoding="utf-8")
    try:
        said = deployed(hospital, "--dry-run")
    finally:
        file.write_text(written, encoding="utf-8")
    assert [one for one in said["deployments"] if one["state"] != "unchanged"] == [
        {"name": "refresh-staging/adhoc-north", "state": "changed", "differs": ["description"], "notes": []}
    ]
    assert {one["name"] for one in said["file"]["deployments"]} == {name.partition("/")[2] for name in NAMES}
    assert hospital.server.deployments() == before


def test_a_run_has_code_data_and_rules_from_the_tag(hospital: Hospital, first: Json) -> None:
    folders = {path.parent.parent for path in places(hospital, "v1")}
    assert len(folders) == 1
    assert folders.pop().name == "hospital-v1"
    ((genders,),) = hospital.sql("SELECT count(*) FROM gender")
    ((languages,),) = hospital.sql("SELECT count(*) FROM language")
    assert genders > 0
    assert languages > 0
    assert {entity["entity"] for entity in reports(hospital, first["id"])["entities"]} == {"gender", "language"}


def test_a_redeploy_says_what_was_set_on_the_server_and_a_retry_has_the_new_code(
    hospital: Hospital, first: Json
) -> None:
    run = hospital.server.start("setup/adhoc-north", **TWO, strict=True)
    failed = hospital.server.ended(run)
    assert failed["state_name"] == "Failed"
    assert "1 rows were skipped, and --strict allows none" in failed["state"]["message"]
    hospital.spoil(by="")
    hospital.release("v2")
    nightly = hospital.server.deployments()["refresh-staging/nightly-north"]
    path = f"deployments/{nightly['id']}"
    hospital.server.ask("PATCH", f"{path}/schedules/{nightly['schedules'][0]['id']}", {"active": False})
    hospital.server.ask("POST", f"{path}/schedules", [{"schedule": {"cron": "0 4 * * *"}, "active": True}])
    hospital.server.ask("PATCH", path, {"parameters": {**nightly["parameters"], "brakes": False, "strict": True}})
    said = deployed(hospital)
    assert set(states(said).values()) == {"changed"}
    (notes,) = [one["notes"] for one in said["deployments"] if one["notes"]]
    assert notes == [
        "brakes: false becomes true",
        "strict: true becomes the flow's default",
        "the schedule 0 4 * * * UTC, which the file does not have, is removed",
        "its schedule is switched off on the server, and stays so",
    ]
    found = hospital.server.deployments()
    assert {found[name]["version"] for name in NAMES} == {"v2"}
    assert found["refresh-staging/nightly-north"]["parameters"] == nightly["parameters"]
    assert [one["active"] for one in found["refresh-staging/nightly-north"]["schedules"]] == [False]

    hospital.server.retry(run)
    again = hospital.server.ended(run, attempt=2)

    assert again["state_name"] == "Completed", again["state"]["message"]
    assert {path.parent.parent.name for path in places(hospital, "v2")} == {"hospital-v2"}
    assert [attempt["version"] for attempt in reports(hospital, run)["attempts"]] == ["v1", "v2"]


def test_no_secret_is_on_the_server(hospital: Hospital, first: Json) -> None:
    logs: list[dict[str, Any]] = hospital.server.ask("POST", "logs/filter", {})
    assert logs
    assert hospital.address.password not in json.dumps([logs, first, hospital.server.deployments()])


def test_a_pool_of_another_type_is_refused(hospital: Hospital) -> None:
    pool = {"name": "containers", "type": "docker"}
    hospital.server.ask("POST", "work_pools/", pool)
    path = file_of_another(hospital, "containers")
    try:
        done = hospital.seedbed("deploy", "--environment", "other", check=False)
    finally:
        path.unlink()
    assert done.returncode == 2
    assert "the work pool 'containers' is of type docker, environment 'other' wants process" in done.stderr
    assert not any(name.endswith("-other") for name in hospital.server.deployments())


def test_the_repositorys_own_file_deploys_as_it_is(hospital: Hospital) -> None:
    env = hospital.server.environment(hospital.project.root)
    for arguments in (["work-pool", "create", "seedbed", "--type", "process"], ["deploy", "--all"]):
        done = subprocess.run(
            [*PREFECT, "--no-prompt", *arguments],
            cwd=hospital.project.root,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert {name.removesuffix("-north") for name in NAMES} <= set(hospital.server.deployments())
