"""Ends every process that a test process has started, also where the test process is killed with -9.

Children of tests lead sessions of their own and start further ones, so no group reaches them all. What they all inherit,
even with an environment of their own, is PATH: it gets an entry that names the test process. A watcher waits until the
test process is gone and ends every process whose PATH has the entry. PostgreSQL's sessions end with their server.
Workers of xdist inherit the entry of the process that started them.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

POLL_S = 0.25
GRACE_S = 5.0
SWEEPS = 20
_path_of_the_run = os.environ.get("PATH", os.defpath)


def pytest_configure(config: pytest.Config) -> None:
    """Marks all processes that this one starts from now on, and starts their watcher."""
    global _path_of_the_run  # noqa: PLW0603 - a process has one environment
    inherited = os.environ.get("PATH", os.defpath)
    mark = f"/nonexistent/test-process-{os.getpid()}-{secrets.token_hex(4)}"
    os.environ["PATH"] = f"{inherited}{os.pathsep}{mark}"
    _path_of_the_run = inherited if hasattr(config, "workerinput") else os.environ["PATH"]
    watcher = subprocess.Popen(
        [sys.executable, "-I", str(Path(__file__)), str(os.getpid()), mark],
        env={"PATH": os.defpath},  # without a mark: it ends with nobody but by itself
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    config.add_cleanup(lambda: _end(watcher))


def _end(watcher: "subprocess.Popen[bytes]") -> None:
    watcher.terminate()
    watcher.wait(60)


@contextmanager
def living_as_long_as_the_run() -> Iterator[None]:
    """What is started meanwhile is ended when the whole run is over, not when this worker of xdist is."""
    own = os.environ["PATH"]
    os.environ["PATH"] = _path_of_the_run
    try:
        yield
    finally:
        os.environ["PATH"] = own


def watch(parent: int, mark: str) -> None:
    """Waits until the parent is gone or asks for it, then ends the processes with the mark."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    while os.getppid() == parent and not asked:
        time.sleep(POLL_S)
    for _ in range(SWEEPS):  # again, for what was being started meanwhile
        found = marked(mark)
        if not found:
            return
        for process in found:
            _signal(process, signal.SIGTERM)
        _, alive = psutil.wait_procs(found, timeout=GRACE_S)
        for process in alive:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=GRACE_S)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return  # ended by itself


def marked(mark: str) -> list[psutil.Process]:
    """The living processes whose PATH has the mark."""
    return [process for process in psutil.process_iter() if mark in _path_of(process).split(os.pathsep)]


def _path_of(process: psutil.Process) -> str:
    try:
        return "" if process.status() == psutil.STATUS_ZOMBIE else process.environ().get("PATH", "")
    except (psutil.Error, OSError):
        return ""  # ended, or another user's


if __name__ == "__main__":
    watch(int(sys.argv[1]), sys.argv[2])
