"""`make check`: every check, each always run; exit 1 when one fails. Changes nothing."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BIN = Path(sys.executable).parent
CHECKS = {
    "types": [BIN / "mypy"],
    "static": [BIN / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/static"],
    "imports": [BIN / "lint-imports"],
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "lint": [BIN / "ruff", "check", "--quiet", "."],
}
AT_ONCE = 2  # each check uses one core


def run(command: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
    """The finished command, with its output."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main() -> int:
    """Runs the checks and says which failed."""
    failed = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = dict(zip(CHECKS, pool.map(run, CHECKS.values()), strict=True))
    for name, done in results.items():
        print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}; `make fix` repairs formatting and some lint", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
