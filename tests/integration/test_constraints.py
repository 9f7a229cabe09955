"""What the database refuses of single rows is a skip with the name of what refused it; what no row is guilty of is an error."""

import pytest

from seedbed.core.errors import AuthError, DataError, SeedbedError, Transient
from tests.support.builders.houses import WARD, SmallHouse, counts

WARDS = "code,name\nA,Ward A\nB,bad\nC,Ward C\n"
BEFORE_ROW = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.name = 'bad' THEN {then} END IF; RETURN NEW; END $$;
CREATE TRIGGER {name}_on_ward BEFORE INSERT OR UPDATE ON test_ward FOR EACH ROW EXECUTE FUNCTION {name}();
"""


def trigger(small: SmallHouse, then: str, name: str = "no_bad_wards") -> None:
    small.execute(BEFORE_ROW.format(name=name, then=then))


def codes(small: SmallHouse) -> list[str]:
    return [code for (code,) in small.query("SELECT code FROM test_ward ORDER BY code")]


def messages(small: SmallHouse, run: str = "run-1") -> list[str]:
    assert {reason for _, reason, _ in small.skips(run)} == {"constraint"}
    return [message for *_, message in small.skips(run)]


# The driver takes these for lost connections, missing rights, rolled back transactions and errors of the program.
@pytest.mark.parametrize("code", ["P0001", "42501", "57014", "40001", "08006", "55P03", "25006", "XX000", "ZZ999"])
@pytest.mark.parametrize("table_is", ["empty", "filled"])
def test_whatever_a_trigger_raises_is_about_the_row_and_names_its_function(
    small: SmallHouse, code: str, table_is: str
) -> None:
    if table_is == "filled":
        small.load(WARD, "code,name\nZ,Ward Z\n", run="before")
    trigger(small, f"RAISE 'this ward is bad' USING ERRCODE = '{code}';")
    assert counts(small.load(WARD, WARDS)) == {"read": 3, "inserted": 2, "skipped": 1}
    assert messages(small) == ["no_bad_wards: this ward is bad"]
    assert codes(small)[:2] == ["A", "C"]


@pytest.mark.parametrize(
    "then",
    [
        "PERFORM 1/0;",
        "ASSERT false, 'never';",
        "SELECT 1 INTO STRICT NEW.name WHERE false;",
        "INSERT INTO nowhere VALUES (1);",
        "PERFORM inner_check(NEW.code);",
    ],
)
def test_an_error_in_a_trigger_s_own_statements_is_about_the_row(small: SmallHouse, then: str) -> None:
    small.execute(
        "CREATE FUNCTION inner_check(text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE 'no %', $1; END $$"
    )
    trigger(small, then)
    assert counts(small.load(WARD, WARDS)) == {"read": 3, "inserted": 2, "skipped": 1}
    (message,) = messages(small)
    assert message.startswith("no_bad_wards: ")


def test_an_update_that_a_trigger_refuses_leaves_the_row_and_its_cells_unnoted(small: SmallHouse) -> None:
    small.load(WARD, WARDS.replace("bad", "Ward B"), run="before")
    trigger(small, "RAISE 'bad' USING ERRCODE = '57014';")
    report = small.load(WARD, WARDS.replace("Ward C", "new"))
    assert counts(report) == {"read": 3, "updated": 1, "unchanged": 1, "skipped": 1, "differing": 2}
    assert small.changes() == [("C", "name", "Ward C", "new")]


@pytest.mark.parametrize("table_is", ["empty", "filled"])
def test_a_row_that_a_trigger_suppresses_is_skipped_and_not_counted_as_inserted(
    small: SmallHouse, table_is: str
) -> None:
    if table_is == "filled":
        small.load(WARD, "code,name\nZ,Ward Z\n", run="before")
    trigger(small, "RETURN NULL;")
    assert counts(small.load(WARD, WARDS)) == {"read": 3, "inserted": 2, "skipped": 1}
    assert small.skips() == [(3, "constraint", "a trigger suppressed the row")]
    assert codes(small)[:2] == ["A", "C"]
    assert held(small) == {"A", "C"} | ({"Z"} if table_is == "filled" else set())


def test_an_update_that_a_trigger_suppresses_is_skipped_and_not_counted_as_updated(small: SmallHouse) -> None:
    small.load(WARD, WARDS.replace("bad", "Ward B"), run="before")
    trigger(small, "RETURN NULL;")
    report = small.load(WARD, WARDS)
    assert counts(report) == {"read": 3, "unchanged": 2, "skipped": 1, "differing": 1}
    assert small.skips() == [(3, "constraint", "a trigger suppressed the row")]
    assert (small.changes(), codes(small)) == ([], ["A", "B", "C"])


def held(small: SmallHouse) -> set[str]:
    return {key for keys in small.notes().owned_keys("test_ward") for key in keys}


@pytest.mark.parametrize("then", ["RETURN NULL;", "RAISE 'bad';"])
def test_two_hundred_refused_rows_are_skips_and_one_more_is_the_entity_s_failure(small: SmallHouse, then: str) -> None:
    trigger(small, then)
    rows = ["code,name", "A,good", *(f"W{n},bad" for n in range(200))]
    assert counts(small.load(WARD, "\n".join(rows) + "\n")) == {"read": 201, "inserted": 1, "skipped": 200}
    with pytest.raises(DataError, match="more than 200 rows are refused by the database"):
        small.load(WARD, "\n".join([*rows, "X,bad"]) + "\n", run="run-2")
    assert (codes(small), small.skips("run-2")) == (["A"], [])


def test_row_security_refuses_a_row_and_not_the_load(small: SmallHouse) -> None:
    small.execute(
        "ALTER TABLE test_ward ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE test_ward FORCE ROW LEVEL SECURITY",
        "CREATE POLICY not_bad ON test_ward USING (true) WITH CHECK (name <> 'bad')",
    )
    assert counts(small.load(WARD, WARDS)) == {"read": 3, "inserted": 2, "skipped": 1}
    assert messages(small) == ['42501: new row violates row-level security policy for table "test_ward"']
    assert codes(small) == ["A", "C"]


# What no row is guilty of


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ("PERFORM pg_cancel_backend(pg_backend_pid()); PERFORM pg_sleep(1);", Transient),
        ("PERFORM pg_terminate_backend(pg_backend_pid());", Transient),
        ("CREATE ROLE somebody;", AuthError),
        ("PERFORM set_config('transaction_read_only', 'on', true); CREATE TABLE t (n int);", SeedbedError),
    ],
)
def test_time_outs_lost_connections_and_missing_rights_in_a_trigger_are_no_row_s_fault(
    small: SmallHouse, made: str, kind: type[SeedbedError]
) -> None:
    trigger(small, made)
    with pytest.raises(kind):
        small.load(WARD, WARDS)
    assert (codes(small), small.skips()) == ([], [])


def test_a_table_that_we_may_not_write_is_an_auth_error(small: SmallHouse) -> None:
    small.execute("REVOKE INSERT ON test_ward FROM CURRENT_USER")
    with pytest.raises(AuthError):
        small.load(WARD, WARDS)
    assert small.skips() == []


def test_a_lock_that_is_not_given_is_transient(small: SmallHouse) -> None:
    trigger(small, "SET LOCAL lock_timeout = 100; LOCK TABLE test_drug;")
    with small.database.transaction() as cursor:
        cursor.execute("LOCK TABLE test_drug")
        with pytest.raises(Transient):
            small.load(WARD, WARDS)
    assert (codes(small), small.skips()) == ([], [])
