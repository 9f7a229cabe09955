"""gen-mock without Prefect against the sandbox: what it refuses before it sends, and what it never says is done."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate import patient_units
from seedbed.actions.generate.patient_request import PatientRequest
from seedbed.actions.generate.run_gen_mock import gen_mock
from seedbed.core.errors import DataError, UserError
from seedbed.core.report import Report
from seedbed.datasets import registry
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.demographic_api.target import DemographicApi
from seedbed.targets.http.client import open_api
from tests.support.builders.houses import SmallHouse
from tests.support.builders.patients import DATA
from tests.support.stack.sandbox_server import SandboxServer, running_sandbox

AS_OF = registry.PATIENTS.first_day


@pytest.fixture(scope="module")
def sandbox(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with running_sandbox(cluster, tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@dataclass(frozen=True)
class Bench:
    """A house with a ledger and the sandbox's Demographic API."""

    house: AppContext
    http: httpx.Client = field(repr=False)

    def run(self, number: int) -> Run:
        return Run(f"gen-{number}", f"20261121T02000{number}-0000000{number}", "gen-mock")

    def make(self, number: int, **asked: Any) -> Report:
        given = {} if "repeat" in asked else {"seed": 7, "as_of": AS_OF, "count": 30}
        request = PatientRequest(**{"data_dirs": (DATA,), **given, **asked})
        return gen_mock(self.house, self.run(number), request, AS_OF)

    def count(self) -> int:
        return int(self.http.get("/patients/count").json()["total"])

    def execute(self, statement: str) -> None:
        with self.house.database().transaction() as cursor:
            cursor.execute(statement)

    def csv(self, number: int) -> list[str]:
        name = self.run(number).name
        return (self.house.output / name / f"patients-{name}.csv").read_text("utf-8").splitlines()


@pytest.fixture
def bench(small: SmallHouse, sandbox: SandboxServer) -> Iterator[Bench]:
    base = f"{sandbox.url}/demographic"
    api = DemographicApi(open_api("Demographic API", base, sandbox.tokens()))
    house = replace(
        small.house,
        generated=registry.GENERATED,
        registrar=lambda: api,
        target_addresses={**small.house.target_addresses, "demographic_api": base},
    )
    headers = {"Authorization": f"Bearer {sandbox.tokens().token()}"}
    with httpx.Client(base_url=base, headers=headers, trust_env=False) as http:
        for one in http.get("/patients", params={"limit": 1_000}).json()["items"]:
            http.delete(f"/patients/{one['hn']}")
        yield Bench(house, http)


def counted(report: Report) -> dict[str, int]:
    (entity,) = report.entities
    assert entity.adds_up
    names = ("read", "inserted", "unchanged", "skipped", "failed")
    return {name: getattr(entity, name) for name in names if getattr(entity, name)}


def test_a_run_repeats_another_by_its_name_and_never_itself(bench: Bench) -> None:
    assert counted(bench.make(1)) == {"read": 30, "inserted": 30}
    foreseen = bench.make(2, repeat=bench.run(1).name, dry_run=True)
    assert "30 patients would be sent in 3 batches" in foreseen.notes[0]
    assert counted(bench.make(3, repeat=bench.run(1).name)) == {"read": 30, "unchanged": 30}
    assert bench.csv(3) == bench.csv(1)
    with pytest.raises(UserError, match="several runs are called '20261121T'"):
        bench.make(4, repeat="20261121T")
    with pytest.raises(UserError, match=f"no run '{bench.run(5).name}' made patients here"):
        bench.make(5, repeat=bench.run(5).name)


def test_a_retry_of_a_repetition_keeps_to_what_it_has_frozen(bench: Bench) -> None:
    bench.make(1)
    bench.make(3, repeat=bench.run(1).name)
    bench.execute("DELETE FROM seedbed.run WHERE run = 'gen-1'")
    assert counted(bench.make(3, repeat=bench.run(1).name)) == {"read": 30, "unchanged": 30}


def test_a_place_that_cannot_be_written_is_said_before_anybody_is_made(bench: Bench, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file, not a folder")
    with pytest.raises(UserError, match=r"taken.* cannot be written: .*; make room there, or give --output-dir"):
        bench.make(1, output_dir=taken)
    assert bench.count() == 0


def test_another_drawing_does_not_go_on_with_a_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.make(1)
    monkeypatch.setattr(patient_units, "MOCK_DATASET", replace(patient_units.MOCK_DATASET, version=2))
    patient_units.source_of.cache_clear()
    with pytest.raises(UserError, match="have changed since this run began; put them back, with the version"):
        bench.make(1)


def test_rows_that_the_ledger_has_lost_are_not_called_done(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.make(1)
    bench.execute("""DELETE FROM seedbed.registered WHERE "row" >= 20""")
    bench.execute("DELETE FROM seedbed.sending")
    monkeypatch.setattr(patient_units.UnitSender, "send", lambda _: {})  # as a kept result has it
    lost = bench.make(1)
    assert (lost.state, counted(lost)) == ("failed", {"read": 30, "inserted": 20, "failed": 10})
    assert lost.error is not None
    assert lost.error.message == "10 of 30 patients were neither made nor refused"
    monkeypatch.undo()
    assert counted(bench.make(1)) == {"read": 30, "inserted": 30}


def test_a_row_that_was_settled_as_somebody_else_is_listed_as_nobody(bench: Bench) -> None:
    bench.make(1)
    bench.execute("""UPDATE seedbed.registered SET key = '9000000000003' WHERE "row" = 4""")
    report = bench.make(1)
    assert report.error is not None
    assert report.error.message == "patient 4 was made as somebody else than is drawn now"
    assert report.error.exit_code == DataError.exit_code
