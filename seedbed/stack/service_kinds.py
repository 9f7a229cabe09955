"""The parts: how each is started, asked and stopped."""

import signal
from collections.abc import Mapping
from typing import Any

from seedbed.stack import (
    keycloak_service,
    postgres_service,
    prefect_service,
    reports_service,
    sandbox_service,
    worker_service,
)
from seedbed.stack.keycloak_service import Keycloak
from seedbed.stack.postgres_service import Cluster
from seedbed.stack.services import ServiceKind
from seedbed.stack.stack_options import StackOptions


def postgres_kind(cluster: Cluster) -> ServiceKind:
    """PostgreSQL; SIGINT is its fast shutdown, SIGTERM would wait until every session left of itself."""
    return ServiceKind(
        name=postgres_service.NAME,
        port=cluster.port,
        start_s=postgres_service.START_S,
        launch=lambda port: postgres_service.launch(cluster, port),
        answers=lambda part: postgres_service.answers(cluster, part.port),
        stop_by=signal.SIGINT,
        tidy=lambda: postgres_service.forget_killed_server(cluster),
    )


def prefect_kind(options: StackOptions) -> ServiceKind:
    """Prefect's server."""
    return ServiceKind(
        name=prefect_service.NAME,
        port=prefect_service.PORT,
        start_s=prefect_service.START_S,
        launch=lambda port: prefect_service.launch(options, port),
        answers=prefect_service.answers,
    )


def worker_kind(options: StackOptions, api_url: str) -> ServiceKind:
    """Prefect's worker, on any port: only the stack asks it."""
    return ServiceKind(
        name=worker_service.NAME,
        port=0,
        start_s=worker_service.START_S,
        launch=lambda port: worker_service.launch(options, port, api_url),
        answers=lambda part: worker_service.answers(part, api_url),
    )


def reports_kind(options: StackOptions) -> ServiceKind:
    """The reports' server."""
    return ServiceKind(
        name=reports_service.NAME,
        port=reports_service.PORT,
        start_s=reports_service.START_S,
        launch=lambda port: reports_service.launch(options, port),
        answers=reports_service.answers,
    )


def sandbox_kind(options: StackOptions, config: Mapping[str, Any]) -> ServiceKind:
    """The sandbox."""
    return ServiceKind(
        name=sandbox_service.NAME,
        port=sandbox_service.PORT,
        start_s=sandbox_service.START_S,
        launch=lambda port: sandbox_service.launch(options, config, port),
        answers=sandbox_service.answers,
    )


def keycloak_kind(server: Keycloak) -> ServiceKind:
    """A real Keycloak."""
    return ServiceKind(
        name=keycloak_service.NAME,
        port=keycloak_service.PORT,
        start_s=keycloak_service.START_S,
        launch=lambda port: keycloak_service.launch(server, port),
        answers=keycloak_service.answers,
        tidy=lambda: keycloak_service.end_orphans(server),
    )
