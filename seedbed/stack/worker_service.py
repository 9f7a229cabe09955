"""The process worker: takes runs from the work pool and starts each as a process in the project's root."""

import hashlib
import os
import sys
from importlib.metadata import version

import httpx

from seedbed.core.errors import Transient
from seedbed.stack import prefect_api, prefect_service, processes
from seedbed.stack.processes import HOST, Launch
from seedbed.stack.stack_options import WORK_POOL, StackOptions
from seedbed.stack.state import Service

NAME = "worker"
WORKER = "seedbed-local"
START_S = 60.0
QUERY_S = 2  # Prefect's default of 10 is most of the wait for a run's start

SETTINGS = ("POSTGRES_", "KEYCLOAK_", "OAUTH2_", "CLIENT_", "CORTEX_", "DEMOGRAPHIC_", "SEEDBED_", "DOCTOR_")


def health_url(part: Service) -> str:
    """Where the worker says whether it still asks for work."""
    return f"http://{HOST}:{part.port}/health"


def launch(options: StackOptions, port: int, url: str) -> Launch:
    """What to start, given the server's API."""
    env = prefect_service.client_environment(options, url) | {
        "TMPDIR": str(options.temporary),  # Prefect's folder in /tmp belongs to whoever of this machine came first
        "PREFECT_WORKER_QUERY_SECONDS": str(QUERY_S),
        "PREFECT_WORKER_WEBSERVER_HOST": HOST,
        "PREFECT_WORKER_WEBSERVER_PORT": str(port),
    }
    command = [
        *(sys.executable, "-m", "prefect", "worker", "start", "--name", WORKER, "--pool", WORK_POOL),
        *("--type", "process", "--install-policy", "never", "--with-healthcheck"),
    ]
    return Launch(
        NAME,
        command,
        options.root,
        options.log_of(NAME),
        port,
        env,
        revision=f"{version('prefect')} {_settings_digest()}",
    )


def _settings_digest() -> str:
    """Changes with what a run would read of its settings: a worker keeps the environment that it was started with."""
    named = sorted((name, value) for name, value in os.environ.items() if name.startswith(SETTINGS))
    return hashlib.sha256(repr(named).encode()).hexdigest()[:16]


def answers(part: Service, url: str) -> bool:
    """Whether the worker says that it polls, and the server has heard of it since it started.

    Its own word is not enough: it gives it before it has tried anything.
    """
    if not processes.listens(part):
        return False
    try:
        well = httpx.get(health_url(part), timeout=2.0, trust_env=False).status_code == 200
        return well and prefect_api.has_worker_heartbeat(url, WORK_POOL, WORKER, since=part.create_time)
    except (httpx.TransportError, Transient):
        return False
