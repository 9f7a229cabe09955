"""Debian's PgBouncer before the test cluster, in transaction mode: two server connections for whoever comes."""

import os
import pwd
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from seedbed.database import clusters
from seedbed.database.engines import DatabaseAddress
from seedbed.stack import processes
from seedbed.stack.postgres_service import Cluster
from seedbed.stack.processes import HOST, Launch
from tests.support.stack.postgres import PASSWORD

USERS = ("tester", "loader")
POOL_SIZE = 2  # so small that what a session remembers meets somebody else's transaction
CONFIGURATION = """
[databases]
* = host={host} port={server_port}

[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 100
"""


@pytest.fixture(scope="session")
def pgbouncer(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """PgBouncer's port; it refuses to be run by root, and what it is given no start-up option can change."""
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if not program:
        message = "left out: no PgBouncer on this machine (on Debian: apt-get install pgbouncer)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    folder, port = _readable(cluster, tmp_path_factory), processes.free_port()
    values = {"host": HOST, "server_port": cluster.port, "port": port, "folder": folder, "pool_size": POOL_SIZE}
    (folder / "pgbouncer.ini").write_text(CONFIGURATION.format(**values), encoding="utf-8")
    known = [*((user, PASSWORD) for user in USERS), ("postgres", cluster.password)]
    (folder / "users.txt").write_text("".join(f'"{user}" "{word}"\n' for user, word in known), encoding="utf-8")
    log = tmp_path_factory.mktemp("pgbouncer-log") / "pgbouncer.log"
    command = [program, str(folder / "pgbouncer.ini")]
    part = processes.start_process(
        Launch("pgbouncer", command, folder, log, port, {"PATH": os.environ["PATH"]}, cluster.user)
    )
    answering = replace(cluster.address(), port=port)
    ready = processes.wait_until_ready(part, lambda _: clusters.accepts_connections(answering), 30)
    assert ready, processes.last_lines(log)
    yield port
    processes.stop_process(part)
    shutil.rmtree(folder)


def _readable(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that whoever runs the cluster can enter: pytest's own are closed to everybody but their owner."""
    if cluster.user is None:
        return tmp_path_factory.mktemp("pgbouncer")
    folder = cluster.home / "pgbouncer"
    folder.mkdir(mode=0o700)
    os.chown(folder, pwd.getpwnam(cluster.user).pw_uid, -1)
    return folder


def through(port: int, address: DatabaseAddress) -> DatabaseAddress:
    """The same database, reached by way of PgBouncer."""
    return replace(address, port=port)
