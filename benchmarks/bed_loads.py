"""One load of the beds by the real loader: from file to commit, its row rules timed apart."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.bed_files import BED, ENTITIES, MODULE, WARD
from seedbed.actions.context import AppContext, Run
from seedbed.actions.setup.load import Job, load_entity
from seedbed.actions.setup.select import ModuleUnit, SetupRequest
from seedbed.core.report import EntityReport
from seedbed.database.engines import Database
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.schema.ddl import create_table
from seedbed.targets.postgres.target import PostgresTarget
from seedbed.validation.check_rows import RuleChecker


@dataclass(frozen=True, slots=True)
class Loaded:
    """One load of the beds: its report, its seconds from file to commit, and of these the seconds of the row rules."""

    report: EntityReport
    seconds: float
    rules: float


def make_tables(database: Database) -> None:
    """Empty tables, as migrations would make them."""
    with database.transaction() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bed, bench_ward")
        for entity in ENTITIES.values():
            cursor.execute(create_table(entity, ENTITIES))


def load(database: Database, folder: Path, run: str) -> Loaded:
    """Loads wards, untimed, then beds."""
    house = bench_house(database, folder)
    request = SetupRequest(data_dirs=(folder / "data",), on_duplicate="update")
    job = Job(Run(run, run), request, ModuleUnit(MODULE, (WARD, BED), ()))
    notes = LedgerRecorder(database, AttemptRef(run), MODULE)
    load_entity(house, job, WARD, notes)
    with timed_rules() as spent:
        started = time.perf_counter()
        report = load_entity(house, job, BED, notes)
        seconds = time.perf_counter() - started
    return Loaded(report, seconds, sum(spent))


def bench_house(database: Database, folder: Path) -> AppContext:
    """The two entities with the real PostgreSQL target."""
    target = PostgresTarget(database)
    return AppContext(
        entities=ENTITIES,
        modules={MODULE: ()},
        aliases={},
        target=lambda _: target,
        database=lambda: database,
        diagnose=lambda: (),
        target_addresses={"postgres": "bench"},
        root=folder,
        is_local=True,
        known_headers=lambda entity: entity.headers,
    )


@contextmanager
def timed_rules() -> Iterator[list[float]]:
    """The seconds of every block's row rules, as they are judged."""
    spent: list[float] = []
    judge = RuleChecker.check_block

    def timed(*asked: Any) -> Any:
        started = time.perf_counter()
        try:
            return judge(*asked)
        finally:
            spent.append(time.perf_counter() - started)

    with patch.object(RuleChecker, "check_block", timed):
        yield spent
