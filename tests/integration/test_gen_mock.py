"""gen-mock through the worker and the command line: run, fail, heal, retry, repeat, two at once, night after night."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from seedbed.database import clusters
from seedbed.datasets.hospital.patients.payload import CSV_COLUMNS
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.http.bearer_tokens import ClientCredentials, TokenService
from tests.support.stack.patient_runs import COUNTED, POSTS, of_patients, report_of
from tests.support.stack.project import Json, Project, clean_environment, seen

pytestmark = pytest.mark.stack
THE_API_S = ("hn", "ehrId", "age")
OF_ONE_REQUEST = 4 * 3  # the client's tries, times the task's
NAME = "nights"


@pytest.fixture(autouse=True)
def healed(project: Project) -> Iterator[None]:
    yield
    project.faults()


def csv_of(project: Project, report: Json) -> Path:
    (path,) = (project.root / one["path"] for one in report["files"] if one["kind"] == "patients")
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def drawn(project: Project, *options: str) -> list[dict[str, str]]:
    """The patients of a seed as they are drawn, without Prefect, server or API, under the names that the CSV of a run has."""
    done = project.run("gen-mock", "--to", "csv", *options, "--json")
    (path,) = (project.root / one["path"] for one in json.loads(done.stdout)["files"] if one["kind"] == "patients")
    names = {name: re.sub(r"[A-Z]", lambda one: f"_{one[0].lower()}", name.replace(".", "_")) for name in CSV_COLUMNS}
    return [{name: row[found] for name, found in names.items() if name not in THE_API_S} for row in rows_of(path)]


def made_by_us(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name: value for name, value in row.items() if name not in THE_API_S} for row in rows]


def at_the_api(project: Project) -> dict[str, str]:
    """Who is registered: the hospital number of each citizen id."""
    found = project.local
    tokens = TokenService(ClientCredentials(found["OAUTH2_TOKEN_URL"], found["CLIENT_ID"], found["CLIENT_SECRET"]))
    headers = {"Authorization": f"Bearer {tokens.token()}"}
    numbers: dict[str, str] = {}
    with httpx.Client(base_url=found["DEMOGRAPHIC_API_URL"], headers=headers, trust_env=False, timeout=30) as api:
        page: Json = {"next": ""}
        while page["next"] is not None:
            cursor = {"cursor": page["next"]} if page["next"] else {}
            page = api.get("/patients", params={"limit": 1_000, **cursor}).raise_for_status().json()
            for one in page["items"]:
                assert one["idCardNo"] not in numbers
                numbers[one["idCardNo"]] = one["hn"]
    return numbers


def artifacts(project: Project, run: str) -> dict[str, Json]:
    found = project.prefect("POST", "artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
    return {one["key"]: one for one in found}


@pytest.fixture(scope="module")
def made(project: Project) -> str:
    """A run that nothing disturbed, as a tester starts it: 200 patients, in requests of 50."""
    command = ["deployment", "run", "gen-mock/adhoc", "-p", "count=200", "-p", "batch=50"]
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *command],
        cwd=project.root,
        env=clean_environment(project.root),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    (run,) = re.findall(r"UUID: (\S+)", done.stdout)
    ended = project.ended(run)
    assert ended["state_name"] == "Completed", ended["state"]["message"]
    return str(run)


def test_a_run_registers_its_patients_and_writes_them_down_in_their_order(project: Project, made: str) -> None:
    report = report_of(project, made)
    path = csv_of(project, report)
    rows, known = rows_of(path), at_the_api(project)
    assert path.read_text(encoding="utf-8").splitlines()[0] == ",".join(CSV_COLUMNS)
    assert {row["idCardNo"]: row["hn"] for row in rows}.items() <= known.items()
    seed = re.search(r"--seed (\d+) --as-of (\S+)`", " ".join(report["notes"]))
    assert seed
    assert made_by_us(rows) == drawn(project, "-c", "200", "--seed", seed[1], "--as-of", seed[2])


def test_a_run_and_its_tasks_are_called_by_what_they_do(project: Project, made: str) -> None:
    name = project.prefect("GET", f"flow_runs/{made}")["name"]
    assert re.fullmatch(r"gen-mock 200 patients \d{4}-\d\d-\d\d \d\d:\d\d", name)
    states = project.task_states(made, attempt=1)
    units = [f"patients {n}/4 [{50 * n - 50}-{50 * n})" for n in range(1, 5)]
    assert of_patients(states, "Completed") == units
    assert set(states) - set(units) == {
        f"begin {report_of(project, made)['run']}",
        *("lease", "population", "write patients", "report"),
    }


def test_the_ui_holds_a_summary_with_the_way_to_the_patients_and_the_report(project: Project, made: str) -> None:
    found, report = artifacts(project, made), report_of(project, made)
    assert set(found) == {"summary", "entities", "report", "progress"}
    assert found["progress"]["data"] == 100.0
    assert found["progress"]["description"].startswith("200 of 200 patients in ")
    said = found["summary"]["data"]
    assert "200 patients: 200 created." in said
    links = re.findall(r"\]\((\S+)\)", said)
    pages = {link.rpartition("/")[2]: httpx.get(link, trust_env=False).raise_for_status() for link in links}
    path = csv_of(project, report)
    assert pages[path.name].content == path.read_bytes()
    assert report["run"] in pages["report.html"].text
    assert f"({project.local['REPORTS_URL']}/{report['run']}/report.html)" in found["report"]["data"]


def test_a_repetition_makes_nobody_and_writes_the_same_file(project: Project, made: str) -> None:
    first = report_of(project, made)
    again = json.loads(project.run("gen-mock", "--repeat", first["run"], "--json").stdout)
    (patients,) = again["entities"]
    assert (patients["read"], patients["unchanged"], patients["inserted"]) == (200, 200, 0)
    assert csv_of(project, again).read_bytes() == csv_of(project, first).read_bytes()


def test_an_outage_stops_the_run_early_and_the_retry_sends_what_is_missing_and_nothing_else(project: Project) -> None:
    project.faults(COUNTED, {**POSTS, "status": 503, "retry_after_s": 0, "skip": 6})
    run = project.start("gen-mock/adhoc", count=200, batch=10, seed=7001)
    failed = project.ended(run)
    assert failed["state_name"] == "Failed"
    found = re.search(r"(\d+) of 20 batches failed, (\d+) not run: patients .* status 503", failed["state"]["message"])
    assert found, failed["state"]["message"]
    done = of_patients(project.task_states(run, attempt=1), "Completed")
    broken = int(found[1])
    assert (len(done), len(done) + broken + int(found[2])) == (6, 20)
    assert broken <= 6
    assert project.met() <= 6 + broken * OF_ONE_REQUEST
    assert [one["kind"] for one in report_of(project, run)["files"] if one["kind"] == "patients"] == []
    said = [line for line in project.log(run) if "status 503" in line]
    assert [line for line in said if "Traceback" in line] == []
    assert any(line.endswith("Retries are exhausted") for line in said)

    project.faults(COUNTED)
    project.retry(run)
    ended = project.ended(run, attempt=2)
    assert ended["state_name"] == "Completed", ended["state"]["message"]
    assert "200 patients: 200 created" in ended["state"]["message"]
    states = project.task_states(run, attempt=2)
    assert (of_patients(states, "Cached"), len(of_patients(states, "Completed"))) == (done, 14)
    assert project.met() == 14
    rows = rows_of(csv_of(project, report_of(project, run)))
    assert made_by_us(rows) == drawn(project, "-c", "200", "--seed", "7001")
    assert {row["idCardNo"]: row["hn"] for row in rows}.items() <= at_the_api(project).items()


def test_a_refused_token_ends_a_run_of_the_command_line_at_once_and_the_ui_retries_it(
    project: Project, made: str
) -> None:
    project.faults({"path": "/demographic*", "status": 401})
    done = project.run("gen-mock", "-c", "60", "-b", "20", "--json", check=False)
    assert done.returncode == 5, done.stderr
    error = json.loads(done.stdout)["error"]
    assert error["class"] == "AuthError"
    assert "401" in error["message"]
    assert "OAUTH2_TOKEN_URL" in error["next"]
    assert project.struck() <= 4
    assert "Traceback" not in done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines() if re.search(r"\b401\b", line)] == [
        "population:",
        "error:",
    ]
    project.faults()
    (run,) = latest(project)
    project.retry(run)
    ended = project.ended(run, attempt=2)
    assert ended["state_name"] == "Completed", ended["state"]["message"]
    mine, theirs = (
        {row["idCardNo"] for row in rows_of(csv_of(project, report_of(project, one)))} for one in (run, made)
    )
    assert (len(mine), mine & theirs) == (60, set())  # without a seed each run makes others


def latest(project: Project) -> list[str]:
    body = {"sort": "START_TIME_DESC", "limit": 1, "flow_runs": {"name": {"like_": "gen-mock 60 patients"}}}
    return [str(one["id"]) for one in project.prefect("POST", "flow_runs/filter", body)]


def test_of_two_runs_at_once_the_second_is_refused_with_a_link_to_the_first_or_waits_for_it(project: Project) -> None:
    project.faults({**POSTS, "latency_s": 30.0, "count": 1})
    first = project.start("gen-mock/adhoc", count=5)
    seen(project.struck)
    second = project.run("gen-mock", "--json", check=False)
    assert second.returncode == 6, second.stderr
    message = json.loads(second.stdout)["error"]["message"]
    assert "writes to this database since" in message
    assert f"/v2/runs/flow-run/{first}" in message
    assert "writes to this database since" in (project.root / "output" / "index.html").read_text(encoding="utf-8")
    third = json.loads(project.run("gen-mock", "--wait-for-lease", "90", "--json").stdout)
    assert third["entities"][0]["inserted"] == 1
    assert project.ended(first)["state_name"] == "Completed"


def test_a_command_that_is_ended_while_it_waits_for_its_next_try_ends_soon_and_the_ui_goes_on(
    project: Project, tmp_path: Path
) -> None:
    project.faults({**POSTS, "status": 503, "retry_after_s": 0})
    env = {**clean_environment(project.root), "SEEDBED_RETRY_DELAYS_S": "60"}
    log = tmp_path / "stderr"
    with log.open("wb") as told:
        command = [sys.executable, "-m", "seedbed", "gen-mock", "-c", "2", "--json"]
        process = subprocess.Popen(command, cwd=project.root, env=env, stdout=subprocess.DEVNULL, stderr=told)
    seen(lambda: "retry 1 of 1 starts 60" in log.read_text(encoding="utf-8"))
    process.terminate()
    assert process.wait(20) == 143
    project.faults()
    (run,) = re.findall(r"flow-run/(\S+)", log.read_text(encoding="utf-8"))
    assert project.prefect("GET", f"flow_runs/{run}")["state_name"] == "Crashed"
    assert "The run was interrupted" in (project.root / "output" / "index.html").read_text(encoding="utf-8")
    project.retry(run)
    assert "2 patients: 2 created" in project.ended(run, attempt=2)["state"]["message"]


@pytest.mark.parametrize("parameters", [{"count": 0}, {"count": "many"}, {"batch": 1_001}, {"sex": "both"}])
def test_a_parameter_that_the_form_does_not_allow_is_refused_by_its_schema(project: Project, parameters: Json) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        project.start("gen-mock/adhoc", **parameters)
    assert refused.value.response.status_code in (409, 422)
    assert next(iter(parameters)) in refused.value.response.text


def test_a_province_that_does_not_exist_fails_the_run_with_those_that_do(project: Project) -> None:
    run = project.start("gen-mock/adhoc", province="nowhere")
    ended = project.ended(run)
    assert ended["state_name"] == "Failed"
    assert "unknown province 'nowhere'" in ended["state"]["message"]
    assert "Chiang Mai" in ended["state"]["message"]


@pytest.fixture(scope="module")
def night(project: Project, cluster: Cluster) -> Iterator[dict[str, str]]:
    """A staging whose nights make patients: its file, adopted and deployed; what a process needs to reach it."""
    address = clusters.create_database(cluster.address(), f"emr_{NAME}", owner=NAME, password=NAME)
    found = project.local
    postgres = {"host": address.host, "port": address.port, "database": address.database, "ssl_mode": "disable"}
    targets = {"demographic_api": found["DEMOGRAPHIC_API_URL"], "token_url": found["OAUTH2_TOKEN_URL"]}
    said: dict[str, Any] = {
        "targets": {"postgres": postgres, **targets},
        "entities": ["gender"],
        "patients": {"count": 30, "seed": 7, "cohort": {"age": "60-"}},
    }
    path = project.root / "deployments" / "environments" / f"{NAME}.yaml"
    path.write_text(yaml.safe_dump(said), encoding="utf-8")
    secrets = {"POSTGRES_USER": address.user, "POSTGRES_PASSWORD": NAME}
    secrets |= {name: found[name] for name in ("CLIENT_ID", "CLIENT_SECRET")}
    env = {**secrets, "SEEDBED_ENV": NAME, "PREFECT_API_URL": found["PREFECT_API_URL"]}
    project.run("adopt", NAME, stdin=f"{address.database}\n", env=env)
    project.run("migrate", env=env)
    project.run("deploy", "--environment", NAME, env=env)
    yield env
    path.unlink()
    for one in project.prefect("POST", "deployments/filter", {"deployments": {"tags": {"all_": [NAME]}}}):
        project.prefect("DELETE", f"deployments/{one['id']}")


def test_every_night_makes_the_same_patients_after_the_audit(project: Project, night: dict[str, str]) -> None:
    reports = [json.loads(project.run("refresh", "--json", env=night).stdout) for _ in range(2)]
    counts = [{one["entity"]: one for one in report["entities"]} for report in reports]
    assert [one["patient"]["inserted"] for one in counts] == [30, 0]
    assert [one["patient"]["unchanged"] for one in counts] == [0, 30]
    assert counts[0]["gender"]["inserted"] == counts[1]["gender"]["unchanged"] == counts[0]["gender"]["read"] > 0
    first, second = (csv_of(project, report).read_bytes() for report in reports)
    assert first == second
    assert {int(row["age"]) >= 60 for row in rows_of(csv_of(project, reports[0]))} == {True}
    tasks = tasks_of(project, reports[0]["run"])
    assert len(tasks) <= 200
    assert tasks["audit"]["end_time"] <= tasks["population"]["start_time"] < tasks["report"]["start_time"]


def tasks_of(project: Project, run: str) -> dict[str, Json]:
    (found,) = (
        one
        for one in project.prefect("POST", "flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 5})
        if str(one["id"]).startswith(run[-8:])
    )
    assert project.task_states(found["id"], attempt=1)
    body = {"flow_runs": {"id": {"any_": [found["id"]]}}, "limit": 200}
    return {one["name"]: one for one in project.prefect("POST", "task_runs/filter", body)}
