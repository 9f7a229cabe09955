"""Writes the derived files of `data/` again: `python data/derive [FOLDER]`."""

import sys
from pathlib import Path

import addresses
import clinics
import coverage
import finance
import iso
import laboratory
import medicines
import people
import queues
import thai_codes

MODULES = (addresses, thai_codes, iso, clinics, queues, coverage, finance, laboratory, medicines, people)


def main(folder: Path) -> None:
    """Write every derived file below the folder."""
    for module in MODULES:
        module.derive(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
