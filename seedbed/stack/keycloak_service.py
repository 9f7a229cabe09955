"""A real Keycloak 26 on loopback: fetched by its Maven coordinates, unpacked, started."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from seedbed.core.errors import Transient, UserError
from seedbed.stack import processes
from seedbed.stack.processes import HOST, Launch
from seedbed.stack.state import Service

NAME = "keycloak"
PORT = 4253
START_S = 240.0  # the first start compiles its configuration: 20 to 40 s on two cores
VERSION = "26.4.7"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
ARCHIVE = f"keycloak-quarkus-dist-{VERSION}.zip"
FOLDER = f"keycloak-{VERSION}"
OLDEST_JAVA = 17
ADMIN = "admin"
FETCH_S = 900


@dataclass(frozen=True, slots=True)
class Keycloak:
    """One unpacked Keycloak: its folder holds its programs and its data; `admin_password` counts at the first start."""

    home: Path
    log: Path
    admin_password: str = field(repr=False)


def what_is_missing() -> str:
    """Why a real Keycloak cannot be run here, as a sentence; empty where it can."""
    if shutil.which("mvn") is None:
        return "a real Keycloak needs Maven (mvn) to be fetched"
    java = shutil.which("java")
    if java is None:
        return f"a real Keycloak needs a JDK {OLDEST_JAVA} or later (java)"
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < OLDEST_JAVA:
        return (
            f"a real Keycloak needs a JDK {OLDEST_JAVA} or later, `java -version` says {found[1] if found else said!r}"
        )
    return ""


def fetch(cache: Path) -> Path:
    """The distribution's archive in the cache folder; Maven brings it, checksums checked, where it is missing."""
    archive = cache / ARCHIVE
    if archive.exists():
        return archive
    if missing := what_is_missing():
        raise UserError(
            missing,
            next_step="install both, or use the sandbox's Keycloak: SEEDBED_KEYCLOAK=sandbox",
            code="local-stack-failed",
        )
    draft = cache / f".fetch.{os.getpid()}"
    draft.mkdir(parents=True, exist_ok=True)
    command = ["mvn", "-B", "-q", "-C", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={draft}"]
    try:
        ran = subprocess.run(command, cwd=draft, capture_output=True, text=True, check=False, timeout=FETCH_S)
        if ran.returncode:
            said = (ran.stdout or ran.stderr).strip()[-2_000:]
            raise Transient(
                f"Maven did not bring {ARTIFACT}: {said}",
                next_step="is a Maven repository reachable?",
                code="local-stack-failed",
            )
        (draft / ARCHIVE).replace(archive)
    except subprocess.TimeoutExpired as error:
        raise Transient(f"Maven did not bring {ARTIFACT} within {FETCH_S} s", code="local-stack-failed") from error
    finally:
        shutil.rmtree(draft)
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    """Keycloak's home below the folder; what is there, data included, is left alone."""
    home = folder / FOLDER
    if home.exists():
        return home
    draft = folder / f".unpack.{os.getpid()}"
    with zipfile.ZipFile(archive) as distribution:
        distribution.extractall(draft)
    for program in (draft / FOLDER / "bin").glob("*.sh"):
        program.chmod(0o755)  # zipfile keeps no modes
    (draft / FOLDER).rename(home)
    draft.rmdir()
    return home


def launch(keycloak: Keycloak, port: int) -> Launch:
    """What to start: development mode, plain HTTP, one node, data in files below its home."""
    command = [
        str(keycloak.home / "bin" / "kc.sh"),
        *("start-dev", f"--http-host={HOST}", f"--http-port={port}", "--cache=local"),
    ]
    admin = {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN, "KC_BOOTSTRAP_ADMIN_PASSWORD": keycloak.admin_password}
    revision = hashlib.sha256(keycloak.admin_password.encode()).hexdigest()
    return Launch(NAME, command, keycloak.home, keycloak.log, port, processes.environment(**admin), revision=revision)


def url(part: Service) -> str:
    """The KEYCLOAK_BASE_URL."""
    return f"http://{HOST}:{part.port}"


def answers(part: Service) -> bool:
    """Whether this very Keycloak answers; its start script's child is the one that listens."""
    if processes.service_process(part) is None:
        return False
    try:
        return httpx.get(f"{url(part)}/realms/master", timeout=5.0, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def start(keycloak: Keycloak, port: int = 0) -> Service:
    """Keycloak, answering; what an earlier, killed start left behind is ended first."""
    end_orphans(keycloak)
    part = processes.start_process(launch(keycloak, processes.free_port(*([port] if port else []))))
    if not processes.wait_until_ready(part, answers, START_S):
        processes.stop_process(part)
        raise Transient(
            f"Keycloak did not start; {keycloak.log} ends with:\n{processes.last_lines(keycloak.log)}",
            code="local-stack-failed",
        )
    return part


def stop(part: Service) -> bool:
    """Stops Keycloak; False where it was not running."""
    return processes.stop_process(part, by=signal.SIGTERM)


def end_orphans(keycloak: Keycloak) -> int:
    """Ends servers that run from this home without their start script: killed with -9, it leaves one that holds the data."""
    mark = f"-Dkc.home.dir={keycloak.home}/bin/.."
    orphans = [process for process in psutil.process_iter(["cmdline"]) if _is_server(process.info["cmdline"], mark)]
    for process in orphans:
        process.terminate()
    _, alive = psutil.wait_procs(orphans, timeout=20)
    for process in alive:
        process.kill()
    return len(orphans)


def _is_server(command: list[str] | None, mark: str) -> bool:
    return command is not None and mark in command and Path(command[0]).name == "java"
