"""The databases of the local stack's PostgreSQL: the one that is filled, and the sandbox's own."""

from collections.abc import Mapping

from seedbed.database import clusters
from seedbed.database.engines import DatabaseAddress
from seedbed.stack.postgres_service import Cluster
from seedbed.stack.stack_options import TARGET_DATABASE

TARGET_USER = "seedbed"
SANDBOX = "sandbox"  # its database and its user


def target_database(cluster: Cluster, secrets: Mapping[str, str]) -> DatabaseAddress:
    """The database that is filled, made where it is absent; `secrets`: the stack's credentials."""
    password = secrets["emr_password"]
    return clusters.create_database(cluster.address(), TARGET_DATABASE, owner=TARGET_USER, password=password)


def sandbox_database(cluster: Cluster, secrets: Mapping[str, str]) -> DatabaseAddress:
    """The database in which the sandbox keeps what it is given, made where it is absent."""
    return clusters.create_database(cluster.address(), SANDBOX, owner=SANDBOX, password=secrets["sandbox_password"])
