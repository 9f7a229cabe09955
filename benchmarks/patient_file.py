"""`python -m benchmarks.patient_file FILE COUNT`: draws so many patients into a Parquet file, and says its peak of memory.

It imports what drawing needs and nothing else: the peak is that of the work.
"""

import json
import sys
from datetime import date
from pathlib import Path

from benchmarks.peaks import peak_kib
from seedbed.actions.draw_files import draw_to_file
from seedbed.content.patient_vocabulary import patient_vocabulary
from seedbed.datasets.hospital.patients.cohort import EVERYONE
from seedbed.datasets.hospital.patients.source import patients

DATA = Path(__file__).resolve().parents[1] / "data"
AS_OF = date(2026, 11, 21)


def main() -> None:
    """Prints the rows written and the peak in KiB, as JSON."""
    written: list[int] = []
    source = patients(patient_vocabulary([DATA]), EVERYONE, 42, AS_OF)
    draw_to_file(source, range(int(sys.argv[2])), Path(sys.argv[1]), "parquet", written.append)
    print(json.dumps({"rows": written[-1], "peak": peak_kib()}))


if __name__ == "__main__":
    main()
