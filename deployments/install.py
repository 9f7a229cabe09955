"""Makes `.venv` from requirements.lock, with pip's own index, proxy and certificate settings handed on to uv.

Standard library only: it runs before anything is installed. Running it again is quick and harmless.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "installed.sha256"
UV = "uv==0.13.*"
SETTINGS = {  # pip's name -> uv's environment variables
    "index-url": ("UV_DEFAULT_INDEX",),
    "extra-index-url": ("UV_INDEX",),
    "find-links": ("UV_FIND_LINKS",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "cert": ("SSL_CERT_FILE",),
    "proxy": ("HTTP_PROXY", "HTTPS_PROXY"),
}


def pip_settings(python: Path) -> dict[str, str]:
    """What `pip config list` says (files and PIP_* variables), as uv's environment; what is set already wins."""
    listed = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True).stdout
    found: dict[str, str] = {}
    for line in listed.splitlines():  # least important scope first: a later line wins
        key, _, value = line.partition("=")
        for name in SETTINGS.get(key.rpartition(".")[2].strip("'\"").lower(), ()):
            found[name] = " ".join(value.strip("'\"").replace("\\n", " ").split())
    return {name: value for name, value in found.items() if value and name not in os.environ}


def main() -> int:
    """Installs what the lock names, unless it is installed."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs on whatever Python there is
        print("Seedbed needs Python 3.11 or later; set PYTHON=/path/to/python3.11", file=sys.stderr)
        return 2
    python = VENV / ("Scripts" if os.name == "nt" else "bin") / "python"
    inputs = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode()]
    wanted = hashlib.sha256(b"\0".join(inputs)).hexdigest()
    if python.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return 0
    print("Installing from requirements.lock into .venv (once; a few minutes on a slow network) ...", flush=True)
    venv.EnvBuilder(with_pip=True, clear=not python.exists(), symlinks=os.name != "nt").create(VENV)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV], check=True)
    env = {**os.environ, **pip_settings(python), "VIRTUAL_ENV": str(VENV), "UV_LINK_MODE": "copy"}
    uv = [str(python.parent / "uv"), "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
    subprocess.run([*uv, "--require-hashes", "-r", str(LOCK)], check=True, env=env)
    subprocess.run([*uv, "--no-deps", "--editable", str(ROOT)], check=True, env=env)
    STAMP.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
