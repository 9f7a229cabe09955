"""A run's batches in the processes of a Dask cluster, one and two of them, against threads of the run: figures, and the same bytes."""

import csv
import hashlib
import json
from collections.abc import Mapping
from statistics import median
from typing import Any

import httpx

from benchmarks.machine import check_equal, progress, say
from benchmarks.refresh_runs import Project, covered, own_project, recorded_tasks, state_of, work_and_pick_up
from seedbed.targets.http.bearer_tokens import ClientCredentials, TokenService

COUNT, ROUNDS, SEED = 5_000, 3, 42
BY_THE_API = ("hn", "ehrId", "age")
WAYS = {
    "threads": {"SEEDBED_TASK_RUNNER": "threads"},
    "dask_1": {"SEEDBED_TASK_RUNNER": "dask", "SEEDBED_DASK_WORKERS": "1"},
    "dask_2": {"SEEDBED_TASK_RUNNER": "dask", "SEEDBED_DASK_WORKERS": "2"},
}
AGAINST = "the time in which any batch ran with one process of the cluster; to_threads: with threads; medians of the rounds' ratios"
Figures = Mapping[str, float]


def measure() -> None:
    """A line for each way; BenchmarkError where they do not make the same patients."""
    with own_project("patient workers") as project:
        rounds = [measured(project, number) for number in range(1, ROUNDS + 1)]
    for way in WAYS:
        to_one = [one["dask_1"]["batches_seconds"] / one[way]["batches_seconds"] for one in rounds]
        to_threads = [one["threads"]["batches_seconds"] / one[way]["batches_seconds"] for one in rounds]
        figures = {name: median(one[way][name] for one in rounds) for name in rounds[0][way]}
        speed_ups = {"ratio": median(to_one), "ratio_to_threads": median(to_threads)}
        say(f"patients_{way}", patients=COUNT, **figures, **speed_ups, against=AGAINST, all_ratios=to_one)


def measured(project: Project, number: int) -> dict[str, Figures]:
    """Each way's figures with the same patients, who are taken away after each."""
    found: dict[str, Figures] = {}
    made: dict[str, tuple[str, str]] = {}
    for way, settings in WAYS.items():
        progress(f"patient workers: {COUNT} patients by {way}, round {number} of {ROUNDS}")
        options = ("-c", str(COUNT), "--seed", str(SEED), "--as-of", "2026-11-21", "--json")
        report = json.loads(project.seedbed("gen-mock", *options, **settings))
        check_equal(f"patients created by {way}", report["entities"][0]["inserted"], COUNT)
        found[way] = figures_of(project, report["run"])
        made[way] = (csv_digest(project, report), api_digest(project))
        project.seedbed("cleanup", "--run", report["run"])
    check_equal("SHA-256 of CSV and API", made, dict.fromkeys(WAYS, made["threads"]))
    return found


def figures_of(project: Project, name: str) -> Figures:
    """The seconds of the run, and those in which at least one of its batches was under way."""
    newest = {"sort": "START_TIME_DESC", "limit": 1, "flows": {"name": {"any_": ["gen-mock"]}}}
    (run,) = project.prefect("POST", "flow_runs/filter", newest)
    check_equal("the newest run", run["id"][:8], name[-8:])
    batches = [task for task in recorded_tasks(project, run["id"]) if task["name"].startswith("patients ")]
    seconds, _ = work_and_pick_up(state_of(project, run["id"]))
    return {"seconds": seconds, "batches_seconds": covered(batches)}


def csv_digest(project: Project, report: Mapping[str, Any]) -> str:
    """SHA-256 of the CSV but for what the API gives in the order of arrival."""
    (path,) = (project.root / one["path"] for one in report["files"] if one["kind"] == "patients")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [{name: row[name] for name in row if name not in BY_THE_API} for row in csv.DictReader(stream)]
    return _digest(rows)


def api_digest(project: Project) -> str:
    """SHA-256 of all patients that the API holds, without their numbers, by citizen id."""
    local = project.local()
    tokens = TokenService(ClientCredentials(local["OAUTH2_TOKEN_URL"], local["CLIENT_ID"], local["CLIENT_SECRET"]))
    headers = {"Authorization": f"Bearer {tokens.token()}"}
    held: list[dict[str, Any]] = []
    with httpx.Client(base_url=local["DEMOGRAPHIC_API_URL"], headers=headers, trust_env=False, timeout=30) as api:
        after: str | None = ""
        while after is not None:
            wanted = {"limit": 1_000} | ({"cursor": after} if after else {})
            page = api.get("/patients", params=wanted).raise_for_status().json()
            held += [{name: one[name] for name in one if name not in BY_THE_API} for one in page["items"]]
            after = page["next"]
    return _digest(sorted(held, key=lambda one: one["idCardNo"]))


def _digest(plain: Any) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
