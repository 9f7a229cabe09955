"""PostgreSQL in health and in every illness that a probe knows, on a real one."""

from dataclasses import replace

import psycopg2
import pytest

from seedbed.core.errors import AuthError, Transient
from seedbed.core.setting_names import TARGET_NAMES
from seedbed.core.spec import Column, Entity
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.database.schema.inspection import READ_ONLY, missing_rights, open_briefly
from seedbed.datasets.registry import ENTITIES
from seedbed.doctor.inputs import Configuration
from seedbed.doctor.probes import database_version
from tests.support.builders.clinic import THING, clinic, examine, nowhere

HOSPITAL = tuple(ENTITIES.values())
ON_LOCAL_STACK = Configuration(TARGET_NAMES, frozenset(TARGET_NAMES), is_local=True)


def of(address, entities=(THING,), **changes):
    return clinic(address=address, data=replace(clinic().data, entities=entities), **changes)


@pytest.fixture
def owner(cluster, address):
    """SQL as the cluster's superuser in the test's database."""
    admin = replace(cluster.address(), database=address.database)
    opened = psycopg2.connect(
        host=admin.host, port=admin.port, dbname=admin.database, user=admin.user, password=admin.password
    )
    opened.autocommit = True
    yield opened.cursor().execute
    opened.close()


def test_a_database_that_lets_us_in_passes(address):
    assert examine("PostgreSQL", of(address)).message == f"{address} answers"


def test_a_port_where_nobody_listens_fails():
    with pytest.raises(Transient, match="does not answer"):
        examine("PostgreSQL", of(nowhere()))


def test_a_wrong_password_fails_and_is_not_repeated(address):
    with pytest.raises(AuthError) as caught:
        examine("PostgreSQL", of(replace(address, password="wrong-one")))
    assert "wrong-one" not in str(caught.value)


@pytest.mark.parametrize(("major", "status"), [(13, "FAIL"), (14, "WARN"), (15, "PASS"), (18, "PASS")])
def test_old_versions_are_refused(monkeypatch, address, major, status):
    monkeypatch.setattr(database_version, "server_version", lambda _: (major, f"{major}.1"))
    check = examine("Database Version", of(address))
    assert (check.status, f"PostgreSQL {major}.1" in check.message) == (status, True)


def test_the_servers_own_version_is_new_enough(address):
    assert examine("Database Version", of(address)).status == "PASS"


def test_the_owner_has_all_rights(address, database):
    migrate_schema(database.engine, ENTITIES)
    assert examine("Database Rights", of(address, HOSPITAL)).status == "PASS"


def test_rights_that_are_lacking_are_named(address, owner):
    name = address.database
    owner(f"ALTER DATABASE {name} OWNER TO CURRENT_USER; GRANT CONNECT ON DATABASE {name} TO tester")
    owner("CREATE TABLE thing (code text); GRANT SELECT ON thing TO tester")
    owner("CREATE SCHEMA seedbed; CREATE TABLE seedbed.run (run text)")
    check = examine("Database Rights", of(address))
    assert (check.status, check.message) == (
        "FAIL",
        "user 'tester' cannot make temporary tables; lacks USAGE on schema seedbed; lacks INSERT, UPDATE on thing; "
        "lacks SELECT, INSERT, UPDATE, DELETE on seedbed.run",
    )


def test_a_server_that_only_reads_is_recognised(address, owner):
    owner(f"ALTER DATABASE {address.database} SET default_transaction_read_only = on")
    database = open_briefly(address, 5)
    assert missing_rights(database, [THING]) == [READ_ONLY]
    database.close()


def test_tables_that_are_missing_are_named_with_the_step_that_makes_them(address):
    check = examine("Tables and Keys", of(address))
    assert (check.status, check.message, check.next) == ("FAIL", "table thing is missing", "run `seedbed migrate`")


def test_on_the_local_stack_the_next_run_makes_them(address):
    check = examine("Tables and Keys", of(address, configuration=ON_LOCAL_STACK))
    assert (check.status, "not migrated yet" in check.message) == ("WARN", True)


@pytest.mark.parametrize("configuration", [ON_LOCAL_STACK, Configuration(TARGET_NAMES, frozenset())])
def test_what_a_migrated_database_has_lost_is_named(address, database, configuration):
    migrate_schema(database.engine, ENTITIES)
    with database.transaction() as cursor:
        cursor.execute("ALTER TABLE race DROP CONSTRAINT race_key CASCADE; ALTER TABLE religion DROP COLUMN info")
    check = examine("Tables and Keys", of(address, HOSPITAL, configuration=configuration))
    assert (check.status, check.message) == (
        "FAIL",
        "race has no unique key on code; religion lacks the column info",
    )


def test_a_driver_error_while_tables_are_compared_is_one_of_ours():
    with pytest.raises(Transient):
        examine("Tables and Keys", of(nowhere()))


def test_entities_of_other_targets_need_no_table(address):
    elsewhere = Entity("user", "user", (Column("code"),), target="keycloak")
    assert examine("Tables and Keys", of(address, (elsewhere,))).message == "0 tables with their columns and keys"
