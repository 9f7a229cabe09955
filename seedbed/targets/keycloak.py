"""Keycloak: users of one realm, reconciled to what the rows ask for.

Delivering twice equals delivering once, because only what differs is written. A user is known by its exact name, which Keycloak
keeps in lower case. Of a user's realm roles, those that the file gives to anybody are the file's to give and to take away; others
stay. A password is set when a user is created and never again.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd
from keycloak import KeycloakAdmin

from seedbed.core.errors import SeedbedError, Transient
from seedbed.core.report import Change, EntityReport, SkipReason
from seedbed.core.rows import Block, Part
from seedbed.core.spec import Entity
from seedbed.masters.keys import shown
from seedbed.targets.accounting import end, opened, report_of, skip
from seedbed.targets.http_client import Tokens
from seedbed.targets.keycloak_connection import LANES, PAGE, open_admin
from seedbed.targets.keycloak_realm import (
    NO_PASSWORD,
    Password,
    Realm,
    Reconciling,
    Settled,
    check_members,
    declared_attributes,
    look,
    realm_roles,
)
from seedbed.targets.keycloak_users import ROLE, UserJson, Wanted, as_row, differences, wanted_users
from seedbed.targets.lanes import Breaker, in_order
from seedbed.targets.port import Delivery, Recorder

BUILT_IN_ROLES = ("default-roles-", "offline_access", "uma_authorization")

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class KeycloakTarget:
    """The target of entities with `target="keycloak"`."""

    admin: KeycloakAdmin = field(repr=False)
    base_url: str
    realm: str
    password: Password = NO_PASSWORD
    name: str = "keycloak"
    adopt_existing: bool = True

    def describe(self) -> str:
        """Keycloak's address and the realm."""
        return f"{self.base_url}/realms/{self.realm}"

    def ids(self, entity: Entity, *, by: str, take: str) -> Mapping[str, str]:
        """Each user's `by` -> its `take`: columns of the entity, or `id`."""
        realm = look(self.admin, None if ROLE in (by, take) else ())
        rows = [as_row(entity, user, _own_roles(realm, user)) for user in realm.users.values()]
        return {row[by]: row[take] for row in rows if row[by]}

    def deliver(self, entity: Entity, parts: Iterable[Part], delivery: Delivery, recorder: Recorder) -> EntityReport:
        """Create or mend the users, eight at once; `on_duplicate` does not matter, the wanted state rules."""
        started = time.perf_counter()
        recorder.begin(entity.name)
        counts: Counter[str] = Counter()
        rows = _rows(entity, parts, counts, recorder)
        realm = look(self.admin, {row.wanted.role for row in rows if row.wanted.role})
        work = _Users(entity, realm, recorder, counts)
        if delivery.dry_run:
            for row in work.possible(rows):
                work.settle(row, _would(row.wanted, realm))
        else:
            self._reconcile(work, rows)
        recorder.change(work.changes)
        report = end(report_of(entity, self.name, counts, started), work.breaker, where="Keycloak")
        if not delivery.dry_run:
            check_members(self.admin, work.given)
            recorder.finish(report, digest=delivery.digest)
        _logger.info("%s: %s", entity.name, dict(counts))
        return report

    def read(self, entity: Entity) -> Iterator[pd.DataFrame]:
        """The realm's users as text by CSV header, with their `id`; realm roles without Keycloak's own."""
        realm = look(self.admin, None)
        users = list(realm.users.values())
        for start in range(0, len(users), PAGE):
            rows = [as_row(entity, user, _own_roles(realm, user)) for user in users[start : start + PAGE]]
            yield pd.DataFrame(rows, dtype="str")

    def roles(self) -> frozenset[str]:
        """The realm's roles."""
        return realm_roles(self.admin)

    def declared_attributes(self) -> frozenset[str] | None:
        """The attributes that the realm's user profile keeps; None where it keeps any that an administrator writes."""
        return declared_attributes(self.admin)

    def close(self) -> None:
        """Give back connections."""
        self.admin.connection.close()

    def _reconcile(self, work: "_Users", rows: list["_Row"]) -> None:
        reconciling = Reconciling(self.admin, work.realm, self.password)
        first, again = _waves(list(work.possible(rows)))
        for wave, lanes in ((first, LANES), (again, 1)):
            waiting = iter(wave)
            settled = in_order(lambda: work.next_of(waiting), lambda row: reconciling.bring(row.wanted), lanes=lanes)  # noqa: B023
            for row, result in settled:
                work.settle(row, result)


def open_keycloak(
    base_url: str,
    realm: str,
    tokens: Tokens,
    *,
    password: Password = NO_PASSWORD,
    ca_file: str = "",
    adopt_existing: bool = True,
) -> KeycloakTarget:
    """The users of a realm, through a service account's tokens; connects when first used."""
    admin = open_admin(base_url, realm, tokens, ca_file=ca_file)
    return KeycloakTarget(admin, base_url.rstrip("/"), realm, password, adopt_existing=adopt_existing)


@dataclass(frozen=True, slots=True)
class _Row:
    block: Block
    position: int
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class _Users:
    """One delivery under way, in the thread that delivers."""

    entity: Entity
    realm: Realm
    recorder: Recorder
    counts: Counter[str]
    breaker: Breaker = field(default_factory=Breaker)
    changes: list[Change] = field(default_factory=list)
    given: dict[str, set[str]] = field(default_factory=dict)  # role -> ids of users who were given it

    def possible(self, rows: Iterable[_Row]) -> Iterator[_Row]:
        """The rows that may be sent; those that name no role of the realm, or a name again, are skipped."""
        names: dict[str, int] = {}
        for row in rows:
            here = int(row.block.source.rows[row.position])
            earlier = names.setdefault(row.wanted.username, here)
            if row.wanted.role and row.wanted.role not in self.realm.roles:
                self._skip(row, "missing_reference", f"the realm has no role '{row.wanted.role}'")
            elif earlier != here:
                self._skip(row, "duplicate_in_file", f"the user name equals that of row {earlier}: case does not count")
            else:
                yield row

    def next_of(self, rows: Iterator[_Row]) -> _Row | None:
        """The next row to send; none once the breaker is open."""
        if self.breaker.is_open:
            self.counts["failed"] += len(list(rows))
        return next(rows, None)

    def settle(self, row: _Row, result: Settled | SeedbedError) -> None:
        """Account for one row."""
        if isinstance(result, SeedbedError):
            self.breaker.failed(result)
            if isinstance(result, Transient):
                self._skip(row, "api_unavailable", result.message)
            else:
                self.counts["failed"] += 1
            return
        self.breaker.answered()
        if result.outcome in ("rejected_by_api", "constraint"):
            self._skip(row, result.outcome, result.message)
            return
        self.counts[result.outcome] += 1
        key = shown(str(row.block.keys.iloc[row.position]))
        if result.outcome == "updated":
            self.changes.extend(difference.change(self.entity.name, key) for difference in result.differences)
        if row.wanted.role and result.outcome != "unchanged":
            self.given.setdefault(row.wanted.role, set()).add(result.user_id)

    def _skip(self, row: _Row, reason: SkipReason, message: str) -> None:
        self.counts["skipped"] += skip(self.entity, row.block, {row.position: message}, reason, self.recorder)


def _rows(entity: Entity, parts: Iterable[Part], counts: Counter[str], recorder: Recorder) -> list[_Row]:
    blocks = [block for part in parts if (block := opened(part, counts, recorder)) is not None]
    return [
        _Row(block, position, wanted) for block in blocks for position, wanted in enumerate(wanted_users(entity, block))
    ]


def _waves(rows: list[_Row]) -> tuple[list[_Row], list[_Row]]:
    """Rows whose mail stands there first, and those that repeat one: these go one by one, so that the first always wins."""
    seen: set[str] = set()
    first: list[_Row] = []
    again: list[_Row] = []
    for row in rows:
        mail = str(row.wanted.fields.get("email", "")).lower()
        (again if mail and mail in seen else first).append(row)
        seen.add(mail)
    return first, again


def _would(wanted: Wanted, realm: Realm) -> Settled:
    user = realm.users.get(wanted.username)
    if user is None:
        return Settled("inserted")
    found = differences(wanted, user, realm.roles_of(str(user["id"])), realm.members)
    return Settled("updated" if found else "unchanged", str(user["id"]), differences=tuple(found))


def _own_roles(realm: Realm, user: UserJson) -> list[str]:
    return [role for role in realm.roles_of(str(user["id"])) if not role.startswith(BUILT_IN_ROLES)]
