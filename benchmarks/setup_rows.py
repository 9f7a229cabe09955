"""Set-up of a large CSV, from file to commit, against raw COPY of the same rows into the same indexed table."""

import csv
import io
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from benchmarks import bed_files
from benchmarks.bed_files import BED, ENTITIES, KINDS, MODULE, WARD, WARDS
from benchmarks.machine import bench_database, check_equal, progress, say
from seedbed.actions.house import House, Run
from seedbed.actions.load import Job, load_entity
from seedbed.actions.select import SetupRequest, Unit
from seedbed.core.report import EntityReport
from seedbed.database.ddl import create_table
from seedbed.database.engines import Database
from seedbed.database.ledger import Notes, changes_of, skips_of
from seedbed.database.schema import migrate
from seedbed.targets.postgres import PostgresTarget
from seedbed.validation.rows import Judge

ROUNDS = 3
CHANGED_EVERY = 20  # 5 %
AGAINST = "raw COPY of the same good rows into the same empty, indexed table, median"
CONTENT = (
    "SELECT count(*), sum(hashtextextended(concat_ws('|', id, code, ward_code, active, rank, price, bought_on, info), 0)) "
    "FROM bench_bed"
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """One load of the beds: its report, its seconds from file to commit, and of these the seconds of the row rules."""

    report: EntityReport
    seconds: float
    rules: float


def measure(count: int) -> None:
    """All figures of a file of so many rows."""
    with bench_database() as database, tempfile.TemporaryDirectory() as folder:
        measure_in(database, Path(folder), count)


def measure_in(database: Database, folder: Path, count: int) -> None:
    """The same in this empty database and folder: first loads and raw COPY in turn, then loads into the full table."""
    migrate(database.engine)
    progress(f"setup: writing {count} rows")
    bed_files.write_files(folder, count)
    expected, wrong = raw_csv(count), bed_files.expected_skips(count)
    good = count - len(wrong)
    raw, first = [], []
    for number in range(1, ROUNDS + 1):
        progress(f"setup: raw COPY and first load, round {number} of {ROUNDS}")
        make_tables(database)
        raw.append(raw_copy(database, expected))
        content = _content(database)
        make_tables(database)
        first.append(load(database, folder, f"first{number}"))
        _check(database, f"first{number}", first[-1], {"inserted": good}, wrong)
        check_equal("rows loaded, and their digest", _content(database), content)
    floor = median(raw)
    best = sorted(first, key=lambda loaded: loaded.seconds)[ROUNDS // 2]
    say("raw_copy", rows=good, seconds=floor, rows_per_s=good / floor, all_seconds=raw)
    _say_load("setup_first_load", best, floor, all_seconds=[loaded.seconds for loaded in first])
    _say_skips(database, f"first{ROUNDS}", wrong)
    progress("setup: the same file again")
    again = load(database, folder, "again")
    _check(database, "again", again, {"unchanged": good}, wrong)
    _say_load("setup_unchanged", again, floor)
    progress("setup: 5 % of the rows changed")
    bed_files.write_files(folder, count, changed=CHANGED_EVERY)
    changed = sum(1 for number in bed_files.good_numbers(count) if bed_files.is_changed(number, CHANGED_EVERY))
    third = load(database, folder, "changed")
    _check(database, "changed", third, {"updated": changed, "unchanged": good - changed}, wrong)
    check_equal("changes noted", sum(1 for _ in changes_of(database, "changed")), changed)
    _say_load("setup_5_percent_changed", third, floor)


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
    job = Job(Run(run, run), request, Unit(MODULE, (WARD, BED), ()))
    notes = Notes(database, run, MODULE)
    load_entity(house, job, WARD, notes)
    with timed_rules() as spent:
        started = time.perf_counter()
        report = load_entity(house, job, BED, notes)
        seconds = time.perf_counter() - started
    return Loaded(report, seconds, sum(spent))


def bench_house(database: Database, folder: Path) -> House:
    """The two entities with the real PostgreSQL target."""
    target = PostgresTarget(database)
    return House(
        entities=ENTITIES,
        modules={MODULE: ()},
        aliases={},
        target=lambda _: target,
        database=lambda: database,
        diagnose=lambda: (),
        places={"postgres": "bench"},
        root=folder,
        is_local=True,
        known_headers=lambda entity: entity.headers,
    )


@contextmanager
def timed_rules() -> Iterator[list[float]]:
    """The seconds of every block's row rules, as they are judged."""
    spent: list[float] = []
    judge = Judge.judge

    def timed(self: Judge, text: Any) -> Any:
        started = time.perf_counter()
        try:
            return judge(self, text)
        finally:
            spent.append(time.perf_counter() - started)

    with patch.object(Judge, "judge", timed):
        yield spent


def raw_csv(count: int) -> io.BytesIO:
    """The good rows as COPY takes them, made before the clock starts."""
    text = io.StringIO()
    writer = csv.writer(text)
    for number in bed_files.good_numbers(count):
        *cells, thai, english = bed_files.good_cells(number)
        writer.writerow([*cells, f'{{"th": {{"name": "{thai}"}}, "en": {{"name": "{english}"}}}}'])
    return io.BytesIO(text.getvalue().encode("utf-8"))


def raw_copy(database: Database, ready: io.BytesIO) -> float:
    """The seconds of one COPY and its commit."""
    with database.transaction() as cursor:
        wards = [(f"W{number:03d}", f"Ward {number}") for number in range(WARDS)]
        cursor.executemany("INSERT INTO bench_ward (code, name) VALUES (%s, %s)", wards)
    ready.seek(0)
    started = time.perf_counter()
    with database.transaction() as cursor:
        columns = ", ".join(column.name for column in BED.columns)
        cursor.copy_expert(f"COPY bench_bed ({columns}) FROM STDIN WITH (FORMAT csv)", ready)
    return time.perf_counter() - started


def _content(database: Database) -> tuple[Any, ...]:
    with database.transaction() as cursor:
        cursor.execute(CONTENT)
        return tuple(cursor.fetchone())


def _check(
    database: Database, run: str, loaded: Loaded, counts: dict[str, int], wrong: list[bed_files.Skipped]
) -> None:
    """The report adds up, and every wrong row is named with its number, key, reason and message."""
    names = ("read", "inserted", "updated", "unchanged", "skipped", "failed")
    found = {name: getattr(loaded.report, name) for name in names}
    total = sum(counts.values()) + len(wrong)
    check_equal(f"{run}: counts", found, {**dict.fromkeys(names, 0), **counts, "read": total, "skipped": len(wrong)})
    skips = [row.skip for row in skips_of(database, run) if row.skip.entity == BED.name]
    said = [(skip.row, skip.key, skip.reason, skip.message) for skip in skips]
    differing = [pair for pair in zip(said, wrong, strict=False) if pair[0] != pair[1]]
    check_equal(f"{run}: rows reported and expected", (len(said), differing[:3]), (len(wrong), []))


def _say_skips(database: Database, run: str, wrong: list[bed_files.Skipped]) -> None:
    rows = (row.skip.row for row in skips_of(database, run) if row.skip.entity == BED.name)
    kinds = Counter(KINDS[bed_files.kind_of(row - 1)] for row in rows)
    say("setup_skips_named", expected=len(wrong), **kinds)


def _say_load(name: str, loaded: Loaded, floor: float, **more: Any) -> None:
    report = loaded.report
    good = report.read - report.skipped
    counts = {key: getattr(report, key) for key in ("read", "inserted", "updated", "unchanged", "skipped")}
    say(
        name,
        **counts,
        seconds=loaded.seconds,
        rules_seconds=loaded.rules,
        rows_per_s=good / loaded.seconds,
        ratio=floor / (loaded.seconds - loaded.rules),
        ratio_with_rules=floor / loaded.seconds,
        against=AGAINST,
        **more,
    )
