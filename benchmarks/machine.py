"""What benchmarks share: a database of their own, and how a figure is said."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seedbed.database.clusters import create_database
from seedbed.database.engines import Address
from seedbed.stack import postgres


def say(name: str, **figures: Any) -> None:
    """One figure as a JSON line."""
    print(json.dumps({"figure": name, **{k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}}), flush=True)


@contextmanager
def bench_cluster() -> Iterator[Address]:
    """A fresh PostgreSQL with an empty database; gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = postgres.start(postgres.install(Path(folder)))
        try:
            yield create_database(cluster.address(), "bench", owner="bench", password="bench")  # noqa: S106 - lives for minutes
        finally:
            postgres.clean(cluster)
