"""What the figures share: how one is said, the machine that they are of, a database of their own."""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seedbed.database.clusters import create_database
from seedbed.database.engines import Database, DatabaseAddress, open_database
from seedbed.stack import postgres_service

DIGITS = 3


class BenchmarkError(AssertionError):
    """What was measured did not do what it should: its figures mean nothing."""


def say(name: str, **figures: Any) -> None:
    """One figure as a JSON line on stdout."""
    print(json.dumps({"figure": name, **{key: rounded(value) for key, value in figures.items()}}), flush=True)


def rounded(value: Any) -> Any:
    """A float with three digits, also within lists."""
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def progress(text: str) -> None:
    """What is being done, on stderr."""
    print(text, file=sys.stderr, flush=True)


def check_equal(what: str, found: Any, expected: Any) -> None:
    """BenchmarkError where a count is not what it must be."""
    if found != expected:
        raise BenchmarkError(f"{what}: {found}, not {expected}")


def say_machine() -> None:
    """The facts that every figure depends on."""
    with bench_database() as database, database.transaction() as cursor:
        cursor.execute("SHOW server_version")
        version = str(cursor.fetchone()[0])
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    say(
        "machine",
        cores=os.cpu_count(),
        memory_gib=memory,
        load_average_1_min=os.getloadavg()[0],
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        postgresql=version,
    )


@contextmanager
def bench_database() -> Iterator[Database]:
    """An empty database in a fresh PostgreSQL with the local stack's settings; gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = postgres_service.start(postgres_service.install(Path(folder)))
        try:
            database = open_database(create_database(cluster.address(), "bench", owner="bench", password="bench"))
            allow_checkpoints(cluster.address(), "bench")
            yield database
            database.close()
        finally:
            postgres_service.remove_cluster(cluster)


def allow_checkpoints(superuser: DatabaseAddress, user: str) -> None:
    """Lets the user have PostgreSQL write everything to disk."""
    database = open_database(superuser)
    with database.transaction() as cursor:
        cursor.execute(f"GRANT pg_checkpoint TO {user}")
    database.close()


def checkpoint(database: Database) -> None:
    """PostgreSQL has written everything: nothing of what was done before slows down what is measured next."""
    with database.transaction() as cursor:
        cursor.execute("CHECKPOINT")
