"""From the state of an older Seedbed to this one's: a copy first, then a step a version."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from seedbed.core.errors import Transient, UserError
from seedbed.database.engines import open_database
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.datasets.registry import ENTITIES
from seedbed.stack import keycloak_service, postgres_service, state
from seedbed.stack.databases import target_database
from seedbed.stack.services import Say
from seedbed.stack.stack_options import StackOptions

BACKUP = "backup"
GO_BACK = "go-back.sh"
LEFT_OUT = (
    "logs",
    "tmp",
    "lock",
    keycloak_service.NAME,
)  # of Keycloak only its data are copied: its programs can be fetched again
SPARE = 1.1  # of the copy's size must be free: a migration writes too
MIB = 1 << 20


def upgrade_tables(options: StackOptions) -> None:
    """The files are the same; the database gets this version's tables, with which an older Seedbed cannot work."""
    cluster = postgres_service.installed(options.state)
    if cluster is None or not cluster.data.exists():
        return  # the first `up` never came so far
    cluster = postgres_service.start(cluster)
    try:
        database = open_database(target_database(cluster, state.credentials(options)))
        try:
            migrate_schema(database.engine, ENTITIES)
        finally:
            database.close()
    finally:
        postgres_service.stop(cluster)


# A step brings a stopped stack's state from its version to the next; it changes all or nothing.
Steps = Mapping[int, Callable[[StackOptions], None]]
STEPS: Steps = {1: upgrade_tables, 2: upgrade_tables, 3: upgrade_tables}


def upgrade_state(options: StackOptions, say: Say, steps: Steps = STEPS) -> Path:
    """Copies the state of a stopped stack, brings it to this version, and gives the copy's folder."""
    copy = back_up(options, say)
    way_back = (
        f"the state as it was lies in {copy}; the earlier Seedbed goes back with `seedbed down && sh {copy / GO_BACK}`"
    )
    try:
        for version in range(state.state_version(options.state), state.VERSION):
            say(f"state: from version {version} to {version + 1}")
            steps[version](options)
            state.write_private(options.state / "VERSION", f"{version + 1}\n")
    except BaseException:
        say(f"the state was not upgraded: {way_back}")
        raise
    say(way_back)
    return copy


def back_up(options: StackOptions, say: Say) -> Path:
    """Copies what cannot be made again, owners and modes included, beside a script that puts it back; gives the folder."""
    version, now = state.state_version(options.state), datetime.now(UTC)
    copy = options.state / f"{BACKUP}-{version}-{now:%Y%m%dT%H%M%SZ}"
    kept = _kept(options)
    _check_space(options.state, sum(_size(path) for path in kept.values()))
    say(f"state: copying version {version} to {copy}")
    copy.mkdir(mode=0o700)
    try:
        for name, path in kept.items():
            _copy(path, copy / name)
    except BaseException:
        shutil.rmtree(copy)  # half a copy would be taken for one
        raise
    state.write_private(copy / GO_BACK, _script(version, kept))
    return copy


def _kept(options: StackOptions) -> dict[str, Path]:
    """What is copied, by its name in the copy: PostgreSQL's data may lie elsewhere."""
    kept = {
        path.name: path
        for path in sorted(options.state.iterdir())
        if path.name not in LEFT_OUT and not path.name.startswith(f"{BACKUP}-")
    }
    cluster = postgres_service.installed(options.state)
    if cluster and cluster.home.exists():
        kept[postgres_service.NAME] = cluster.home
    users = options.state / keycloak_service.NAME / keycloak_service.FOLDER / "data"
    return kept | ({f"{keycloak_service.NAME}-data": users} if users.exists() else {})


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if not file.is_dir())


def _check_space(folder: Path, size: int) -> None:
    free, wanted = shutil.disk_usage(folder).free, int(size * SPARE)
    if free < wanted:
        raise UserError(
            f"the copy of {folder} that is made before an upgrade needs {wanted // MIB} MiB, and {free // MIB} MiB are free",
            next_step="make room, or start with another folder by SEEDBED_STATE_DIR",
            code="local-stack-state",
        )


def _copy(path: Path, to: Path) -> None:
    """With `cp`, because Python's own copying keeps no owners, and PostgreSQL's files may be another user's."""
    ran = subprocess.run(["cp", "-a", str(path), str(to)], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Transient(
            f"{path} cannot be copied: {ran.stderr.strip()}",
            next_step="see to the disk, then retry",
            code="local-stack-state",
        )


def _script(version: int, kept: Mapping[str, Path]) -> str:
    """Moves rather than copies: a copy that was put back is none any more. What was moved already stays, so it can be run again."""
    lines = ["#!/bin/sh", f"# Puts the state of version {version} back; the stack must be stopped.", "set -eu"]
    lines.append('cd "$(dirname "$0")"')
    for name, path in kept.items():
        here, there = shlex.quote(f"./{name}"), shlex.quote(str(path))
        lines.append(f"if [ -e {here} ]; then rm -rf {there} && mv {here} {there}; fi")
    return "\n".join([*lines, f"rm {GO_BACK}", ""])
