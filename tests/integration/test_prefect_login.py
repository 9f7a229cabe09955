"""The local stack with a login before its Prefect API: the worker and Prefect's own command use it, everybody else is refused."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from seedbed import stack
from tests.support.stack.small_project import project, start_run, state_of, url_of, wait_for

pytestmark = pytest.mark.stack

PREFECT = str(Path(sys.executable).with_name("prefect"))


def test_only_who_knows_the_auth_string_reaches_the_api(tmp_path: Path) -> None:
    with project(tmp_path / "project") as plain:
        options = replace(plain, prefect_auth=True)
        assert stack.up(options, print).state == "up"
        ui = url_of(options, "prefect")
        refused = httpx.post(f"{ui}/api/flow_runs/filter", json={}, trust_env=False)
        assert refused.status_code == 401
        run = start_run(options)
        wait_for(lambda: state_of(options, run) == "COMPLETED", seconds=120)
        env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
        command = [PREFECT, "deployment", "ls"]
        shown = subprocess.run(command, cwd=options.root, env=env, capture_output=True, text=True, check=False)
        assert (shown.returncode, "tiny/adhoc" in shown.stdout) == (0, True), shown.stderr
        exported = json.loads(options.local_settings.read_text())["PREFECT_API_AUTH_STRING"]
        user, _, password = exported.partition(":")
        answer = httpx.post(f"{ui}/api/flow_runs/filter", json={}, auth=(user, password), trust_env=False)
        assert answer.status_code == 200
        for file in (options.local_settings, options.root / "prefect.toml", options.state / "credentials.json"):
            assert oct(file.stat().st_mode & 0o777) == "0o600"
