"""The process work pool: where the worker finds runs, and what a run may be told about its process."""

from pathlib import Path
from typing import Any

from seedbed.stack.stack_options import WORK_POOL

# The pool limits the runs, not the worker: a worker with --limit dies of a run that is retried while its process still ends.
RUNS_AT_ONCE = 4
DESCRIPTION = "Runs flows as processes on this machine, in the project's root; made by `seedbed up`."


def work_pool(root: Path) -> dict[str, Any]:
    """The pool as the server is told it; given whole, the worker has no template to write while others write."""
    return {
        "name": WORK_POOL,
        "type": "process",
        "description": DESCRIPTION,
        "base_job_template": job_template(root),
        "concurrency_limit": RUNS_AT_ONCE,
    }


def job_template(root: Path | None) -> dict[str, Any]:
    """Prefect's own template for processes, but that a run starts in the project's root; without one in a temporary folder."""
    names = ("command", "env", "labels", "name", "stream_output", "working_dir")
    return {
        "job_configuration": {name: f"{{{{ {name} }}}}" for name in names},
        "variables": {"type": "object", "properties": _variables(root)},
    }


def _variables(root: Path | None) -> dict[str, Any]:
    text_or_null = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    return {
        "name": {
            **text_or_null,
            "title": "Name",
            "description": "The name of the process.",
            "default": None,
        },
        "env": {
            "title": "Environment Variables",
            "description": "Environment variables of the process.",
            "type": "object",
            "additionalProperties": text_or_null,
        },
        "labels": {
            "title": "Labels",
            "description": "Labels of the process.",
            "type": "object",
            "additionalProperties": {"type": "string"},
        },
        "command": {
            **text_or_null,
            "title": "Command",
            "description": "The command that starts the run; leave it empty.",
            "default": None,
        },
        "stream_output": {
            "title": "Stream Output",
            "description": "Whether the worker's log holds the run's output too.",
            "type": "boolean",
            "default": True,
        },
        "working_dir": {
            "anyOf": [{"type": "string", "format": "path"}, {"type": "null"}],
            "title": "Working Directory",
            "description": "The folder in which the process starts.",
            "default": str(root) if root else None,
        },
    }
