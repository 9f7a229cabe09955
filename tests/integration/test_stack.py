"""The local stack on a small project of its own: it starts, is killed in every part, mends itself, and stops."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from seedbed import stack
from seedbed.core.errors import Transient
from seedbed.stack import StackOptions, prefect_service, processes, state
from seedbed.stack.processes import Launch
from seedbed.stack.services import ServiceKind, ensure_ready
from tests.support.stack.small_project import (
    ask,
    deployment,
    pids,
    project,
    start_run,
    state_of,
    url_of,
    wait_for,
)

pytestmark = pytest.mark.stack

PARTS = ("postgres", "sandbox", "prefect", "worker", "reports")
PREFECT = str(Path(sys.executable).with_name("prefect"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackOptions]:
    with project(tmp_path_factory.mktemp("project")) as options:
        assert stack.up(options, print).state == "up"
        yield options


@pytest.fixture
def up(running: StackOptions) -> StackOptions:
    """The stack, up before each test, whatever the one before did to it."""
    stack.up(running, print)
    return running


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_every_part_is_up_and_says_where(up: StackOptions) -> None:
    found = stack.status(up).to_json()

    assert found["state"] == "up"
    assert list(PARTS) == [part["name"] for part in found["parts"]]
    assert all(part["state"] == "up" and part["pid"] and "127.0.0.1" in part["url"] for part in found["parts"])


def test_nobody_else_can_read_the_state(up: StackOptions) -> None:
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in up.state.iterdir() if path.is_file()}

    assert oct(up.state.stat().st_mode & 0o777) == "0o700"
    assert {"0o600"} == {mode for name, mode in modes.items() if name != "lock"}


def test_only_loopback_is_listened_on(up: StackOptions) -> None:
    sockets = [one for pid in pids(up).values() for one in psutil.Process(pid).net_connections(kind="tcp")]
    listening = [one.laddr.ip for one in sockets if one.status == psutil.CONN_LISTEN]

    assert len(PARTS) <= len(listening)
    assert {"127.0.0.1"} == set(listening)


def test_up_again_changes_nothing(up: StackOptions) -> None:
    before = pids(up)

    again = stack.up(up, print)

    assert again.state == "up"
    assert before == pids(up)


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_part_is_seen_and_mended(up: StackOptions, name: str) -> None:
    before = pids(up)
    os.kill(before[name] or 0, signal.SIGKILL)
    wait_for(lambda: stack.status(up).state == "degraded")

    mended = stack.up(up, print)

    assert mended.state == "up"
    assert {name} == {part for part, pid in pids(up).items() if pid != before[part]}


def test_all_parts_killed_at_once_are_mended_and_still_run_flows(up: StackOptions) -> None:
    for pid in pids(up).values():
        os.kill(pid or 0, signal.SIGKILL)
    wait_for(lambda: stack.status(up).state == "down")

    assert stack.up(up, print).state == "up"
    run = start_run(up)
    wait_for(lambda: state_of(up, run) == "COMPLETED")


def test_a_part_that_hangs_is_unresponsive_and_is_replaced(up: StackOptions) -> None:
    before = pids(up)["reports"]
    os.kill(before or 0, signal.SIGSTOP)
    assert {"unresponsive"} == {part.state for part in stack.status(up).parts if part.name == "reports"}

    assert stack.up(up, print).state == "up"
    assert before != pids(up)["reports"]


def test_a_port_in_use_is_moved_and_clients_follow(up: StackOptions) -> None:
    before = {name: url_of(up, name) for name in ("prefect", "reports")}
    stack.down(up, print)
    taken = [socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))) for url in before.values()]
    try:
        assert stack.up(up, print).state == "up"
    finally:
        for one in taken:
            one.close()

    assert all(url_of(up, name) != url for name, url in before.items())
    assert url_of(up, "prefect") in (up.root / "prefect.toml").read_text()
    assert url_of(up, "reports") in up.local_settings.read_text()
    run = start_run(up)
    wait_for(lambda: state_of(up, run) == "COMPLETED")


def test_down_stops_every_part_and_two_ups_at_once_make_one_stack_that_finds_the_data_again(up: StackOptions) -> None:
    run = start_run(up)
    wait_for(lambda: state_of(up, run) == "COMPLETED")
    before = [pid for pid in pids(up).values() if pid]
    urls = {name: url_of(up, name) for name in PARTS}

    assert stack.down(up, print).state == "down"
    assert [pid for pid in before if lives(pid)] == []
    code = (
        "import sys; from pathlib import Path; from seedbed import stack; root = Path(sys.argv[1]);"
        "sys.exit(stack.up(stack.StackOptions(root, root / '.seedbed'), print).state != 'up')"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(up.root)]) for _ in range(2)]
    assert [one.wait(120) for one in both] == [0, 0]
    commands = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert sum("seedbed.sandbox" in command and str(up.state) in command for command in commands) == 1
    assert state_of(up, run) == "COMPLETED"
    assert {name: url_of(up, name) for name in PARTS} == urls


def test_down_marks_the_run_that_it_ends_as_crashed_and_leaves_a_process_that_it_did_not_start(
    up: StackOptions,
) -> None:
    run = start_run(up, seconds=300)
    wait_for(lambda: state_of(up, run) == "RUNNING")
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        part = state.read_services(up)["reports"]
        processes.stop_process(part)
        state.remember(up, replace(part, pid=stranger.pid))  # as if its pid had been given to another process

        stack.down(up, print)

        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
    stack.up(up, print)

    assert state_of(up, run) == "CRASHED"


def test_a_run_whose_worker_and_process_were_killed_is_marked_as_crashed(up: StackOptions) -> None:
    run = start_run(up, seconds=300)
    wait_for(lambda: state_of(up, run) == "RUNNING")
    os.kill(pids(up)["worker"] or 0, signal.SIGKILL)
    os.kill(int(ask(up, "GET", f"/flow_runs/{run}")["infrastructure_pid"]), signal.SIGKILL)

    stack.up(up, print)

    assert state_of(up, run) == "CRASHED"


def test_a_run_goes_on_when_only_its_worker_is_killed(up: StackOptions) -> None:
    run = start_run(up, seconds=8)
    wait_for(lambda: state_of(up, run) == "RUNNING")
    os.kill(pids(up)["worker"] or 0, signal.SIGKILL)

    stack.up(up, print)

    wait_for(lambda: state_of(up, run) == "COMPLETED")


def test_schedules_start_inactive_and_one_that_is_switched_on_runs_by_itself_and_stays_on(up: StackOptions) -> None:
    often, daily = deployment(up, "often"), deployment(up, "daily")
    assert [one["schedules"][0]["active"] for one in (often, daily)] == [False, False]

    ask(up, "PATCH", f"/deployments/{often['id']}/schedules/{often['schedules'][0]['id']}", {"active": True})
    ask(up, "PATCH", f"/deployments/{daily['id']}", {"paused": True})
    ended = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}, "deployments": {"id": {"any_": [often["id"]]}}}
    runs = wait_for(lambda: ask(up, "POST", "/flow_runs/filter", ended), seconds=180)
    assert {True} == {run["auto_scheduled"] for run in runs}

    (up.root / "flows" / "tiny.py").open("a").write("\n# changed, so that it is deployed again\n")
    said: list[str] = []
    stack.up(up, said.append)
    assert "deploying prefect.yaml" in said
    assert deployment(up, "often")["schedules"][0]["active"]
    assert deployment(up, "daily")["paused"]
    assert not deployment(up, "daily")["schedules"][0]["active"]

    often = deployment(up, "often")
    ask(up, "PATCH", f"/deployments/{often['id']}/schedules/{often['schedules'][0]['id']}", {"active": False})


def test_what_did_not_change_is_not_deployed_again(up: StackOptions) -> None:
    said: list[str] = []
    stack.up(up, said.append)

    assert said == []


def test_a_bare_prefect_in_the_project_finds_the_server(up: StackOptions) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    shown = subprocess.run(
        [PREFECT, "deployment", "ls"], cwd=up.root, env=env, capture_output=True, text=True, check=False
    )

    assert shown.returncode == 0
    assert "tiny/adhoc" in shown.stdout


def test_the_zombie_automation_is_there_once(up: StackOptions) -> None:
    found = ask(up, "POST", "/automations/filter", {})

    assert [one["name"] for one in found] == ["Seedbed: mark dead runs as crashed"]


def test_a_prefect_toml_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "prefect.toml").write_text("[api]\nurl = 'http://elsewhere/api'\n")
    options = StackOptions(tmp_path, tmp_path / ".seedbed")

    assert prefect_service.write_prefect_toml(options, "http://127.0.0.1:1/api") is None
    assert "elsewhere" in (tmp_path / "prefect.toml").read_text()


def test_a_stack_that_was_never_started_is_down(tmp_path: Path) -> None:
    options = StackOptions(tmp_path, tmp_path / ".seedbed")

    assert "down" == stack.status(options).state == stack.down(options, print).state
    assert not options.state.exists()


def test_a_part_that_dies_is_named_with_its_log_and_last_lines(tmp_path: Path) -> None:
    options = StackOptions(tmp_path, tmp_path / ".seedbed")
    state.prepare_state_folder(options)
    command = [sys.executable, "-c", "print('no such planet'); raise SystemExit(1)"]
    log = options.log_of("rocket")
    kind = ServiceKind("rocket", 0, 20, lambda port: Launch("rocket", command, tmp_path, log, port), lambda _: False)

    with pytest.raises(Transient, match=r"(?s)rocket ended at once; .*rocket\.log ends with:\nno such planet"):
        ensure_ready(options, kind, print)
