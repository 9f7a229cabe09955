"""A signal reaches only processes that execute what we start, whatever pid, folder or arguments others have."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from seedbed.stack import flow_processes, keycloak_service, prefect_api, processes, state
from seedbed.stack.keycloak_service import Keycloak
from seedbed.stack.stack_options import StackOptions
from seedbed.stack.state import Service

SLEEP = "import time; time.sleep(600)"
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process in a session of its own; ends it after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def one(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command, start_new_session=True, **options))
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.wait()


def program(folder: Path, name: str) -> str:
    """A copy of `sleep` under another name: the executable file decides, not what it does."""
    sleep = shutil.which("sleep")
    assert sleep
    return str(shutil.copy(Path(sleep).resolve(), folder / name))


def named(start: Start, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A waiting shell whose command line begins with this name and ends with these arguments."""
    return start([name, "-c", "read line", *arguments], executable="/bin/sh", stdin=subprocess.PIPE)


def recorded(process: subprocess.Popen[bytes], *command: str) -> Service:
    """A record of the process, as if we had started it with this command."""
    return Service("part", process.pid, psutil.Process(process.pid).create_time(), 0, "", "", command)


def test_a_process_of_another_command_gets_no_signal(start: Start) -> None:
    foreign = start(["sleep", "600"])
    assert processes.stop_process(recorded(foreign, sys.executable, "-m", "prefect")) is False
    assert foreign.poll() is None


def test_a_record_without_a_command_is_of_this_python(start: Start) -> None:
    foreign, ours = start(["sleep", "600"]), start([sys.executable, "-c", SLEEP])
    assert processes.stop_process(recorded(foreign)) is False
    assert processes.stop_process(recorded(ours)) is True
    assert foreign.poll() is None
    assert ours.wait() != 0


def test_the_command_that_we_started_is_ended(start: Start, tmp_path: Path) -> None:
    ours = start([sys.executable, "-c", SLEEP])
    script = tmp_path / "server.sh"
    script.write_text("#!/bin/sh\nsleep 600\n")
    script.chmod(0o755)
    scripted = start([str(script), "start"])
    assert processes.stop_process(recorded(ours, sys.executable, "-c", SLEEP)) is True
    assert processes.stop_process(recorded(scripted, str(script), "start")) is True


def test_a_start_script_may_have_become_java(start: Start, tmp_path: Path) -> None:
    java, home = program(tmp_path, "java"), tmp_path / "keycloak"
    script = str(home / "bin" / "kc.sh")
    argument = f"-Dkc.home.dir={home}/bin/.."
    server = named(start, "java", argument)
    assert processes.runs_command(psutil.Process(server.pid), (script, "start-dev"))
    other = start([java, "600"])
    assert not processes.runs_command(psutil.Process(other.pid), (script, "start-dev"))


def test_only_the_program_is_ended_in_its_folder(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    ours, foreign = start([program(tmp_path, "postgres"), "600"], cwd=data), start(["sleep", "600"], cwd=data)
    elsewhere = start([program(tmp_path, "postgres-2"), "600"], cwd=tmp_path)
    assert processes.end_all_in(data, "postgres") == 1
    assert ours.wait() != 0
    assert (foreign.poll(), elsewhere.poll()) == (None, None)


def test_an_unrecorded_server_is_known_by_program_and_argument(start: Start, tmp_path: Path) -> None:
    server = named(start, "/elsewhere/postgres", str(tmp_path))
    viewer = named(start, "/usr/bin/less", str(tmp_path))
    wanted = {"program": "postgres", "argument": str(tmp_path)}
    found = processes.find_unrecorded_service("postgres", server.pid, 5, **wanted)
    assert found is not None
    assert found.command[0] == "/elsewhere/postgres"
    assert processes.find_unrecorded_service("postgres", viewer.pid, 5, **wanted) is None


def test_an_orphan_of_keycloak_is_java(start: Start, tmp_path: Path) -> None:
    mark = f"-Dkc.home.dir={tmp_path}/bin/.."
    viewer = named(start, "less", mark)
    server = named(start, "java", mark)
    assert keycloak_service.end_orphans(Keycloak(tmp_path, tmp_path / "log", "")) == 1
    assert server.poll() is not None
    assert viewer.poll() is None


def test_a_run_of_another_program_is_left_alone(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"PREFECT__FLOW_RUN_ID": "run-1"}
    foreign, ours = start(["sleep", "600"], env=env), start([sys.executable, "-c", SLEEP], env=env)
    runs = [{"id": "run-1", "infrastructure_pid": process.pid} for process in (foreign, ours)]
    monkeypatch.setattr(prefect_api, "unfinished_runs", lambda _: runs)
    flow_processes.stop_all("")
    assert foreign.poll() is None
    assert ours.poll() is not None


def test_the_command_stands_in_the_record(start: Start, tmp_path: Path) -> None:
    options = StackOptions(root=tmp_path, state=tmp_path)
    part = recorded(start(["sleep", "600"]), "sleep", "600")
    state.remember(options, part)
    assert state.read_services(options) == {"part": part}
    state.remember(options, replace(part, command=()))
    assert state.read_services(options)["part"].command == ()
