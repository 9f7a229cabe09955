"""A PostgreSQL cluster for the test session, and a fresh database in it for each test that asks."""

import itertools
from collections.abc import Iterator

import pytest

from seedbed.database import clusters
from seedbed.database.engines import Database, DatabaseAddress, open_database
from seedbed.stack import postgres_service
from seedbed.stack.postgres_service import Cluster

_numbers = itertools.count(1)
PASSWORD = "s3cr:et@/% x"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The session's own cluster, gone afterwards."""
    started = postgres_service.start(postgres_service.install(tmp_path_factory.mktemp("cluster")))
    yield started
    postgres_service.remove_cluster(started)


@pytest.fixture
def address(cluster: Cluster) -> DatabaseAddress:
    """An empty database, owned by a user who is no superuser."""
    return clusters.create_database(cluster.address(), f"test_{next(_numbers)}", owner="tester", password=PASSWORD)


@pytest.fixture
def database(address: DatabaseAddress) -> Iterator[Database]:
    """The empty database, opened."""
    opened = open_database(address)
    yield opened
    opened.close()
