"""An interrupted command ends although its run does not, and whoever reads what it says may have gone before it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

WAITS = """
import pathlib, signal, sys, threading
from seedbed.cli import interruption

interruption.GRACE_S = 0.1
ready, told = map(pathlib.Path, sys.argv[1:])


def end(received):
    told.write_text(received)
    raise OSError("no answer")


for number in interruption.ENDING:  # as Prefect does: heard, and waited on
    signal.signal(number, lambda *_: None)
with interruption.exit_within_grace(end):
    ready.touch()
    threading.Event().wait()
"""


@pytest.mark.parametrize("is_heard", [True, False], ids=["heard", "its reader is gone"])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_run_that_does_not_end_is_ended_and_what_is_to_be_noted_is(
    tmp_path: Path, by: signal.Signals, *, is_heard: bool
) -> None:
    ready, told = tmp_path / "ready", tmp_path / "told"
    command = [sys.executable, "-c", WAITS, str(ready), str(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        try:
            waited_for(ready.exists)
            if not is_heard:
                process.stdout.close()
            process.send_signal(by)
            said = process.stdout.read() if is_heard else ""
            assert process.wait(timeout=60) == 128 + by
        finally:
            process.kill()
    assert told.read_text("utf-8") == by.name
    if is_heard:
        assert said.splitlines() == [
            f"{by.name}: ending; Retry in Prefect's UI goes on where the run stopped",
            "error: no answer",
        ]


def waited_for(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)
