"""Cleanup of runs that were killed before they heard what became of their patients: none of theirs is left, and nobody else goes."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from seedbed.actions.cleanup.run_cleanup import CleanupRequest, cleanup
from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate import patient_units
from seedbed.actions.generate.patient_request import PatientRequest
from seedbed.actions.generate.run_gen_mock import gen_mock
from seedbed.core.environment import Environment, PostgresConfig, TargetsConfig
from seedbed.core.registration import RegisterResult
from seedbed.core.report import Report
from seedbed.database.ledger.registered_rows import list_unknown_rows, record_results
from seedbed.datasets import registry
from seedbed.datasets.hospital.patients.cohort import REFERENCE
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.demographic_api.target import DemographicApi
from seedbed.targets.http.client import open_api
from tests.support.builders.houses import PROJECT, SmallHouse
from tests.support.builders.sandbox_patients import patient, send_batch
from tests.support.stack.sandbox_server import SandboxServer, running_sandbox

DATA = PROJECT / "data"
COUNT = 40


@pytest.fixture(scope="module")
def sandbox(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with running_sandbox(cluster, tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@dataclass
class Site:
    """A house with a ledger, the sandbox's Demographic API, and somebody whom no run made."""

    house: AppContext
    api: DemographicApi
    http: httpx.Client
    patch: pytest.MonkeyPatch

    def run(self, number: int, verb: str = "gen-mock") -> Run:
        return Run(f"root-{number}", f"20261121T03000{number}-0000000{number}", verb)

    def make(self, number: int, count: int = COUNT) -> Report:
        request = PatientRequest(seed=7, as_of=REFERENCE, count=count, batch=5, data_dirs=(DATA,))
        return gen_mock(self.house, self.run(number), request, REFERENCE)

    def killed(self, number: int, *, notes: int) -> int:
        """A run that dies after so many notes; how many of its patients nobody heard of."""
        noted = list[int]()

        def dying(database: Any, whose: Any, settled: Sequence[RegisterResult], rejected: Any) -> None:
            if len(noted) == notes:
                raise KeyboardInterrupt
            noted.append(len(settled))
            record_results(database, whose, settled, rejected)

        with self.patch.context() as patch:
            patch.setattr(patient_units, "record_results", dying)
            with pytest.raises(KeyboardInterrupt):
                self.make(number)
        return len(list_unknown_rows(self.house.database(), self.run(number).root, "patient"))

    def clean(self, number: int, *, by: int, dry_run: bool = False) -> Report:
        return cleanup(self.house, self.run(by, "cleanup"), CleanupRequest(self.run(number).name, dry_run))

    def held(self) -> set[str]:
        return {one["idCardNo"] for one in self.http.get("/patients", params={"limit": 1_000}).json()["items"]}


def drawing_from(folder: Path) -> Environment:
    targets = TargetsConfig(postgres=PostgresConfig(host="h", database="d"))
    return Environment(name="north", targets=targets, data=(str(folder),))


@pytest.fixture
def site(small: SmallHouse, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    base = f"{sandbox.url}/demographic"
    api = DemographicApi(open_api("Demographic API", base, sandbox.tokens()))
    house = replace(
        small.house,
        generated=registry.GENERATED,
        registrar=lambda: api,
        target_addresses={**small.house.target_addresses, "demographic_api": f"{base}/"},
        environment=drawing_from(DATA),
    )
    headers = {"Authorization": f"Bearer {sandbox.tokens().token()}"}
    with httpx.Client(base_url=base, headers=headers, trust_env=False) as http:
        for one in http.get("/patients", params={"limit": 1_000}).json()["items"]:
            http.delete(f"/patients/{one['hn']}")
        yield Site(house, api, http, monkeypatch)
    api.close()


@pytest.mark.parametrize("notes", [0, 3])
def test_patients_of_a_killed_run_that_were_not_noted_go_too(site: Site, notes: int) -> None:
    send_batch(site.http, [by_hand := patient()])
    doubts = site.killed(1, notes=notes)
    there = len(site.held()) - 1
    assert there > 5 * notes
    assert doubts >= there - 5 * notes
    rehearsed = site.clean(1, by=7, dry_run=True)
    said = f"of unknown outcome: {doubts} rows of patient at {site.api.describe()}; they are looked up first"
    assert said in " ".join(rehearsed.notes)
    assert len(site.held()) == there + 1
    report = site.clean(1, by=8)
    (entity,) = report.entities
    assert (report.state, entity.read, entity.removed) == ("completed", there, there)
    assert site.held() == {by_hand["idCardNo"]}
    assert f"what run {site.run(1).name} created was removed before: nothing is left" in " ".join(
        site.clean(1, by=9).notes
    )


def test_who_is_of_another_run_stays(site: Site) -> None:
    site.make(1, count=20)
    before = site.held()
    site.killed(2, notes=0)
    site.clean(2, by=8)
    assert (len(before), site.held()) == (20, before)


def listed_in(site: Site, report: Report, said: str) -> list[dict[str, str]]:
    """What a cleanup could not take away, by its file, which a note names after these words."""
    (listed,) = [file for file in report.files if file.kind == "remaining"]
    assert any(note.startswith(f"{said}, listed in {listed.path}") for note in report.notes)
    with (site.house.root / listed.path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_without_a_look_up_they_are_listed_and_the_cleanup_fails(site: Site) -> None:
    doubts = site.killed(1, notes=3)
    there = site.held()
    site.api.look_up = False
    report = site.clean(1, by=8)
    assert report.error is not None
    assert (report.state, report.error.exit_code) == ("failed", 3)
    assert f"{doubts} rows of patient of unknown outcome may be at {site.api.describe()}" in report.error.message
    rows = listed_in(site, report, f"{doubts} rows of unknown outcome may be there, no look-up")
    assert {(row["number"], row["target_id"]) for row in rows} == {("", "")}
    assert (len(rows), len(there) - len(site.held())) == (doubts, 15)
    assert site.held() <= {row["key"] for row in rows}
    site.api.look_up = True
    assert (site.clean(1, by=8).state, site.held()) == ("completed", set())


def test_whose_outcome_the_run_could_not_tell_is_looked_up_as_soon_as_that_is_possible(
    site: Site, sandbox: SandboxServer
) -> None:
    send_batch(site.http, [by_hand := patient()])
    site.api.wire_protocol, site.api.look_up = "single", False
    site.api.client = replace(site.api.client, sleep=lambda _: None)
    post = {"path": "/demographic/patients", "method": "POST"}
    sandbox.fail({**post, "skip": 5, "count": 2, "drop": "after"}, {**post, "skip": 20, "count": 1, "drop": "before"})
    (made,) = site.make(1).entities
    sandbox.fail()
    assert (made.inserted, made.skipped, len(site.held())) == (COUNT - 3, 3, COUNT)
    report = site.clean(1, by=8)
    rows = listed_in(site, report, "3 rows of unknown outcome may be there, no look-up")
    assert (report.state, report.error, report.entities[0].removed) == ("completed", None, COUNT - 3)
    assert len(rows) == 3
    assert len(left := site.held() - {by_hand["idCardNo"]}) == 2
    assert left <= {row["key"] for row in rows}
    site.api.look_up = True
    (entity,) = site.clean(1, by=9).entities
    assert (entity.read, entity.removed, site.held()) == (2, 2, {by_hand["idCardNo"]})
    assert f"what run {site.run(1).name} created was removed before: nothing is left" in site.clean(1, by=7).notes


def test_with_other_files_what_is_noted_goes_and_the_rest_is_said_to_stay_in_doubt(site: Site) -> None:
    doubts = site.killed(1, notes=3)
    there = len(site.held())
    site.house = replace(site.house, environment=drawing_from(site.house.root / "data"))
    report = site.clean(1, by=8)
    assert report.error is not None
    assert (report.state, report.error.exit_code, there - len(site.held())) == ("failed", 3, 15)
    assert f"{doubts} rows of unknown outcome may be there" in report.notes


def test_an_api_that_is_away_is_asked_again_by_a_retry(site: Site, sandbox: SandboxServer) -> None:
    site.killed(1, notes=0)
    sandbox.fail({"path": "/demographic/patients", "method": "GET", "status": 503})
    site.api.client = replace(site.api.client, sleep=lambda _: None)
    report = site.clean(1, by=8)
    sandbox.fail()
    assert report.error is not None
    assert (report.state, report.error.exit_code) == ("failed", 4)
    assert site.held()
    assert (site.clean(1, by=8).state, site.held()) == ("completed", set())
