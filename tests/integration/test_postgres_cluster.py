"""The embedded PostgreSQL: private, side by side with others, and not impressed by kill -9."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg2
import pytest

from seedbed.database import clusters
from seedbed.database.engines import DatabaseAddress
from seedbed.stack import postgres_service
from seedbed.stack.postgres_service import Cluster


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    installed = postgres_service.install(tmp_path_factory.mktemp("own"))
    yield installed
    postgres_service.remove_cluster(installed)


@pytest.fixture
def started(own: Cluster) -> Cluster:
    return postgres_service.start(own)


def ask(address: DatabaseAddress, question: str) -> str:
    """The first value of the first row."""
    connected = psycopg2.connect(
        host=address.host, port=address.port, dbname=address.database, user=address.user, password=address.password
    )
    with closing(connected), connected.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
        return str(row[0]) if row else ""


def ask_in_vain(address: DatabaseAddress, question: str) -> None:
    with pytest.raises(psycopg2.OperationalError):
        ask(address, question)


def lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def pid_of(cluster: Cluster) -> int:
    part = postgres_service.running(cluster)
    assert part is not None
    return part.pid


def test_it_is_postgresql_18_in_utf_8_sorted_by_code_point(started: Cluster) -> None:
    address = started.address()

    assert ask(address, "SHOW server_version").startswith("18.")
    assert ask(address, "SHOW server_encoding") == "UTF8"
    assert ask(address, "SELECT 'B' < 'a'") == "True"
    assert ask(address, "SELECT upper('é')") == "É"


def test_it_does_not_run_as_root(started: Cluster) -> None:
    assert psutil.Process(pid_of(started)).uids().real != 0


@pytest.mark.parametrize("password", ["", "postgres", "wrong"])
def test_without_its_password_nobody_gets_in(started: Cluster, password: str) -> None:
    assert clusters.accepts_connections(started.address())
    assert not clusters.accepts_connections(replace(started.address(), password=password))


def test_it_listens_on_loopback_only_and_on_no_socket_file(started: Cluster) -> None:
    assert ask(started.address(), "SHOW listen_addresses") == "127.0.0.1"
    assert ask(started.address(), "SHOW unix_socket_directories") == ""


def test_its_data_are_its_own_users(started: Cluster) -> None:
    assert oct(started.data.stat().st_mode & 0o777) == "0o700"


def test_a_start_of_what_runs_changes_nothing(started: Cluster) -> None:
    before = pid_of(started)

    assert postgres_service.start(postgres_service.install(started.state)) == started
    assert pid_of(started) == before


def test_a_session_that_outlives_its_killed_server_is_ended_before_the_next_start(started: Cluster) -> None:
    server = psutil.Process(pid_of(started))
    busy = "SELECT sum(a.n * b.n) FROM generate_series(1, 100000) a(n), generate_series(1, 100000) b(n)"
    computing = threading.Thread(target=ask_in_vain, args=(started.address(), busy))
    computing.start()
    while not (sessions := [one for one in server.children() if "SELECT" in " ".join(one.cmdline())]):
        time.sleep(0.05)
    server.kill()
    server.wait(10)
    time.sleep(0.5)
    assert [lives(one) for one in sessions] == [True]  # it looks for its server only when it waits for something

    again = postgres_service.start(started)

    assert [lives(one) for one in sessions] == [False]
    computing.join(10)
    assert ask(again.address(), "SELECT 1") == "1"


def test_what_was_committed_survives_kill_9(started: Cluster) -> None:
    ask(started.address(), "CREATE TABLE kept AS SELECT 7 AS n; COMMIT; SELECT 1")
    os.kill(pid_of(started), signal.SIGKILL)
    while postgres_service.running(started):
        time.sleep(0.05)

    again = postgres_service.start(started)

    assert ask(again.address(), "SELECT n FROM kept") == "7"


def test_a_pid_file_that_names_another_process_does_not_keep_it_from_starting(started: Cluster) -> None:
    file = started.data / "postmaster.pid"
    lines = file.read_text().splitlines()
    postgres_service.stop(started)
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    assert postgres_service.running(started) is None
    assert postgres_service.answers(postgres_service.start(started), started.port)


def test_clusters_live_side_by_side_and_clean_leaves_nothing(started: Cluster, tmp_path: Path) -> None:
    other = postgres_service.start(postgres_service.install(tmp_path))

    assert other.port != started.port
    assert other.password != started.password
    postgres_service.remove_cluster(other)
    assert not other.home.exists()
    assert postgres_service.running(other) is None
    assert postgres_service.answers(started, started.port)


def test_a_deleted_state_folder_is_a_new_cluster(tmp_path: Path) -> None:
    first = postgres_service.start(postgres_service.install(tmp_path))
    (tmp_path / "postgres.json").unlink()

    second = postgres_service.start(postgres_service.install(tmp_path))

    assert first.password != second.password
    assert clusters.accepts_connections(second.address())
    postgres_service.remove_cluster(second)


def test_an_owner_is_no_superuser_and_sees_no_other_database(started: Cluster) -> None:
    admin = started.address()
    mine = clusters.create_database(admin, "mine", owner="me", password="a")
    clusters.create_database(admin, "yours", owner="you", password="b")

    assert ask(mine, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user") == "False"
    assert not clusters.accepts_connections(replace(mine, database="yours"))


def test_a_database_that_exists_is_kept_and_its_owners_password_made_as_wanted(started: Cluster) -> None:
    first = clusters.create_database(started.address(), "twice", owner="two", password="old")
    ask(first, "CREATE TABLE kept (); COMMIT; SELECT 1")

    second = clusters.create_database(started.address(), "twice", owner="two", password="new")

    assert ask(second, "SELECT count(*) FROM kept") == "0"
    assert not clusters.accepts_connections(first)
