"""Peak memory of a set-up at two sizes: each load in a process of its own, which only loads."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import bed_files
from benchmarks.bed_loads import load, make_tables
from benchmarks.machine import bench_database, check_equal, progress, say
from benchmarks.peaks import MIB, STATUS, peak_kib
from seedbed.database.engines import Database, DatabaseAddress, open_database
from seedbed.database.schema.apply_schema import migrate_schema

LOAD = "from benchmarks.memory import load_alone; load_alone()"


def measure(large: int) -> None:
    """Peaks at a tenth of the rows and at all of them; files and database are the parent's."""
    if not STATUS.exists():
        say("setup_memory", left_out="only Linux tells a process its own peak")
        return
    with bench_database() as database:
        migrate_schema(database.engine, {})
        measure_in(database, (large // 10, large))


def measure_in(database: Database, sizes: tuple[int, int]) -> None:
    """The same in this database."""
    found = [_peak(database, count) for count in sizes]
    peaks = [one["peak"] for one in found]
    say(
        "setup_memory",
        rows=list(sizes),
        peak_mib=[peak // MIB for peak in peaks],
        before_load_mib=[one["before"] // MIB for one in found],
        ratio=peaks[1] / peaks[0],
        against="the peak at a tenth of the rows",
    )


def _peak(database: Database, count: int) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as name:
        progress(f"memory: {count} rows")
        bed_files.write_files(Path(name), count)
        make_tables(database)
        address = database.address
        told = [name, f"memory{count}", address.host, address.port, address.database, address.user, address.password]
        done = subprocess.run(
            [sys.executable, "-c", LOAD], input=json.dumps(told), capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"the load of {count} rows failed:\n{done.stderr}")
    found: dict[str, int] = json.loads(done.stdout)
    check_equal("rows skipped", found["skipped"], len(bed_files.expected_skips(count)))
    check_equal("rows inserted", found["inserted"], count - found["skipped"])
    return found


def load_alone() -> None:
    """What the measured process does: loads, and prints its counts and peaks."""
    folder, run, host, port, name, user, password = json.load(sys.stdin)
    before = peak_kib()
    database = open_database(DatabaseAddress(host, port, name, user, password))
    report = load(database, Path(folder), run).report
    found: dict[str, Any] = {"inserted": report.inserted, "skipped": report.skipped}
    sys.stdout.write(json.dumps({**found, "before": before, "peak": peak_kib()}))
