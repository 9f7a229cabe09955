"""The base job template of a work pool: how its runs are started, with secrets from where the run is, never from the server."""

import json
from pathlib import Path
from typing import Any

from seedbed.core.environment import Pool
from seedbed.stack.work_pool import job_template

TEMPLATES = "deployments/templates"


def environment_pool(pool: Pool, root: Path) -> dict[str, Any]:
    """The work pool of an environment, as the server is told it where it has none of that name."""
    return {
        "name": pool.name,
        "type": pool.type,
        "description": f"Runs Seedbed's flows; made by `seedbed deploy` with its template for {pool.type} pools.",
        "base_job_template": template_of(pool.type, root),
    }


def template_of(kind: str, root: Path) -> dict[str, Any]:
    """The template of a kind of pool; a process starts in a temporary folder, which a clone needs."""
    if kind == "process":
        return job_template(None)
    return dict(json.loads((root / TEMPLATES / f"{kind}.json").read_text(encoding="utf-8")))
