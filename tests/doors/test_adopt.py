"""`seedbed adopt`: what is asked, what is written, and what is refused before anything is asked."""

import json
from typing import Any

import pytest

from seedbed.database.engines import Database, DatabaseAddress
from tests.support.stack.stagings import Staging


@pytest.fixture
def uat(staging: Staging, address: DatabaseAddress) -> Staging:
    """A project with an environment's file for an empty database."""
    staging.file("uat", address)
    staging.patch.setenv("POSTGRES_USER", address.user)
    staging.patch.setenv("POSTGRES_PASSWORD", address.password)
    return staging


def marks(database: Database) -> list[tuple[Any, ...]]:
    with database.transaction() as cursor:
        cursor.execute("SELECT to_regclass('seedbed.mark')")
        if cursor.fetchone() == (None,):
            return []
        cursor.execute("SELECT name, environment FROM seedbed.mark")
        return list(cursor.fetchall())


def test_it_prints_the_targets_asks_for_the_name_and_puts_the_mark(
    uat: Staging, address: DatabaseAddress, database: Database
) -> None:
    code, said = uat.run("adopt", "uat", typed=address.database)
    assert code == 0
    assert f"postgres: {address.host}:{address.port}/{address.database}" in said
    assert f"puts the schema 'seedbed' and the mark 'uat' into database '{address.database}'" in said
    assert "Type the database's name to go on: " in said
    assert marks(database) == [(address.database, "uat")]
    with database.transaction() as cursor:
        cursor.execute("SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname !~ '^(pg_|information)'")
        assert cursor.fetchall() == [("seedbed",)]
    assert uat.run("adopt", "uat", typed=address.database)[0] == 0
    assert len(marks(database)) == 1


def test_json_is_one_document(uat: Staging, address: DatabaseAddress) -> None:
    code, said = uat.run("adopt", "uat", "--json", typed=address.database)
    place = f"{address.host}:{address.port}/{address.database}"
    assert code == 0
    assert json.loads(said.splitlines()[0]) == {
        "verb": "adopt",
        "state": "completed",
        "environment": "uat",
        "database": address.database,
        "targets": {"postgres": place},
    }


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "nothing was typed: "),
        ("uat", "'uat' is not the database's name: "),
        ("y", "'y' is not the database's name: "),
    ],
)
def test_anything_but_the_name_writes_nothing(uat: Staging, database: Database, typed: str, why: str) -> None:
    code, said = uat.run("adopt", "uat", typed=typed)
    assert code == 2
    (line,) = [line for line in said.splitlines() if "nothing was written" in line]
    assert f"{why}nothing was written" in line
    assert "to go on" not in line
    assert marks(database) == []


def test_what_needs_none_or_has_no_file_is_refused_before_anything_is_asked(
    uat: Staging, address: DatabaseAddress
) -> None:
    (uat.root / ".seedbed").mkdir()
    for name in ("POSTGRES_USER", "POSTGRES_PASSWORD"):
        uat.patch.delenv(name)
    (uat.root / ".seedbed/local.json").write_text(json.dumps({"POSTGRES_HOST": "127.0.0.1", "POSTGRES_DB": "emr"}))
    for name, said in (
        ("development", "the local stack needs no adoption"),
        ("uta", "unknown environment in SEEDBED_ENV 'uta'\nnext: did you mean 'uat'?"),
        ("production", "SEEDBED_ENV=production is refused"),
    ):
        code, heard = uat.run("adopt", name, typed=address.database)
        assert (code, said in heard, "Type the" in heard) == (2, True, False), heard


def test_a_run_outside_the_local_stack_makes_no_table_and_says_who_does(uat: Staging, address: DatabaseAddress) -> None:
    uat.patch.setenv("SEEDBED_ENV", "uat")
    assert uat.run("adopt", "uat", typed=address.database)[0] == 0
    code, said = uat.run("setup", "--mode", "entity", "--entities", "gender", "--direct")
    assert code == 2
    assert "the database lacks tables: table " in said
    assert "next: run `seedbed migrate`" in said
    assert uat.run("migrate")[0] == 0
    code, said = uat.run("setup", "--mode", "entity", "--entities", "gender", "--direct", "--json")
    assert (code, json.loads(said.splitlines()[0])["environment"]) == (0, "uat")


def test_env_says_which_environment_it_is_so_that_a_shell_stays_there(uat: Staging, address: DatabaseAddress) -> None:
    uat.patch.setenv("SEEDBED_ENV", "uat")
    code, said = uat.run("env", "--json")
    values = json.loads(said)
    assert (code, values["SEEDBED_ENV"], values["POSTGRES_DB"]) == (0, "uat", address.database)
    for name, value in values.items():
        uat.patch.setenv(name, value)
    assert json.loads(uat.run("env", "--json")[1]) == values
