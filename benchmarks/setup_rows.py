"""Set-up of a large CSV, from file to commit, against raw COPY of the same rows into the same indexed table."""

import csv
import io
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import bed_files
from benchmarks.bed_files import BED, KINDS, WARDS
from benchmarks.bed_loads import Loaded, load, make_tables
from benchmarks.machine import bench_database, check_equal, checkpoint, progress, say
from seedbed.database.engines import Database
from seedbed.database.ledger.run_results import changes_of, skips_of
from seedbed.database.schema.apply_schema import migrate_schema

ROUNDS = 3
CHANGED_EVERY = 20  # 5 %
BEFORE, AFTER = "before", "after"
COUNTS = ("read", "inserted", "updated", "unchanged", "skipped", "failed")
AGAINST = "raw COPY of the same good rows into the same empty, indexed table; median of the rounds' ratios"
CONTENT = (
    "SELECT count(*), sum(hashtextextended(concat_ws('|', id, code, ward_code, active, rank, price, bought_on, info), 0)) "
    "FROM bench_bed"
)


@dataclass(frozen=True, slots=True)
class Expected:
    """A load that every round makes: its figure's name, its files, and the counts that must come out."""

    figure: str
    files: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Round:
    """The seconds of raw COPY, and the loads by figure."""

    raw: float
    loads: dict[str, Loaded] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every round works with; `wrong`: the skips that every load must report."""

    database: Database
    folder: Path
    good: int
    wrong: Sequence[bed_files.Skipped]
    loads: tuple[Expected, ...]


def measure(count: int) -> None:
    """All figures of a file of so many rows."""
    with bench_database() as database, tempfile.TemporaryDirectory() as folder:
        measure_in(database, Path(folder), count)


def measure_in(database: Database, folder: Path, count: int) -> None:
    """The same in this empty database and folder."""
    migrate_schema(database.engine, {})
    progress(f"setup: writing files of {count} rows")
    bed_files.write_files(folder / BEFORE, count)
    bed_files.write_files(folder / AFTER, count, changed=CHANGED_EVERY)
    wrong, ready = bed_files.expected_skips(count), raw_csv(count)
    good = count - len(wrong)
    bench = Bench(database, folder, good, wrong, expected_loads(count, good))
    rounds = [one_round(bench, number, ready) for number in range(1, ROUNDS + 1)]
    say_figures(bench, rounds)
    rows = (row.skip.row for row in skips_of(database, f"{bench.loads[0].figure} 1") if row.skip.entity == BED.name)
    kinds = Counter(KINDS[bed_files.kind_of(row - 1)] for row in rows)
    say("setup_skips_named", expected=len(wrong), **kinds)


def expected_loads(count: int, good: int) -> tuple[Expected, ...]:
    """A load into the empty table, the same again, and one of a file in which 5 % of the rows have changed."""
    changed = sum(bed_files.is_changed(number, CHANGED_EVERY) for number in bed_files.good_numbers(count))
    return (
        Expected("setup_first_load", BEFORE, {"inserted": good}),
        Expected("setup_unchanged", BEFORE, {"unchanged": good}),
        Expected("setup_5_percent_changed", AFTER, {"updated": changed, "unchanged": good - changed}),
    )


def one_round(bench: Bench, number: int, ready: io.BytesIO) -> Round:
    """Raw COPY, then the loads, one after the other; each begins with nothing left to be written by PostgreSQL."""
    progress(f"setup: round {number} of {ROUNDS}, raw COPY")
    make_tables(bench.database)
    checkpoint(bench.database)
    found = Round(raw_copy(bench.database, ready))
    content = _content(bench.database)
    make_tables(bench.database)
    for expected in bench.loads:
        progress(f"setup: round {number} of {ROUNDS}, {expected.figure}")
        run = f"{expected.figure} {number}"
        checkpoint(bench.database)
        loaded = found.loads[expected.figure] = load(bench.database, bench.folder / expected.files, run)
        check_load(bench, run, loaded, expected.counts)
        if expected.files == BEFORE:
            check_equal(f"{run}: rows in the table, and their digest", _content(bench.database), content)
    return found


def check_load(bench: Bench, run: str, loaded: Loaded, counts: Mapping[str, int]) -> None:
    """The counts are exact, every wrong row is reported with its number, key, reason and message, every change is noted."""
    skipped = len(bench.wrong)
    found = {name: getattr(loaded.report, name) for name in COUNTS}
    wanted = {**dict.fromkeys(COUNTS, 0), **counts, "read": bench.good + skipped, "skipped": skipped}
    check_equal(f"{run}: counts", found, wanted)
    skips = [row.skip for row in skips_of(bench.database, run) if row.skip.entity == BED.name]
    said = [(skip.row, skip.key, skip.reason, skip.message) for skip in skips]
    differing = [pair for pair in zip(said, bench.wrong, strict=False) if pair[0] != pair[1]]
    check_equal(f"{run}: rows reported and expected", (len(said), differing[:3]), (skipped, []))
    noted = sum(1 for _ in changes_of(bench.database, run))
    check_equal(f"{run}: changes noted", noted, counts.get("updated", 0))


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


def say_figures(bench: Bench, rounds: Sequence[Round]) -> None:
    """Raw COPY, then each load against the raw COPY of its own round."""
    raw = [one.raw for one in rounds]
    say("raw_copy", rows=bench.good, seconds=median(raw), rows_per_s=bench.good / median(raw), all_seconds=raw)
    for expected in bench.loads:
        loads = [one.loads[expected.figure] for one in rounds]
        seconds, rules = median(one.seconds for one in loads), median(one.rules for one in loads)
        ratios = [floor / (one.seconds - one.rules) for floor, one in zip(raw, loads, strict=True)]
        say(
            expected.figure,
            **{name: getattr(loads[0].report, name) for name in COUNTS},
            seconds=seconds,
            rules_seconds=rules,
            rows_per_s=bench.good / seconds,
            ratio=median(ratios),
            ratio_with_rules=median(floor / one.seconds for floor, one in zip(raw, loads, strict=True)),
            against=AGAINST,
            all_seconds=[one.seconds for one in loads],
            all_ratios=ratios,
        )
