"""`python -m benchmarks [FIGURE ...] [--rows N]`: JSON lines on stdout, progress on stderr."""

import argparse
import sys
from collections.abc import Callable

from benchmarks import (
    draws,
    memory,
    patient_delivery,
    patient_memory,
    patients,
    randomness,
    refresh_runs,
    setup_rows,
    validation,
)
from benchmarks.machine import BenchmarkError, progress, say_machine

ROWS = 1_000_000
FIGURES: dict[str, Callable[[int], None]] = {
    "draws": draws.measure,
    "randomness": lambda _: randomness.measure(),
    "patients": patients.measure,
    "patient_memory": patient_memory.measure,
    "patient_delivery": lambda _: patient_delivery.measure(),
    "setup": setup_rows.measure,
    "memory": memory.measure,
    "refresh": lambda _: refresh_runs.measure(),
    "validate": lambda _: validation.measure(),
}


def main() -> int:
    """Measures what was asked for, one after the other; exit 1 where a count was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Seedbed's figures, as JSON lines.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"{', '.join(FIGURES)}; without any: all")
    parser.add_argument(
        "--rows",
        type=int,
        default=ROWS,
        help="rows of draws and patients, and of the CSV file of setup and memory (%(default)s)",
    )
    asked = parser.parse_args()
    if unknown := [name for name in asked.figures if name not in FIGURES]:
        parser.error(f"unknown figure '{unknown[0]}'; known: {', '.join(FIGURES)}")
    say_machine()
    failed = 0
    for name in asked.figures or FIGURES:
        try:
            FIGURES[name](asked.rows)
        except BenchmarkError as error:
            progress(f"{name}: {error}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
