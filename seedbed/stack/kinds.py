"""The parts: how each is started, asked and stopped."""

import signal
from collections.abc import Mapping
from typing import Any

from seedbed.stack import keycloak, postgres, prefect_server, reports, sandbox_part, worker
from seedbed.stack.keycloak import Keycloak
from seedbed.stack.options import StackOptions
from seedbed.stack.parts import Kind
from seedbed.stack.postgres import Cluster


def postgres_kind(cluster: Cluster) -> Kind:
    """PostgreSQL; SIGINT is its fast shutdown, SIGTERM would wait until every session left of itself."""
    return Kind(
        name=postgres.NAME,
        port=cluster.port,
        start_s=postgres.START_S,
        launch=lambda port: postgres.launch(cluster, port),
        answers=lambda part: postgres.answers(cluster, part.port),
        stop_by=signal.SIGINT,
        tidy=lambda: postgres.forget_killed_server(cluster),
    )


def prefect_kind(options: StackOptions) -> Kind:
    """Prefect's server."""
    return Kind(
        name=prefect_server.NAME,
        port=prefect_server.PORT,
        start_s=prefect_server.START_S,
        launch=lambda port: prefect_server.launch(options, port),
        answers=prefect_server.answers,
    )


def worker_kind(options: StackOptions, api_url: str) -> Kind:
    """Prefect's worker, on any port: only the stack asks it."""
    return Kind(
        name=worker.NAME,
        port=0,
        start_s=worker.START_S,
        launch=lambda port: worker.launch(options, port, api_url),
        answers=lambda part: worker.answers(part, api_url),
    )


def reports_kind(options: StackOptions) -> Kind:
    """The reports' server."""
    return Kind(
        name=reports.NAME,
        port=reports.PORT,
        start_s=reports.START_S,
        launch=lambda port: reports.launch(options, port),
        answers=reports.answers,
    )


def sandbox_kind(options: StackOptions, config: Mapping[str, Any]) -> Kind:
    """The sandbox."""
    return Kind(
        name=sandbox_part.NAME,
        port=sandbox_part.PORT,
        start_s=sandbox_part.START_S,
        launch=lambda port: sandbox_part.launch(options, config, port),
        answers=sandbox_part.answers,
    )


def keycloak_kind(server: Keycloak) -> Kind:
    """A real Keycloak."""
    return Kind(
        name=keycloak.NAME,
        port=keycloak.PORT,
        start_s=keycloak.START_S,
        launch=lambda port: keycloak.launch(server, port),
        answers=keycloak.answers,
        tidy=lambda: keycloak.end_orphans(server),
    )
