"""Keycloak: users of one realm, reconciled to what the rows ask for.

Delivering twice equals delivering once, because only what differs is written. A user is known by its exact name, which Keycloak
keeps in lower case, and is touched only where our runs hold that name or users of others are taken over. Of a user's realm roles,
those that the file gives to anybody are the file's to give and to take away; others stay. A password is set when a user is
created and never again.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakError

from seedbed.core.report import EntityReport
from seedbed.core.rows import PreparedBlock
from seedbed.core.spec import Entity
from seedbed.targets.accounting import check_limits, delivery_report, finish_or_raise
from seedbed.targets.http.client import Tokens
from seedbed.targets.keycloak.connection import LANES, PAGE, open_admin, translate_keycloak_error
from seedbed.targets.keycloak.delivery import (
    MissingUsers,
    UserDelivery,
    UserRow,
    collect_rows,
    disable_missing_users,
    keys_of,
    preview_user,
    reconcile,
)
from seedbed.targets.keycloak.ownership import came_from_request, find_missing_users, ownership
from seedbed.targets.keycloak.realm_users import (
    NO_PASSWORD,
    Password,
    Realm,
    Reconciler,
    check_members,
    declared_attributes,
    read_realm,
    realm_roles,
)
from seedbed.targets.keycloak.user_rows import ROLE, UserJson, as_row
from seedbed.targets.port import Delivery
from seedbed.targets.recorder import Recorder

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
    adopt_existing: bool = False
    at_once: int = LANES

    def describe(self) -> str:
        """Keycloak's address and the realm."""
        return f"{self.base_url}/realms/{self.realm}"

    def ids(self, entity: Entity, *, by: str, take: str) -> Mapping[str, str]:
        """Each user's `by` -> its `take`: columns of the entity, or `id`."""
        realm = read_realm(self.admin, None if ROLE in (by, take) else ())
        rows = [as_row(entity, user, _own_roles(realm, user)) for user in realm.users.values()]
        return {row[by]: row[take] for row in rows if row[by]}

    def deliver(
        self, entity: Entity, parts: Iterable[PreparedBlock], delivery: Delivery, recorder: Recorder
    ) -> EntityReport:
        """Create or mend the users, eight at once; `on_duplicate` does not matter, the wanted state rules."""
        started = time.perf_counter()
        recorder.begin(entity.id)
        counts: Counter[str] = Counter()
        rows, named = collect_rows(entity, parts, counts, recorder)
        realm = read_realm(self.admin, {row.desired.role for row in rows if row.desired.role})
        whose = ownership(recorder, entity, at=self.describe(), adopts=self.adopt_existing)
        work = UserDelivery(entity, realm, recorder, counts, whose, at=self.describe())
        going, leaving = list(work.possible(rows)), self._leaving(work, delivery, named)
        check_limits(delivery, self._expected(work, going, leaving), recorder)
        if delivery.dry_run:
            for row in going:
                work.record_outcome(row, preview_user(row.desired, realm))
            work.record_missing_users(leaving, leaving.active)
        else:
            # Before the first request: killed between a request and a note, the next attempt still knows its own.
            recorder.claim_keys(entity.id, keys_of(going), at=self.describe())
            work.resolve()
            reconciling = Reconciler(self.admin, realm, self.password)
            with self.admin.connection.checking_lease(recorder.check_lease):
                reconcile(work, going, reconciling)
                recorder.release_keys(entity.id, keys_of(work.not_created), at=self.describe())
                disable_missing_users(work, leaving, reconciling)
        recorder.change(work.changes)
        report = finish_or_raise(delivery_report(entity, self.name, counts, started), work.breaker, where="Keycloak")
        if not delivery.dry_run:
            check_members(self.admin, work.given)
            recorder.finish(report, digest=delivery.digest)
        _logger.info("%s: %s", entity.id, dict(counts))
        return report

    def read(self, entity: Entity) -> Iterator[pd.DataFrame]:
        """The realm's users as text by CSV header, with their `id`; realm roles without Keycloak's own."""
        realm = read_realm(self.admin, None)
        users = list(realm.users.values())
        for start in range(0, len(users), PAGE):
            rows = [as_row(entity, user, _own_roles(realm, user)) for user in users[start : start + PAGE]]
            yield pd.DataFrame(rows, dtype="str")

    def remove(self, target_id: str, number: str = "", key: str = "") -> Literal["removed", "absent"]:  # noqa: ARG002 - ids of users are not used again
        """Deletes one user by Keycloak's id; whether it was there."""
        try:
            self.admin.delete_user(target_id)
        except KeycloakError as error:
            if error.response_code == 404:
                return "absent"
            raise translate_keycloak_error(error, f"deleting user {target_id}") from error
        return "removed"

    def find_created_id(self, name: str, asked: float) -> str:
        """The id of the user whose creation a run asked for at that time (seconds of the epoch); "" where none came of that request."""
        try:
            found = self.admin.get_users({"username": name, "exact": "true", "first": 0, "max": 1})
        except KeycloakError as error:
            raise translate_keycloak_error(error, f"user '{name}'") from error
        return next((str(user["id"]) for user in found if came_from_request(user, asked)), "")

    def roles(self) -> frozenset[str]:
        """The realm's roles."""
        return realm_roles(self.admin)

    def declared_attributes(self) -> frozenset[str] | None:
        """The attributes that the realm's user profile keeps; None where it keeps any that an administrator writes."""
        return declared_attributes(self.admin)

    def close(self) -> None:
        """Give back connections."""
        self.admin.connection.close()

    def ping(self) -> None:
        """Raise Transient where Keycloak or the token service does not answer or is not well; asked once, and briefly."""
        self.admin.connection.ping()

    def _leaving(self, work: UserDelivery, delivery: Delivery, named: frozenset[str]) -> MissingUsers:
        if delivery.missing_key_rule is None:
            return MissingUsers({}, {})
        held = work.recorder.owned_keys(work.entity.id, at=self.describe())
        users = find_missing_users(held, delivery.missing_key_rule, work.realm.users, named)
        active = {
            key: user for key, user in users.items() if delivery.missing_key_rule.deactivate and user.get("enabled")
        }
        return MissingUsers(users, active)

    def _expected(self, work: UserDelivery, going: Iterable[UserRow], leaving: MissingUsers) -> EntityReport:
        """What would happen, before anything is written."""
        expected = work.counts + Counter(preview_user(row.desired, work.realm).outcome for row in going)
        expected["deactivated"] = len(leaving.active)
        return delivery_report(work.entity, self.name, expected, time.perf_counter())


def open_keycloak(
    base_url: str,
    realm: str,
    tokens: Tokens,
    *,
    password: Password = NO_PASSWORD,
    ca_file: str = "",
) -> KeycloakTarget:
    """The users of a realm, through a service account's tokens, without those of others; connects when first used."""
    admin = open_admin(base_url, realm, tokens, ca_file=ca_file)
    return KeycloakTarget(admin, base_url.rstrip("/"), realm, password)


def _own_roles(realm: Realm, user: UserJson) -> list[str]:
    return [role for role in realm.roles_of(str(user["id"])) if not role.startswith(BUILT_IN_ROLES)]
