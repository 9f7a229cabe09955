"""Set-up of a large CSV: from file to commit, against raw COPY of the same rows into the same indexed table."""

import csv
import io
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.machine import bench_cluster, say
from seedbed.actions.house import House, Run
from seedbed.actions.load import Job, load_entity
from seedbed.actions.select import SetupRequest, Unit
from seedbed.core.spec import Column, Entity, Reference
from seedbed.database.ddl import create_table
from seedbed.database.engines import Database, open_database
from seedbed.database.ledger import Notes, skips_of
from seedbed.database.schema import migrate
from seedbed.targets.postgres import PostgresTarget
from seedbed.validation import rows as judging

WARD = Entity("bench_ward", "bench", (Column("code", required=True), Column("name")), audit="none")
BED = Entity(
    "bench_bed",
    "bench",
    (
        Column("code", required=True),
        Column("ward_code", required=True, references=Reference("bench_ward", take="code")),
        Column("active", "boolean", required=True, default=True),
        Column("rank", "integer"),
        Column("price", "decimal"),
        Column("bought_on", "date"),
        Column("info", "json", parts=("info.th.name", "info.en.name")),
    ),
)
WARDS = 200
BAD_EVERY = 500  # one row of each of five kinds in every 500: 1 %
RULES = (
    ("code", "expect_column_values_to_match_regex", {"regex": "^B[0-9]{8}$"}),
    ("info.th.name", "expect_column_values_to_not_be_null", {}),
    ("price", "expect_column_values_to_match_regex", {"regex": r"^[0-9]+(\.[0-9]{1,2})?$"}),
)


def cells(number: int) -> list[str]:
    """A right row."""
    day = f"20{10 + number % 16:02d}-{1 + number % 12:02d}-{1 + number % 28:02d}"
    ward, price = f"W{number % WARDS:03d}", f"{number % 9_000}.{number % 100:02d}"
    return [f"B{number:08d}", ward, "TRUE", str(number % 50), price, day, f"เตียง {number}", f"Bed {number}"]


def spoilt(number: int, kind: int) -> list[str]:
    """The same row, wrong in one of five ways."""
    row = cells(number)
    if kind == 0:
        row[0] = f"X{number:08d}"
    elif kind == 1:
        row[3] = "many"
    elif kind == 2:
        row[0] = f"B{number - 1:08d}"
    elif kind == 3:
        row[1] = "W999"
    else:
        row.append("one too many")
    return row


def lines(count: int, *, changed: int = 0) -> Iterator[list[str]]:
    """The file's rows; every `changed`-th good row has another price than before."""
    for number in range(1, count + 1):
        place = number % BAD_EVERY
        row = spoilt(number, place // 100) if place % 100 == 50 else cells(number)
        if changed and place % 100 != 50 and number % changed == 0:
            row[4] = "12345.67"
        yield row


def write_files(folder: Path, count: int, *, changed: int = 0) -> None:
    """The wards, the beds and their suites."""
    header = list(BED.headers)
    for name, rows in (("bench_ward", ([f"W{n:03d}", f"Ward {n}"] for n in range(WARDS))), ("bench_bed", lines(count, changed=changed))):
        path = folder / "data" / "bench" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header if name == "bench_bed" else ["code", "name"])
            writer.writerows(rows)
    for name in ("bench_ward", "bench_bed"):
        rules = RULES if name == "bench_bed" else RULES[:0]
        expectations = [_rule("rows", "expect_table_row_count_to_be_between", {"min_value": 1})]
        expectations += [_rule(f"r{at}", kind, {"column": column, **more}) for at, (column, kind, more) in enumerate(rules)]
        path = folder / "expectations" / "bench" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({"name": name, "expectations": expectations}), encoding="utf-8")


def _rule(name: str, kind: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "description": "bench", "meta": {"rule": name}}


def make_tables(database: Database) -> None:
    """Empty tables."""
    entities = {WARD.name: WARD, BED.name: BED}
    with database.transaction() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bed, bench_ward")
        for entity in entities.values():
            cursor.execute(create_table(entity, entities))


def load(database: Database, folder: Path, run: str) -> tuple[Any, float, float]:
    """Loads wards and beds; the beds' report, its seconds from file to commit, and of these the seconds of the row rules."""
    target = PostgresTarget(database)
    entities = {WARD.name: WARD, BED.name: BED}
    house = House(entities, {"bench": ()}, {}, lambda _: target, lambda: database, lambda: (), {"postgres": "bench"}, folder, True, lambda e: e.headers)
    request = SetupRequest(data_dirs=(folder / "data",), on_duplicate="update")
    job = Job(Run(run, run), request, Unit("bench", (WARD, BED), ()))
    notes = Notes(database, run, "bench")
    load_entity(house, job, WARD, notes)
    rules = _timed_rules()
    started = time.perf_counter()
    report = load_entity(house, job, BED, notes)
    return report, time.perf_counter() - started, sum(rules)


def _timed_rules() -> list[float]:
    spent: list[float] = []
    judge = judging.Judge.judge

    def timed(self: judging.Judge, text: Any) -> Any:
        started = time.perf_counter()
        try:
            return judge(self, text)
        finally:
            spent.append(time.perf_counter() - started)

    judging.Judge.judge = timed  # type: ignore[method-assign]
    return spent


def raw_copy(database: Database, folder: Path, count: int) -> tuple[int, float]:
    """COPY of the good rows into the same table, from a ready-made file; its rows and seconds."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    good = (row for number, row in enumerate(lines(count), start=1) if (number % BAD_EVERY) % 100 != 50)
    rows = 0
    for row in good:
        info = f'{{"th": {{"name": "{row[6]}"}}, "en": {{"name": "{row[7]}"}}}}'
        writer.writerow([*row[:6], info])
        rows += 1
    buffer.seek(0)
    with database.transaction() as cursor:
        cursor.executemany("INSERT INTO bench_ward (code, name) VALUES (%s, %s)", [(f"W{n:03d}", f"Ward {n}") for n in range(WARDS)])
    started = time.perf_counter()
    with database.transaction() as cursor:
        cursor.copy_expert("COPY bench_bed (code, ward_code, active, rank, price, bought_on, info) FROM STDIN WITH (FORMAT csv)", buffer)
    return rows, time.perf_counter() - started


def measure(count: int) -> None:
    """All figures of one size."""
    with bench_cluster() as address, tempfile.TemporaryDirectory() as name:
        folder, database = Path(name), open_database(address)
        migrate(database.engine)
        write_files(folder, count)
        make_tables(database)
        rows, floor = raw_copy(database, folder, count)
        make_tables(database)
        report, whole, rules = load(database, folder, "first")
        say("setup_first_load", rows=count, skipped=report.skipped, inserted=report.inserted, seconds=whole, rules_seconds=rules,
            rows_per_s=count / whole, raw_copy_rows_per_s=rows / floor, ratio=(count / (whole - rules)) / (rows / floor),
            ratio_with_rules=(count / whole) / (rows / floor))  # fmt: skip
        named = sum(1 for _ in skips_of(database, "first"))
        say("setup_skips_named", expected=count // 100, reported=named)
        _, again, rules = load(database, folder, "second")
        say("setup_unchanged", rows=count, seconds=again, rules_seconds=rules, ratio=(count / (again - rules)) / (rows / floor))
        write_files(folder, count, changed=20)
        report, third, rules = load(database, folder, "third")
        say("setup_5_percent_changed", rows=count, updated=report.updated, seconds=third, rules_seconds=rules,
            ratio=(count / (third - rules)) / (rows / floor))  # fmt: skip
        database.close()


def peak_memory(count: int) -> int:
    """The peak resident memory in KiB of a process that loads so many rows; called in a process of its own."""
    with bench_cluster() as address, tempfile.TemporaryDirectory() as name:
        folder, database = Path(name), open_database(address)
        migrate(database.engine)
        write_files(folder, count)
        make_tables(database)
        load(database, folder, "first")
        database.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def memory(small: int, large: int) -> None:
    """Peak memory at two sizes, each in its own process."""
    peaks = []
    for count in (small, large):
        code = f"from benchmarks.setup_rows import peak_memory; print(peak_memory({count}))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout.split()[-1]))
    say("setup_memory", rows=[small, large], peak_mib=[peak // 1024 for peak in peaks], ratio=peaks[1] / peaks[0])


