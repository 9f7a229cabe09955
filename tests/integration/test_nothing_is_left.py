"""An interrupted test run leaves no process behind, whatever it had started and however it is ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.stack.project import ROOT
from tests.support.stack.small_project import wait_for

# What tests start: a service of the stack in a session of its own, and a program with an environment of its own.
SLEEPERS = """
import json, os, subprocess, sys, time
from pathlib import Path
from seedbed.stack import processes
from seedbed.stack.processes import Launch

SLEEP = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"]

def test_it_sleeps(tmp_path):
    stubborn = processes.start_process(Launch("stubborn", SLEEP, tmp_path, tmp_path / "log", 0, processes.environment()))
    bare = subprocess.Popen(["sleep", "600"], env={"PATH": os.environ["PATH"]}, start_new_session=True)
    Path(os.environ["STARTED"]).write_text(json.dumps([os.getpid(), stubborn.pid, bare.pid]))
    time.sleep(600)
"""
SERVERS = """
import json, os, time
from pathlib import Path
import psutil
from tests.support.stack.sandbox_server import running_sandbox

def test_it_serves(cluster, tmp_path):
    with running_sandbox(cluster, tmp_path):
        here = psutil.Process().children(recursive=True)
        Path(os.environ["STARTED"]).write_text(json.dumps([one.pid for one in here]))
        time.sleep(600)
"""
REAPER = ("-p", "tests.support.stack.reaper")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Path]:
    """Where a run writes the ids of its processes; what a failing test leaves of them is ended."""
    file = tmp_path / "started.json"
    yield file
    for pid in json.loads(file.read_text()) if file.exists() else ():
        if lives(pid):
            os.kill(pid, signal.SIGKILL)


def run_of(content: str, started: Path, *options: str) -> "subprocess.Popen[bytes]":
    """A run of pytest over one test file, in a session of its own, once its test has started its processes."""
    file = started.with_name("test_started.py")
    file.write_text(content)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        os.devnull,
        "--rootdir",
        str(file.parent),
        *options,
        str(file),
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "STARTED": str(started)}
    with started.with_name("run.log").open("wb") as log:
        run = subprocess.Popen(command, cwd=file.parent, env=env, stdout=log, stderr=log, start_new_session=True)
    wait_for(lambda: (started.exists() and started.read_text()) or run.poll() is not None, 120)
    assert run.poll() is None, started.with_name("run.log").read_text()
    return run


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def all_ended(started: Path) -> bool:
    return not any(lives(pid) for pid in json.loads(started.read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_a_test_has_started_ends_with_its_run(started: Path, number: signal.Signals) -> None:
    run = run_of(SLEEPERS, started, *REAPER)

    run.send_signal(number)

    run.wait(60)
    wait_for(lambda: all_ended(started))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_a_worker_of_xdist_has_started_ends_with_the_run(started: Path, number: signal.Signals) -> None:
    run = run_of(SLEEPERS, started, *REAPER, "-n", "1")

    run.send_signal(number)

    run.wait(60)
    wait_for(lambda: all_ended(started))


def test_servers_end_with_a_killed_run(started: Path) -> None:
    run = run_of(SERVERS, started, *REAPER, "-p", "tests.support.stack.postgres")
    assert len(json.loads(started.read_text())) > 4  # the sandbox, PostgreSQL and its own processes, and the watcher

    run.kill()

    run.wait(60)
    wait_for(lambda: all_ended(started))
