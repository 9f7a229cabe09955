"""What state the stack is in: every part is asked itself, a living process alone proves nothing."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from seedbed.stack import (
    keycloak_service,
    postgres_service,
    prefect_api,
    prefect_service,
    processes,
    reports_service,
    sandbox_service,
    state,
    worker_service,
)
from seedbed.stack.stack_options import TARGET_DATABASE, StackOptions
from seedbed.stack.state import Service


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One part: up answers, unresponsive runs but does not answer, down does not run."""

    name: str
    state: Literal["up", "unresponsive", "down"]
    url: str
    pid: int | None


@dataclass(frozen=True, slots=True)
class StackStatus:
    """The stack: up when every part is, down when none runs, else degraded."""

    state: Literal["up", "degraded", "down"]
    parts: tuple[ServiceStatus, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON document of `seedbed status --json`."""
        return asdict(self)


def status(options: StackOptions) -> StackStatus:
    """The state of every part; starts, stops and writes nothing."""
    recorded = state.read_services(options)
    parts = tuple(_part_status(options, name, recorded.get(name)) for name in _names(options, recorded))
    if all(part.state == "up" for part in parts):
        return StackStatus("up", parts)
    return StackStatus("down" if all(part.state == "down" for part in parts) else "degraded", parts)


def _names(options: StackOptions, recorded: dict[str, Service]) -> list[str]:
    has_keycloak = options.keycloak == "real" or keycloak_service.NAME in recorded
    return [name for name in PROBES if name != keycloak_service.NAME or has_keycloak]


def _part_status(options: StackOptions, name: str, part: Service | None) -> ServiceStatus:
    if part is None or processes.service_process(part) is None:
        return ServiceStatus(name, "down", "", None)
    answers, url = PROBES[name]
    return ServiceStatus(name, "up" if answers(options, part) else "unresponsive", url(part), part.pid)


def _postgres_answers(options: StackOptions, part: Service) -> bool:
    cluster = postgres_service.installed(options.state)
    return cluster is not None and postgres_service.answers(cluster, part.port)


def _worker_answers(options: StackOptions, part: Service) -> bool:
    server = state.read_services(options).get(prefect_service.NAME)
    if server is None or not prefect_service.answers(server):
        return False  # a worker without its server does nothing
    api = prefect_service.api_url(server)
    prefect_api.use_auth_string(api, state.prefect_auth_string(options))
    return worker_service.answers(part, api)


PROBES: dict[str, tuple[Callable[[StackOptions, Service], bool], Callable[[Service], str]]] = {
    postgres_service.NAME: (
        _postgres_answers,
        lambda part: f"postgresql://{processes.HOST}:{part.port}/{TARGET_DATABASE}",
    ),
    keycloak_service.NAME: (lambda _, part: keycloak_service.answers(part), keycloak_service.url),
    sandbox_service.NAME: (lambda _, part: sandbox_service.answers(part), sandbox_service.url),
    prefect_service.NAME: (lambda _, part: prefect_service.answers(part), prefect_service.ui_url),
    worker_service.NAME: (_worker_answers, worker_service.health_url),
    reports_service.NAME: (lambda _, part: reports_service.answers(part), reports_service.url),
}
