"""The wrong-target table: whatever is set, marked and called production, only what is adopted is written."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from seedbed.actions.permit import write_local_permit
from seedbed.database.engines import DatabaseAddress, open_database
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.stack.postgres_service import Cluster
from tests.support.stack.foreign import as_owner, contents, copy_of, end_sessions, fill
from tests.support.stack.stagings import Staging

GENDER = ("setup", "--mode", "entity", "--entities", "gender", "--direct")
SETS = ("nothing", "targets", "file")
MARKS = ("none", "own", "other", "local", "copied", "edited")
PRODUCTION = ("", "name", "host", "database", "realm")
_numbers = itertools.count(1)

# What each mark permits the environment that has a file: set-up, migrate, adopt; and what the doctor says of the permit.
PERMITTED = {
    "none": (2, 2, 0, "FAIL"),
    "own": (0, 0, 0, "PASS"),
    "other": (2, 2, 2, "FAIL"),
    "local": (2, 2, 2, "FAIL"),
    "copied": (2, 2, 0, "FAIL"),
    "edited": (2, 2, 0, "FAIL"),
}


def expected(what: str, mark: str, production: str) -> dict[str, Any]:
    """The exit code of each verb, and the doctor's word on the permit."""
    if production:
        return {"doctor": 2, "dry run": 2, "setup": 2, "migrate": 2, "adopt": 2, "permit": None}
    if what == "nothing":
        return {"doctor": 1, "dry run": 2, "setup": 2, "migrate": 2, "adopt": 2, "permit": "SKIP"}
    if what == "targets":
        return {"doctor": 1, "dry run": 0, "setup": 2, "migrate": 2, "adopt": 2, "permit": "FAIL"}
    set_up, migrating, adopting, permit = PERMITTED[mark]
    found = {"doctor": 1, "dry run": 0, "setup": set_up, "migrate": migrating, "adopt": adopting}
    return found | {"permit": permit}


def put_mark(staging: Staging, mark: str, address: DatabaseAddress) -> None:
    """Brings the database into the state that the mark names."""
    staging.patch.setenv("POSTGRES_USER", address.user)
    staging.patch.setenv("POSTGRES_PASSWORD", address.password)
    if mark == "local":
        opened = open_database(address)
        migrate_schema(opened.engine, {})
        write_local_permit(opened)
        opened.close()
    elif mark != "none":
        name = "sit" if mark == "other" else "uat"
        staging.file(name, address)
        assert staging.run("adopt", name, typed=address.database)[0] == 0
        staging.forget()


@pytest.fixture
def theirs(cluster: Cluster, address: DatabaseAddress, staging: Staging) -> Iterator[Callable[[str], DatabaseAddress]]:
    """A function: a mark -> a database with a row of theirs, in that state."""
    copies: list[DatabaseAddress] = []

    def make(mark: str) -> DatabaseAddress:
        fill(address)
        put_mark(staging, mark, address)
        if mark == "copied":
            copies.append(copy_of(cluster, address, f"copied_{next(_numbers)}"))
        return copies[-1] if copies else address

    yield make
    for copied in copies:
        end_sessions(cluster, copied.database)
        as_owner(cluster, f'DROP DATABASE IF EXISTS "{copied.database}"')


def configure(staging: Staging, what: str, mark: str, production: str, address: DatabaseAddress) -> str:
    """Sets what is set; returns the environment's name."""
    name = "prod" if production == "name" else "uat"
    host = "prod-db.invalid" if production == "host" else address.host
    reached = DatabaseAddress(host, address.port, address.database, address.user, address.password)
    realm = {"base_url": "https://sso.invalid", "realm": "prod"}
    if what == "file":
        changes: dict[str, Any] = {"keycloak": realm} if production == "realm" else {}
        staging.file(
            name, reached, **(changes | ({"demographic_api": "https://new.invalid"} if mark == "edited" else {}))
        )
        staging.patch.setenv("SEEDBED_ENV", name)
    elif what == "targets":
        lines = {"HOST": host, "PORT": reached.port, "DB": reached.database, "SSL_MODE": "disable"}
        text = "".join(f"POSTGRES_{key}={value}\n" for key, value in lines.items())
        text += f"KEYCLOAK_REALM={realm['realm']}\n" if production == "realm" else ""
        (staging.root / ".env").write_text(text + (f"SEEDBED_ENV={name}\n" if production == "name" else ""))
    else:
        for secret in ("POSTGRES_USER", "POSTGRES_PASSWORD"):
            staging.patch.delenv(secret)
        if production == "name":
            staging.patch.setenv("SEEDBED_ENV", name)
    return name


def table() -> Iterator[tuple[str, str, str]]:
    for what, mark, production in itertools.product(SETS, MARKS, PRODUCTION):
        if what != "nothing" or production in ("", "name"):  # where no target is set, none can be production
            yield what, mark, production


@pytest.mark.parametrize(("what", "mark", "production"), list(table()))
def test_only_what_is_adopted_is_written(
    staging: Staging, theirs: Callable[[str], DatabaseAddress], cluster: Cluster, what: str, mark: str, production: str
) -> None:
    address = theirs(mark)
    if production == "database":
        end_sessions(cluster, address.database)
        renamed = f"emr_prod_{next(_numbers)}"
        as_owner(cluster, f'ALTER DATABASE "{address.database}" RENAME TO "{renamed}"')
        address = DatabaseAddress(address.host, address.port, renamed, address.user, address.password)
    name = configure(staging, what, mark, production, address)
    wanted, before = expected(what, mark, production), contents(address)
    verbs = {
        "doctor": ("doctor", "--json"),
        "dry run": (*GENDER, "--dry-run"),
        "setup": GENDER,
        "migrate": ("migrate",),
        "adopt": ("adopt", name),
    }
    for verb, arguments in verbs.items():
        code, said = staging.run(*arguments, typed=address.database)
        assert (verb, code, said) == (verb, wanted[verb], said)
        if production and (verb, what) != ("adopt", "targets"):  # there the file is missing, which is said first
            assert "is refused: Seedbed fills staging systems only" in said
        if verb in ("doctor", "dry run") or code:
            assert contents(address) == before, verb
        else:
            before = contents(address)
        if verb == "doctor" and not production:
            assert permit_of(said) == wanted["permit"]


def permit_of(said: str) -> str:
    checks = json.loads(said[said.index("{") : said.rindex("}") + 1])["checks"]
    return str(next(check["status"] for check in checks if check["name"] == "Permit"))
