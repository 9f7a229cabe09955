"""gen-mock with its batches in the processes of a Dask cluster: the same patients as with threads."""

import csv
import json
import re

import httpx
import pytest

from seedbed.targets.tokens import ClientCredentials, TokenService
from tests.support.project import Json, Project

pytestmark = pytest.mark.stack
BY_THE_API = ("hn", "ehrId", "age")
OPTIONS = ("-c", "300", "-b", "25", "--seed", "606", "--as-of", "2026-11-21", "--json")
DASK = {"SEEDBED_TASK_RUNNER": "dask", "SEEDBED_DASK_WORKERS": "2"}
NEW_CLUSTER = "Creating a new Dask cluster"
REGISTERED = re.compile(r"patients \d+/12 .*'created': 25")


def listed(project: Project, report: Json) -> list[dict[str, str]]:
    """What the CSV has, but for what the API gives in the order of arrival."""
    (path,) = (project.root / one["path"] for one in report["files"] if one["kind"] == "patients")
    with path.open(encoding="utf-8", newline="") as stream:
        return [{name: row[name] for name in row if name not in BY_THE_API} for row in csv.DictReader(stream)]


def held(project: Project, citizen_ids: list[str]) -> list[Json]:
    """What the API holds of those people."""
    found = project.local
    tokens = TokenService(ClientCredentials(found["OAUTH2_TOKEN_URL"], found["CLIENT_ID"], found["CLIENT_SECRET"]))
    headers = {"Authorization": f"Bearer {tokens.token()}"}
    with httpx.Client(base_url=found["DEMOGRAPHIC_API_URL"], headers=headers, trust_env=False, timeout=30) as api:
        answers = [api.get("/patients", params={"idCardNo": number}).raise_for_status() for number in citizen_ids]
    people = [one for answer in answers for one in answer.json()["items"]]
    return [{name: one[name] for name in one if name not in BY_THE_API} for one in people]


def made(project: Project, settings: dict[str, str]) -> tuple[list[dict[str, str]], list[Json], str]:
    """The patients of one run, who are taken away again: listed, held; and what the run has logged."""
    done = project.run("gen-mock", *OPTIONS, env=settings)
    report = json.loads(done.stdout)
    assert (report["state"], report["entities"][0]["inserted"]) == ("completed", 300)
    rows = listed(project, report)
    people = held(project, [row["idCardNo"] for row in rows])
    project.run("cleanup", "--run", report["run"])
    return rows, people, done.stderr


def test_two_processes_make_the_same_patients_as_threads(project: Project) -> None:
    rows, people, log = made(project, {})
    again, same_people, dask_log = made(project, DASK)
    assert len(rows) == len(people) == 300
    assert again == rows
    assert same_people == people
    assert [NEW_CLUSTER in one for one in (log, dask_log)] == [False, True]
    assert len(REGISTERED.findall(dask_log)) == 12
