import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FLOW = """
from flows.refresh_staging import refresh_staging
from seedbed.core.errors import UserError
from tasks.policy import RETRY_DELAYS_S
try:
    refresh_staging.fn()
except UserError as error:
    print(RETRY_DELAYS_S, error)
"""


def test_settings_that_cannot_be_read_fail_the_flow_and_not_its_import() -> None:
    environ = {**os.environ, "SEEDBED_ENV": "no-such-staging", "SEEDBED_RETRY_DELAYS_S": "7"}
    done = subprocess.run(
        [sys.executable, "-c", FLOW], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[30.0, 120.0] unknown environment in SEEDBED_ENV 'no-such-staging'")
