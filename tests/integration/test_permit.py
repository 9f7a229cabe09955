"""Permit and mark: which database may be written, and how a copy is told from the one that was adopted."""

from dataclasses import replace

import pytest

from seedbed.actions.context import Run
from seedbed.actions.environments.register_environment import adopt, prepare_adoption
from seedbed.actions.permit import check_no_production, check_permit, write_local_permit
from seedbed.actions.runs.start_run import start_run
from seedbed.core.environment import Environment, PostgresConfig, TargetsConfig
from seedbed.core.errors import UserError
from seedbed.database.engines import open_database
from seedbed.database.ledger.permits import Permit, read_identity, read_permits, write_permit
from seedbed.database.ledger.run_records import find_run
from seedbed.database.schema.apply_schema import migrate_schema
from tests.support.builders.houses import SmallHouse
from tests.support.stack.foreign import as_owner, copy_of

RUN = Run("root-1", "run-1")


def environment(name, database):
    return Environment(name=name, targets=TargetsConfig(postgres=PostgresConfig(host="h", database=database)))


def foreign(house, database, name="uat"):
    return replace(
        house, is_local=False, environment=environment(name, database.address.database), database=lambda: database
    )


@pytest.fixture
def uat(small: SmallHouse):
    """The small house, whose targets are those of an environment that nobody has adopted yet."""
    return foreign(small.house, small.database)


def adopted(house, typed=""):
    adoption = prepare_adoption(house)
    adopt(house, adoption, typed or adoption.database)
    return house


def refusal(work, *given):
    with pytest.raises(UserError) as caught:
        work(*given)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_run_is_permitted_where_the_database_is_adopted_and_is_noted_with_its_environment(uat, small):
    assert "is not adopted; run `seedbed adopt uat`" in refusal(start_run, uat, RUN)
    assert find_run(small.database) is None
    start_run(adopted(uat), RUN)
    assert find_run(small.database).environment == "uat"


def test_the_local_stack_needs_no_permit_and_marks_its_own(small):
    start_run(small.house, RUN)
    (mark,) = read_permits(small.database)
    assert (mark.environment, read_identity(small.database).has_issued(mark)) == ("local", True)
    assert find_run(small.database).environment == "local"
    assert "needs no adoption" in refusal(prepare_adoption, small.house)


def test_a_local_stack_s_database_is_no_other_environment_s(uat, small):
    write_local_permit(small.database)
    assert "belongs to the environment 'local'" in refusal(check_permit, uat)
    assert "belongs to the environment 'local'" in refusal(prepare_adoption, uat)


def test_targets_without_an_environment_file_are_refused_with_the_two_steps(uat):
    said = refusal(check_permit, replace(uat, environment=None))
    assert said.startswith(
        "targets are set, and no environment file names them; write deployments/environments/NAME.yaml"
    )
    assert "seedbed adopt NAME" in said


def test_another_environment_s_database_is_named_and_is_not_taken_over(uat, small):
    adopted(foreign(small.house, small.database, "sit"))
    assert "belongs to the environment 'sit'" in refusal(check_permit, uat)
    assert "belongs to the environment 'sit'" in refusal(prepare_adoption, uat)


LOOK = "look at the targets that `seedbed doctor` shows, then run `seedbed adopt uat` again"


def test_targets_that_were_edited_since_are_adopted_again(uat):
    adopted(uat)
    edited = replace(uat, target_addresses={**uat.target_addresses, "cortex_api": "https://other"})
    assert f"the targets of 'uat' were changed since it was adopted; {LOOK}" in refusal(check_permit, edited)
    check_permit(adopted(edited))
    assert "were changed" in refusal(check_permit, uat)


def test_a_wrong_name_writes_nothing(database, small):
    bare = foreign(small.house, database)
    small.execute("DROP SCHEMA seedbed CASCADE")
    assert "nothing was typed: nothing was written" in refusal(adopt, bare, prepare_adoption(bare), "")
    for typed in ("emr", database.address.database.upper()):
        assert "is not the database's name: nothing was written" in refusal(adopt, bare, prepare_adoption(bare), typed)
    assert small.query("SELECT to_regnamespace('seedbed')") == [(None,)]
    check_permit(adopted(bare, f" {database.address.database} \n"))


@pytest.fixture
def copy(cluster, small, uat):
    """A copy of the database that is adopted for uat, by name."""
    adopted(uat)
    small.database.close()
    made = []

    def copied(name):
        made.append(open_database(copy_of(cluster, small.database.address, name)))
        return made[-1]

    yield copied
    for database in made:
        database.close()
        as_owner(cluster, f'DROP DATABASE "{database.address.database}"')


COPIED = f"is a copy: its mark was made in another database; {LOOK}"


def test_a_copy_carries_the_mark_and_not_the_permit_until_it_is_adopted(small, copy):
    copied = foreign(small.house, copy("copied"))
    assert COPIED in refusal(check_permit, copied)
    check_permit(adopted(copied))
    assert [mark.name for mark in read_permits(copied.database())] == sorted(
        ["copied", small.database.address.database]
    )


def test_a_copy_under_the_first_one_s_name_is_known_by_its_number(cluster, small, uat, copy):
    name, other = small.database.address.database, copy("restored")
    other.close()
    as_owner(cluster, f'ALTER DATABASE "{name}" RENAME TO "{name}_old"', f'ALTER DATABASE restored RENAME TO "{name}"')
    assert COPIED in refusal(check_permit, uat)
    check_permit(adopted(uat))
    small.database.close()
    as_owner(cluster, f'ALTER DATABASE "{name}" RENAME TO restored', f'ALTER DATABASE "{name}_old" RENAME TO "{name}"')
    check_permit(uat)


def test_a_copy_of_another_environment_s_database_may_be_adopted(small, copy):
    sit = foreign(small.house, copy("sit_copy"), "sit")
    assert COPIED.replace("uat", "sit") in refusal(check_permit, sit)
    check_permit(adopted(sit))


def test_where_the_server_s_number_may_not_be_read_the_database_s_is_enough(uat, small):
    adopted(uat)
    (mark,) = read_permits(small.database)
    identity = read_identity(small.database)
    system, oid = identity.number.split("/")
    assert system
    assert int(oid) > 0
    for marked, is_same in (
        (f"/{oid}", True),
        (f"{int(system) + 1}/{oid}", False),
        (f"{system}/1", False),
        ("", False),
    ):
        assert identity.has_issued(replace(mark, identity=marked)) is is_same


def test_a_database_that_is_production_behind_a_harmless_address_is_refused(small, copy):
    hidden = foreign(small.house, copy("emr_prod"))
    for work in (check_permit, check_no_production, prepare_adoption):
        assert "the database behind that address is production ('emr_prod')" in refusal(work, hidden)


def test_a_mark_from_before_marks_had_an_identity_is_read(database):
    as_it_was = "CREATE SCHEMA seedbed; CREATE TABLE seedbed.mark (name text, environment text, made_at timestamptz)"
    with database.transaction() as cursor:
        cursor.execute(f"{as_it_was}; INSERT INTO seedbed.mark VALUES ('seedbed', 'local', now())")
    assert read_permits(database) == (Permit("seedbed", "local"),)


def test_a_mark_is_replaced_and_an_equal_one_is_not_written_again(small):
    write_permit(small.database, Permit("emr", "uat", "1/2", "f"))
    before = small.query("SELECT xmin::text, * FROM seedbed.mark")
    write_permit(small.database, Permit("emr", "uat", "1/2", "f"))
    assert small.query("SELECT xmin::text, * FROM seedbed.mark") == before
    write_permit(small.database, Permit("emr", "uat", "1/2", "g"))
    assert [mark.fingerprint for mark in read_permits(small.database)] == ["g"]


def test_who_may_not_make_the_schema_is_told_what_the_owner_runs(cluster, small, database):
    name = database.address.database
    as_owner(cluster, "CREATE ROLE guest LOGIN PASSWORD 'guest'")
    as_owner(cluster, f'GRANT CONNECT ON DATABASE "{name}" TO guest')
    small.execute("DROP SCHEMA seedbed CASCADE")
    guest = open_database(replace(database.address, user="guest", password="guest"))
    house = foreign(small.house, guest)
    assert "user 'guest' may not make the schema 'seedbed'; hand `seedbed migrate --sql`" in refusal(adopted, house)
    migrate_schema(database.engine, {})
    small.execute(
        "GRANT USAGE ON SCHEMA seedbed TO guest; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA seedbed TO guest"
    )
    check_permit(adopted(house))
    guest.close()
