"""Processes that outlive the command that starts them, and are known again by the next one."""

import hashlib
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from seedbed.core.errors import Transient
from seedbed.stack.state import Service

HOST = "127.0.0.1"
CLOCK_SLACK_S = 2.0  # a corrected clock shifts what the kernel reports as creation time
LOG_LIMIT_BYTES = 20_000_000
POLL_S = 0.1

_children: list[subprocess.Popen[bytes]] = []  # kept so that a child which dies before us is reaped, not left a zombie


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start: a command, its surroundings, and the port it shall listen on."""

    name: str
    command: Sequence[str]
    cwd: Path
    log: Path
    port: int
    env: Mapping[str, str] = field(repr=False, default_factory=dict)
    user: str | None = None
    revision: str = ""

    @property
    def fingerprint(self) -> str:
        """Changes when the part must be started anew to be as wanted; no secret can be read out of it."""
        ours = {name: value for name, value in self.env.items() if name.startswith("PREFECT")}  # see `environment`
        wanted = [list(self.command), str(self.cwd), self.port, ours, self.user, self.revision]
        return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:16]


def environment(**names: str) -> dict[str, str]:
    """This process's environment without what it says of Prefect, with the names given, and no proxy before loopback."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    return inherited | no_proxy(inherited) | names


def no_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """The names that keep programs of others from sending what is meant for loopback to a proxy; what they say already stays."""
    said = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    hosts = dict.fromkeys(host for host in (*said.split(","), HOST, "localhost") if host)
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(hosts))


def start_process(launch: Launch) -> Service:
    """Starts a process in a session of its own, so that neither a closed terminal nor Ctrl-C ends it."""
    if launch.log.exists() and launch.log.stat().st_size > LOG_LIMIT_BYTES:
        launch.log.replace(launch.log.with_suffix(".log.1"))
    with launch.log.open("ab") as log:
        child = subprocess.Popen(
            list(launch.command),
            cwd=launch.cwd,
            env=dict(launch.env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=launch.user,
            group=pwd.getpwnam(launch.user).pw_gid if launch.user else None,
            extra_groups=[] if launch.user else None,
        )
    _children.append(child)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    command = tuple(launch.command)
    return Service(launch.name, child.pid, _create_time(child.pid), launch.port, now, launch.fingerprint, command)


def _create_time(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0  # it died at once: no process has this time, so it is never taken for alive


def find_unrecorded_service(name: str, pid: int, port: int, *, program: str, argument: str) -> Service | None:
    """The running process of this pid as a part that nobody wrote down, if it is this program with this very argument.

    `program`: the file name alone, because a newer package has its binaries in another folder.
    """
    try:
        process = psutil.Process(pid)
        command = process.cmdline()
        if argument not in command or Path(command[0]).name != program or process.status() == psutil.STATUS_ZOMBIE:
            return None
        started = datetime.fromtimestamp(process.create_time(), UTC).isoformat(timespec="seconds")
        return Service(name, pid, process.create_time(), port, started, fingerprint="", command=tuple(command))
    except psutil.NoSuchProcess:
        return None


def runs_command(process: psutil.Process, command: Sequence[str]) -> bool:
    """Whether the process executes this command line, itself or by the interpreter that the script names.

    A start script (`.sh`) may have replaced itself by the Java program of its folder.
    """
    try:
        actual = process.cmdline()
    except psutil.Error:  # ended, a zombie, or another user's
        return False
    script = Path(command[0])
    replaced = script.suffix == ".sh" and f"-Dkc.home.dir={script.parent}/.." in actual
    return actual[-len(command) :] == list(command) or (replaced and Path(actual[0]).name == "java")


def runs_this_python(process: psutil.Process) -> bool:
    """Whether the process executes the Python that executes us."""
    try:
        command = process.cmdline()
        return command[:1] == [sys.executable] or Path(process.exe()).samefile(sys.executable)
    except (psutil.Error, OSError):  # ended, another user's, or its executable was removed
        return False


def _is_ours(process: psutil.Process, part: Service) -> bool:
    return runs_command(process, part.command) if part.command else runs_this_python(process)


def service_process(part: Service) -> psutil.Process | None:
    """The part's process if it still is the one that we started, else None."""
    for child in list(_children):
        if child.poll() is not None:
            _children.remove(child)
    try:
        process = psutil.Process(part.pid)
        ours = abs(process.create_time() - part.create_time) < CLOCK_SLACK_S
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def listens(part: Service) -> bool:
    """Whether it is this very process, and no other, that listens on the part's port."""
    process = service_process(part)
    if process is None:
        return False
    try:
        sockets = process.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return True  # the system does not say; what answers on the port decides
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == part.port for one in sockets)


def stop_process(part: Service, *, by: signal.Signals = signal.SIGTERM, grace_s: float = 30.0) -> bool:
    """Ends the part, by force after the grace; False where nothing of ours was running.

    No signal goes to a process that executes anything else than what we started.
    """
    process = service_process(part)
    if process is None or not _is_ours(process, part):
        return False
    process.send_signal(by)
    if not _ended(part, grace_s):
        os.killpg(part.pid, signal.SIGKILL)  # the part leads its own session: this reaches its children too
        _ended(part, 10.0)
    return True


def end_all_in(folder: Path, program: str) -> int:
    """Ends, by force, every process of this program that works in this very folder; says how many there were.

    `program`: the executable's file name. Other programs there, such as somebody's shell, are left alone.
    """
    where = str(folder.resolve())
    found = [
        process for process in psutil.process_iter() if _cwd_of(process) == where and _program_of(process) == program
    ]
    for process in found:
        process.kill()
    deadline = time.monotonic() + 10.0
    while any(_cwd_of(process) == where for process in found) and time.monotonic() < deadline:
        time.sleep(POLL_S)  # until it works there no more: an orphan that nobody reaps stays as a zombie
    return len(found)


def _cwd_of(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except psutil.Error:  # ended, a zombie, or another user's, which is none of ours
        return ""


def _program_of(process: psutil.Process) -> str:
    try:
        return Path(process.exe()).name
    except psutil.Error:
        return ""


def _ended(part: Service, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while service_process(part) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def free_port(*preferred: int) -> int:
    """The first of the preferred ports that nobody uses, else any free one."""
    for port in (*preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Transient(
        "no free TCP port on 127.0.0.1", next_step="close some programs and try again", code="local-stack-failed"
    )


def wait_until_ready(part: Service, answers: Callable[[Service], bool], seconds: float) -> bool:
    """Waits until the part answers; False when it died or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if service_process(part) is None:
            return False
        if answers(part):
            return True
        time.sleep(POLL_S)
    return False


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, for a message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
