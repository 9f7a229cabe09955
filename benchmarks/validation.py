"""Seconds of `seedbed validate` on all shipped files, each time in a fresh process, and of its parts."""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import BenchmarkError, check_equal, progress, say
from seedbed.actions.context import AppContext
from seedbed.content.find_files import find_files, has_file

ROUNDS = 3
AGAINST = (
    "a fresh process that imports great_expectations and reads every file with pandas; median of the rounds' ratios"
)
VALIDATE = "from benchmarks.validation import validate_alone; validate_alone()"
READ = "from benchmarks.validation import read_alone; read_alone()"


def measure() -> None:
    """Three rounds, each the floor and then the command."""
    from seedbed.wiring import app_context  # noqa: PLC0415 - the other figures need no project

    files = files_of(app_context())
    rounds = []
    for number in range(1, ROUNDS + 1):
        progress(f"validate: round {number} of {ROUNDS}")
        rounds.append((alone(READ, files), alone(VALIDATE, files)))
    say_figure(files, rounds)


def say_figure(files: Sequence[str], rounds: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """The line, from the floor and the command of each round."""
    ours = [mine for _, mine in rounds]
    ratios = [mine["seconds"] / floor["seconds"] for floor, mine in rounds]
    say(
        "validate",
        files=len(files),
        rows=ours[0]["rows"],
        seconds=median(mine["seconds"] for mine in ours),
        start_seconds=median(mine["seconds"] - mine["import"] - mine["judging"] for mine in ours),
        import_seconds=median(mine["import"] for mine in ours),
        judging_seconds=median(mine["judging"] for mine in ours),
        floor_seconds=median(floor["seconds"] for floor, _ in rounds),
        cpu_seconds=median(mine["cpu"] for mine in ours),
        floor_cpu_seconds=median(floor["cpu"] for floor, _ in rounds),
        cpu_ratio=median(mine["cpu"] / floor["cpu"] for floor, mine in rounds),
        ratio=median(ratios),
        against=AGAINST,
        all_ratios=ratios,
    )


def files_of(live: AppContext) -> list[str]:
    """The files that are judged without naming any: each once."""
    entities = [entity for entity in live.entities.values() if has_file(live.data_dirs, entity)]
    return list(dict.fromkeys(str(find_files(live.data_dirs, entity).path) for entity in entities))


def alone(code: str, files: Sequence[str]) -> dict[str, Any]:
    """What a process of its own says last, and its seconds from start to end, by the clock and of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        began, cpu_before = time.perf_counter(), _cpu_of_children()
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(files),
            env={**os.environ, "SEEDBED_OUTPUT_DIR": folder},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
    cpu_seconds = _cpu_of_children() - cpu_before
    if done.returncode:
        raise BenchmarkError(f"the process failed:\n{done.stderr}")
    return {**json.loads(done.stdout.splitlines()[-1]), "seconds": seconds, "cpu": cpu_seconds}


def _cpu_of_children() -> float:
    """User and system seconds of all processes that have ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def validate_alone() -> None:
    """What the measured process does: the command, of which the import is done first so that it can be timed."""
    from seedbed.cli.command_line import main  # noqa: PLC0415 - what is imported when is what is measured
    from seedbed.validation.gx_contexts import great_expectations  # noqa: PLC0415

    began = time.perf_counter()
    great_expectations()
    imported = time.perf_counter()
    with redirect_stdout(io.StringIO()) as said:
        code = main(["validate", "--json"])
    judged = time.perf_counter()
    document = json.loads(said.getvalue())
    check_equal("exit code", (code, document.get("error")), (0, None))
    rows = sum(one["read"] for one in document["entities"])
    print(json.dumps({"import": imported - began, "judging": judged - imported, "rows": rows}))


def read_alone() -> None:
    """What the floor's process does."""
    import great_expectations  # noqa: F401, PLC0415 - importing it is what is measured
    import pandas as pd  # noqa: PLC0415

    frames = [pd.read_csv(Path(path), dtype=str, keep_default_na=False) for path in json.load(sys.stdin)]
    print(json.dumps({"rows": sum(len(frame) for frame in frames)}))
