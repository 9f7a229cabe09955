"""The reports' server: the files of output/ on loopback, for Prefect's UI opens no link to a file."""

import sys

import httpx

from seedbed.stack import processes
from seedbed.stack.processes import HOST, Launch
from seedbed.stack.stack_options import StackOptions
from seedbed.stack.state import Service

NAME = "reports"
PORT = 4251
START_S = 10.0


def url(part: Service) -> str:
    """Where a browser finds the reports."""
    return f"http://{HOST}:{part.port}"


def launch(options: StackOptions, port: int) -> Launch:
    """What to start: the standard library's server, which shows one folder and nothing above it."""
    command = [sys.executable, "-m", "http.server", "--bind", HOST, "--directory", str(options.output), str(port)]
    return Launch(NAME, command, options.prefect_home, options.log_of(NAME), port, processes.environment())


def answers(part: Service) -> bool:
    """Whether it shows the folder."""
    if not processes.listens(part):
        return False
    try:
        return httpx.get(url(part), timeout=2.0, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
