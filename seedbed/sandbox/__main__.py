"""Serves the sandbox: `python -m seedbed.sandbox CONFIG.json`."""

import sys
from pathlib import Path

import uvicorn

from seedbed.core.errors import SeedbedError, UserError
from seedbed.sandbox.app import create_app
from seedbed.sandbox.config import read_config
from seedbed.sandbox.faults.connections import HangUpProtocol


def main(arguments: list[str]) -> None:
    """Serves until it is told to stop."""
    if len(arguments) != 1:
        raise UserError(
            "one argument is needed: the path of the configuration",
            next_step="python -m seedbed.sandbox CONFIG.json",
            code="sandbox-failed",
        )
    config = read_config(Path(arguments[0]))
    uvicorn.run(
        create_app(config),
        host=config.host,
        port=config.port,
        http=HangUpProtocol,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SeedbedError as failure:
        sys.stderr.write(f"{failure}\n")
        sys.exit(failure.exit_code)
