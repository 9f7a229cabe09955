"""`python -m benchmarks.patient_file FILE COUNT`: draws so many patients into a Parquet file, and says its peak of memory.

It imports what drawing needs and nothing else: the peak is that of the work.
"""

import json
import sys
from datetime import date
from pathlib import Path

from benchmarks.peaks import peak_kib
from seedbed.actions.generate.draw_files import draw_to_file
from seedbed.content.dataset_content import read_content
from seedbed.datasets.registry import MOCK_DATASET, PATIENTS

DATA = Path(__file__).resolve().parents[1] / "data"
AS_OF = date(2026, 11, 21)


def main() -> None:
    """Prints the rows written and the peak in KiB, as JSON."""
    written: list[int] = []
    source = PATIENTS.source(read_content(MOCK_DATASET, [DATA]), PATIENTS.cohorts.everyone, 42, AS_OF)
    draw_to_file(source, range(int(sys.argv[2])), Path(sys.argv[1]), "parquet", written.append)
    print(json.dumps({"rows": written[-1], "peak": peak_kib()}))


if __name__ == "__main__":
    main()
