"""Peak memory of drawing patients into a Parquet file at two sizes: each in a process of its own, which does nothing else."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import check_equal, progress, say
from benchmarks.peaks import MIB, STATUS

SMALL = 10_000
DRAW = [sys.executable, "-m", "benchmarks.patient_file"]


def measure(large: int) -> None:
    """Peaks at 10,000 patients and at so many; the limit of the ratio is 1.2."""
    if not STATUS.exists():
        say("patient_memory", left_out="only Linux tells a process its own peak")
        return
    sizes = (SMALL, large)
    peaks = [_peak(count) for count in sizes]
    say(
        "patient_memory",
        rows=list(sizes),
        peak_mib=[peak // MIB for peak in peaks],
        ratio=peaks[1] / peaks[0],
        against=f"the peak at {SMALL:,} patients, drawn and written to Parquet",
    )


def _peak(count: int) -> int:
    progress(f"patient memory: {count} patients")
    with tempfile.TemporaryDirectory() as folder:
        told = [str(Path(folder) / "patients.parquet"), str(count)]
        done = subprocess.run([*DRAW, *told], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{count} patients could not be drawn:\n{done.stderr}")
    found: dict[str, int] = json.loads(done.stdout)
    check_equal("patients written", found["rows"], count)
    return found["peak"]
