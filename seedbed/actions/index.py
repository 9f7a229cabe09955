"""The page that lists runs: written anew after each, from the line that every run leaves in its folder."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.validation.pages import render_index, summary

LINE = "summary.json"
MOST_RUNS = 200


def write_index(output: Path, report: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> None:
    """Writes the run's line and `output/index.html`, the latest runs first."""
    run = str(report["run"])
    line = summary(dict(report), [dict(verdict) for verdict in verdicts], f"{run}/report.html")
    (output / run / LINE).write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    paths = sorted(output.glob(f"*/{LINE}"), reverse=True)[:MOST_RUNS]
    beside = output / run / "index.new"  # whole or not at all: two runs that end together both write the index
    beside.write_text(render_index([json.loads(path.read_text(encoding="utf-8")) for path in paths]), encoding="utf-8")
    beside.replace(output / "index.html")
