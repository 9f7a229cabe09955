"""The reports' server: the files of output/ on loopback, for Prefect's UI opens no link to a file."""

import hashlib
import sys
from pathlib import Path

import httpx

from seedbed.stack import processes, reports_server
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
    """What to start: our own file server, run as a file so that it imports nothing else of Seedbed."""
    program = Path(reports_server.__file__)
    command = [sys.executable, "-P", str(program), HOST, str(port), str(options.output)]
    revision = hashlib.sha256(program.read_bytes()).hexdigest()
    return Launch(
        NAME, command, options.prefect_home, options.log_of(NAME), port, processes.environment(), revision=revision
    )


def answers(part: Service) -> bool:
    """Whether it serves the folder; asks the health path, because folders are not listed."""
    if not processes.listens(part):
        return False
    try:
        return httpx.get(url(part) + reports_server.HEALTH_PATH, timeout=2.0, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
