"""The entries of docs/runbook.md, by code."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seedbed.core.errors import UserError

RUNBOOK = "docs/runbook.md"
QUOTED = re.compile(r"`([a-z0-9_-]+)`")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the codes that it covers, and its text as Markdown. Reasons of skips are codes with hyphens."""

    codes: tuple[str, ...]
    text: str


def read_entries(root: Path) -> Mapping[str, Entry]:
    """Code -> entry. An entry's codes stand in its heading and on its lines that begin with `Codes:`."""
    text = (root / RUNBOOK).read_text(encoding="utf-8")
    return {code: entry for entry in _entries(text) for code in entry.codes}


def find_entry(root: Path, code: str) -> Entry:
    """The entry of a code; UserError, with the nearest code, if there is none."""
    entries = read_entries(root)
    wanted = code.strip().lower().replace("_", "-")
    if wanted not in entries:
        near = difflib.get_close_matches(wanted, entries, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'? " if near else ""
        params = {"what": "code", "name": code, "near": "".join(near)}
        step = f"{hint}{RUNBOOK} has all codes"
        raise UserError(f"unknown code '{code}'", next_step=step, code="unknown-name", params=params)
    return entries[wanted]


def _entries(text: str) -> Iterator[Entry]:
    for section in re.split(r"^(?=#)", text, flags=re.MULTILINE):
        heading, _, body = section.partition("\n")
        if re.match(r"#{3,4} `", heading):
            listed = [line for line in body.splitlines() if re.match(r"Codes?: |.* Code: ", line)]
            codes = QUOTED.findall(heading) + [c for line in listed for c in QUOTED.findall(line.rpartition("Code")[2])]
            yield Entry(tuple(dict.fromkeys(c.replace("_", "-") for c in codes)), body.strip())
