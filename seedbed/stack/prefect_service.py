"""The Prefect server with its UI, on SQLite, with a home of its own; and how its clients find it."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from seedbed.stack import prefect_api, processes
from seedbed.stack.processes import HOST, Launch
from seedbed.stack.stack_options import StackOptions
from seedbed.stack.state import Service, prefect_auth_string, write_private

NAME = "prefect"
PORT = 4250  # beside Prefect's own 4200, which another server on this machine may want
START_S = 90.0
MARK = "# Written by `seedbed up`, and written again by the next one: changes are lost."
RECORDER = "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_"
PERSISTER = "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_"
SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # Task runs are recorded three times as fast as with the defaults (1, 1 and 5 s).
    f"{RECORDER}BATCH_SIZE": "100",
    f"{RECORDER}READ_BATCH_SIZE": "100",
    f"{RECORDER}FLUSH_INTERVAL": "1",
    f"{PERSISTER}BATCH_SIZE": "200",
    f"{PERSISTER}READ_BATCH_SIZE": "100",
    # In memory, the default, a concurrency slot leaks for ever when the server restarts.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    # By default flow runs, task runs and logs are kept for ever.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
}

OF_RUNS = {  # what a process that runs flows is told, wherever it runs
    "PREFECT_LOGGING_EXTRA_LOGGERS": "seedbed",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",  # lines of helping threads: their task has its own
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(prefect_api.HEARTBEAT_S),
}


def _storage(options: StackOptions) -> Path:
    return options.prefect_home / "storage"


def ui_url(part: Service) -> str:
    """Where a browser finds the UI."""
    return f"http://{HOST}:{part.port}"


def api_url(part: Service) -> str:
    """Where clients find the API."""
    return f"{ui_url(part)}/api"


def client_environment(options: StackOptions, url: str) -> dict[str, str]:
    """This process's environment, made that of a client of the stack's server: flow runs find results there too."""
    return processes.environment(
        PREFECT_HOME=str(options.prefect_home),
        PREFECT_PROFILES_PATH=str(options.prefect_home / "profiles.toml"),
        PREFECT_API_URL=url,
        PREFECT_LOCAL_STORAGE_PATH=str(_storage(options)),
        **OF_RUNS,
        PREFECT_CLI_PROMPT="false",
        DO_NOT_TRACK="1",
        SEEDBED_STATE_DIR=str(options.state),
        PYTHONPATH=str(options.root),
        **({"PREFECT_API_AUTH_STRING": prefect_auth_string(options)} if options.prefect_auth else {}),
    )


def launch(options: StackOptions, port: int) -> Launch:
    """What to start; it runs in its home, for in the project's root it would read prefect.toml and .env."""
    origin = f"http://{HOST}:{port}"
    env = client_environment(options, f"{origin}/api") | SETTINGS
    if options.prefect_auth:
        env["PREFECT_SERVER_API_AUTH_STRING"] = prefect_auth_string(options)
    env["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] = f"{origin},http://localhost:{port}"  # not every page on the web
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    return Launch(NAME, command, options.prefect_home, options.log_of(NAME), port, env, revision=version("prefect"))


def answers(part: Service) -> bool:
    """Whether the server says that it is well."""
    return processes.listens(part) and prefect_api.is_healthy(api_url(part))


def write_prefect_toml(options: StackOptions, url: str) -> Path | None:
    """Lets a bare `prefect` in the project's root find the server; None where a file that is not ours is in the way."""
    file = options.root / "prefect.toml"
    if file.exists() and MARK not in file.read_text():
        return None
    home, storage, address = (json.dumps(str(value)) for value in (options.prefect_home, _storage(options), url))
    lines = [
        MARK,
        f"home = {home}",
        "",
        "[api]",
        f"url = {address}",
        *([f"auth_string = {json.dumps(prefect_auth_string(options))}"] if options.prefect_auth else []),
        "",
        "[results]",
        f"local_storage_path = {storage}",
    ]
    write_private(file, "\n".join([*lines, ""]))  # TOML's basic strings are JSON's
    return file
