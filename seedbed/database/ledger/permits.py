"""Our mark on a database: whose it is, and that it is still the database in which the mark was put."""

from collections.abc import Sequence
from dataclasses import dataclass

from seedbed.database.engines import Database


@dataclass(frozen=True, slots=True)
class Permit:
    """Whose database this is. `name`: the database's; `identity`: as `identity_of` gives it; `fingerprint`: of all its targets."""

    name: str
    environment: str
    identity: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseIdentity:
    """A database as its server knows it: a pool in front of it may call it otherwise, a copy has the name and not the number."""

    name: str
    number: str

    def has_issued(self, mark: Permit) -> bool:
        """Whether the mark was put in this database, and not in one of which this is a copy."""
        system, _, oid = self.number.partition("/")
        marked_system, _, marked_oid = mark.identity.partition("/")
        same_server = not (system and marked_system) or system == marked_system
        return mark.name == self.name and marked_oid == oid and same_server


def read_identity(database: Database) -> DatabaseIdentity:
    """The database's name and `<system identifier>/<oid>`; the first is left out where our user may not read it."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT datname, oid, has_function_privilege('pg_control_system()', 'EXECUTE') FROM pg_database "
            "WHERE datname = current_database()"
        )
        name, oid, may_read = cursor.fetchone()
        system = ""
        if may_read:
            cursor.execute("SELECT system_identifier FROM pg_control_system()")
            (system,) = cursor.fetchone()
    return DatabaseIdentity(str(name), f"{system}/{oid}")


def read_permits(database: Database) -> tuple[Permit, ...]:
    """All marks in the database, those of databases that it was copied from too; none where it has no ledger of ours."""
    with database.transaction() as cursor:
        cursor.execute("SELECT to_regclass('seedbed.mark')")
        if cursor.fetchone()[0] is None:
            return ()
        # As JSON, because a ledger that is not migrated yet has fewer columns.
        cursor.execute("SELECT to_jsonb(mark) FROM seedbed.mark mark ORDER BY name")
        found = [row for (row,) in cursor.fetchall()]
    return tuple(
        Permit(row["name"], row["environment"], row.get("identity", ""), row.get("fingerprint", "")) for row in found
    )


def write_permit(database: Database, mark: Permit) -> None:
    """Puts our mark on the database, in the place of an earlier one."""
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO seedbed.mark AS held (name, environment, identity, fingerprint) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (name) DO UPDATE SET environment = EXCLUDED.environment, identity = EXCLUDED.identity, "
            "fingerprint = EXCLUDED.fingerprint, made_at = now() WHERE (held.environment, held.identity, held.fingerprint) "
            "IS DISTINCT FROM (EXCLUDED.environment, EXCLUDED.identity, EXCLUDED.fingerprint)",
            (mark.name, mark.environment, mark.identity, mark.fingerprint),
        )


def find_permit(marks: Sequence[Permit], name: str) -> Permit | None:
    """The mark of the database of that name."""
    return next((mark for mark in marks if mark.name == name), None)
