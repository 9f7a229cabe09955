"""`seedbed cleanup` as it is typed: what it prints and how it exits."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seedbed import wiring
from seedbed.cli import command_line as door
from seedbed.core.setting_names import ENVIRONMENT_NAMES, TARGET_NAMES
from seedbed.database.engines import DatabaseAddress, open_database
from seedbed.database.ledger.run_records import RunRecord, record_run_start
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.datasets.registry import ENTITIES
from seedbed.settings import Settings
from tests.support.builders.said import Said

Command = Callable[..., Said]
RUN = "20261121T010000-0000abcd"


@pytest.fixture
def seedbed(
    address: DatabaseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """The command on a local stack's database, in which one run is noted that made nothing."""
    monkeypatch.setattr(wiring, "ROOT", tmp_path)
    for name in {*TARGET_NAMES, *ENVIRONMENT_NAMES, *Settings.model_fields}:
        monkeypatch.delenv(name, raising=False)
    values = (address.host, address.port, address.database, address.user, address.password, "disable")
    names = ("HOST", "PORT", "DB", "USER", "PASSWORD", "SSL_MODE")
    local = {f"POSTGRES_{name}": str(value) for name, value in zip(names, values, strict=True)}
    (tmp_path / "local.json").write_text(json.dumps(local), encoding="utf-8")
    for name, value in {**local, "SEEDBED_STATE_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    database = open_database(address)
    migrate_schema(database.engine, ENTITIES)
    record_run_start(database, RunRecord("root-1", RUN, "setup", "f", None, "local"), {})
    database.close()
    wiring.app_context.cache_clear()

    def run(*arguments: str) -> Said:
        capfd.readouterr()
        code = door.main(["cleanup", *arguments])
        found = capfd.readouterr()
        return Said(code, found.out, found.err)

    yield run
    wiring.app_context.cache_clear()


def test_a_run_that_made_nothing_needs_no_cleanup(seedbed: Command) -> None:
    said = seedbed("--run", RUN, "--direct", "--json")
    assert (said.code, said.json["verb"], said.json["state"]) == (0, "cleanup", "completed")
    assert f"run {RUN} (setup) created nothing that a cleanup removes" in said.json["notes"]
    shown = seedbed("--run", RUN[:8], "--direct")  # as the cleanups' own names may begin
    assert (shown.code, f"note: run {RUN} (setup) created nothing" in shown.out) == (0, True)


def test_a_dry_run_notes_nothing(seedbed: Command, address: DatabaseAddress, tmp_path: Path) -> None:
    said = seedbed("--run", RUN, "--dry-run", "--json")
    assert (said.code, said.json["notes"][0]) == (0, "dry run: nothing was touched")
    database = open_database(address)
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM seedbed.run")
        assert cursor.fetchone() == (1,)
    database.close()
    assert not (tmp_path / "output").exists()


def test_an_unknown_run_and_no_run_exit_2(seedbed: Command) -> None:
    unknown = seedbed("--run", "20301121", "--direct", "--json")
    assert (unknown.code, unknown.json["error"]["message"]) == (2, "no run '20301121'")
    assert unknown.json["error"]["next"] == "no run has created what a cleanup removes"
    assert seedbed("--run", "20301121", "--json").json["error"] == unknown.json["error"], "before a run is ordered"
    bare = seedbed("--json")
    assert (bare.code, bare.json["error"]["class"]) == (2, "UserError")
    assert (bare.json["error"]["message"], bare.json["error"]["next"]) == (
        "which run? --run is not given",
        "no run has created what a cleanup removes",
    )


@pytest.mark.parametrize("state", ["as usual", "never migrated", "down"])
def test_without_prefect_the_way_out_is_said(
    seedbed: Command, state: str, address: DatabaseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if state == "never migrated":
        database = open_database(address)
        with database.transaction() as cursor:
            cursor.execute("DROP SCHEMA seedbed CASCADE")
        database.close()
    if state == "down":
        local = json.loads((tmp_path / "local.json").read_text(encoding="utf-8"))
        (tmp_path / "local.json").write_text(json.dumps({**local, "POSTGRES_PORT": "1"}), encoding="utf-8")
        monkeypatch.setenv("POSTGRES_PORT", "1")  # where nobody listens
    said = seedbed("--run", RUN, "--json")
    assert (said.code, said.json["error"]["message"]) == (2, "there is no Prefect API to run this with")
