"""The page that lists runs: written anew after each, from the line that every run leaves in its folder."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.validation.pages import render_index, summary

log = logging.getLogger(__name__)

LINE = "summary.json"
MOST_RUNS = 200


def write_index(output: Path, report: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> None:
    """Writes the run's line and `output/index.html`, the latest runs first."""
    run = str(report["run"])
    line = summary(dict(report), [dict(verdict) for verdict in verdicts], f"{run}/report.html")
    _whole(output / run / LINE, json.dumps(line, ensure_ascii=False), beside=output / run / "summary.new")
    paths = sorted(output.glob(f"*/{LINE}"), reverse=True)[:MOST_RUNS]
    lines = [line for path in paths if (line := _read(path))]
    _whole(output / "index.html", render_index(lines), beside=output / run / "index.new")


def _whole(path: Path, text: str, *, beside: Path) -> None:
    """Whole or not at all: two runs that end together both write the index."""
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        log.warning("a run is left out of the index path=%s error=%s", path, error)
        return {}
