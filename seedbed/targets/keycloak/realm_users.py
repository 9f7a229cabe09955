"""One realm as it is now, and one user brought to the state that its row asks for."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import quote

from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakError, KeycloakGetError, raise_error_from_response

from seedbed.core.errors import DataError
from seedbed.targets.keycloak.connection import translate_keycloak_error
from seedbed.targets.keycloak.ownership import FEDERATED, is_federated
from seedbed.targets.keycloak.user_rows import (
    ROLE,
    DesiredUser,
    UserDifference,
    UserJson,
    compare_user,
    new_user_payload,
    user_disable_payload,
    user_update_payload,
)

Outcome = Literal["inserted", "updated", "unchanged", "rejected_by_api", "constraint", "not_ours"]


@dataclass(frozen=True, slots=True)
class Realm:
    """The users by name, all realm roles by name, and the ids of the members of the roles asked for."""

    users: Mapping[str, UserJson]
    roles: Mapping[str, UserJson]
    members: Mapping[str, frozenset[str]]

    def roles_of(self, user_id: str) -> list[str]:
        """Which of the roles asked for a user has."""
        return [role for role, ids in self.members.items() if user_id in ids]


@dataclass(frozen=True, slots=True)
class Password:
    """What new users get; without a value they choose one themselves at their first login. Never reset later."""

    value: str = field(default="", repr=False)
    temporary: bool = True


NO_PASSWORD = Password()


@dataclass(frozen=True, slots=True)
class UserResult:
    """What became of one user."""

    outcome: Outcome
    user_id: str = ""
    message: str = ""
    differences: tuple[UserDifference, ...] = ()


def read_realm(admin: KeycloakAdmin, roles: Iterable[str] | None) -> Realm:
    """The realm now, with the members of the roles named (None: of every role); a role that does not exist has no entry."""
    try:
        users = {str(user["username"]): user for user in admin.get_users({})}
        known = {str(role["name"]): role for role in admin.get_realm_roles()}
        asked = known if roles is None else [role for role in sorted(set(roles)) if role in known]
        return Realm(users, known, {role: members(admin, role) for role in asked})
    except KeycloakError as error:
        raise translate_keycloak_error(error, "reading the realm") from error


def members(admin: KeycloakAdmin, role: str) -> frozenset[str]:
    """The ids of the users to whom a realm role is assigned."""
    return frozenset(str(user["id"]) for user in admin.get_realm_role_members(quote(role, safe=""), {}))


def check_members(admin: KeycloakAdmin, given: Mapping[str, Iterable[str]]) -> None:
    """Reads back who has the roles that were given, by role; DataError where Keycloak did not keep one."""
    for role, ids in given.items():
        lost = set(ids) - members(admin, role)
        if lost:
            raise DataError(
                f"Keycloak did not keep the realm role '{role}' of {len(lost)} users",
                next_step="look for another system that assigns roles in this realm",
                code="keycloak-change-lost",
            )


def realm_roles(admin: KeycloakAdmin) -> frozenset[str]:
    """The names of the realm's roles."""
    try:
        return frozenset(str(role["name"]) for role in admin.get_realm_roles())
    except KeycloakError as error:
        raise translate_keycloak_error(error, "reading the realm's roles") from error


def declared_attributes(admin: KeycloakAdmin) -> frozenset[str] | None:
    """The attributes that the realm's user profile keeps; None where it keeps any that an administrator writes."""
    path = f"admin/realms/{admin.connection.realm_name}/users/profile"
    try:
        profile = raise_error_from_response(admin.connection.raw_get(path), KeycloakGetError)
    except KeycloakError as error:
        raise translate_keycloak_error(error, "reading the user profile") from error
    if profile.get("unmanagedAttributePolicy") in ("ENABLED", "ADMIN_EDIT"):
        return None
    return frozenset(str(attribute["name"]) for attribute in profile.get("attributes", ()))


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Brings users to their wanted state; safe to use from several threads."""

    admin: KeycloakAdmin
    realm: Realm
    password: Password

    def apply(self, wanted: DesiredUser) -> UserResult:
        """Create or mend one user, writing only what differs, and read it back."""
        user = self.realm.users.get(wanted.username)
        try:
            if user is None:
                return self._create(wanted)
            return self._mend(wanted, user, self.realm.roles_of(str(user["id"])))
        except KeycloakError as error:
            raise translate_keycloak_error(error, f"user '{wanted.username}'") from error

    def disable(self, user: UserJson) -> None:
        """Disable one user, and leave everything else."""
        try:
            self.admin.update_user(user["id"], user_disable_payload(user))
            if self.admin.get_user(user["id"]).get("enabled"):
                raise _not_kept(str(user["username"]), "active")
        except KeycloakError as error:
            raise translate_keycloak_error(error, f"user '{user['username']}'") from error

    def _create(self, wanted: DesiredUser) -> UserResult:
        try:
            user_id = str(self.admin.create_user({**new_user_payload(wanted), **self._credentials()}))
        except KeycloakError as error:
            return self._exists(wanted) if error.response_code == 409 else _rejected(error)
        if wanted.role:
            self.admin.assign_realm_roles(user_id, [self.realm.roles[wanted.role]])
        self._read_back(wanted, user_id)
        return UserResult("inserted", user_id)

    def _exists(self, wanted: DesiredUser) -> UserResult:
        """Name or mail is taken. A name that was not listed a moment ago is our own request, whose answer was lost."""
        found = self.admin.get_users({"username": wanted.username, "exact": "true", "first": 0, "max": 1})
        if not found:
            return self._mail_taken(wanted)
        if is_federated(found[0]):  # some directories list nobody and know everybody
            return UserResult("not_ours", message=FEDERATED.format(wanted.username))
        roles = [str(role["name"]) for role in self.admin.get_realm_roles_of_user(found[0]["id"])]
        settled = self._mend(wanted, found[0], roles)
        return replace(settled, outcome="inserted") if settled.outcome in ("updated", "unchanged") else settled

    def _mend(self, wanted: DesiredUser, user: UserJson, roles: Iterable[str]) -> UserResult:
        found = compare_user(wanted, user, roles, self.realm.members)
        if any(difference.column != ROLE for difference in found):
            try:
                self.admin.update_user(user["id"], user_update_payload(wanted, user))
            except KeycloakError as error:
                return self._mail_taken(wanted) if error.response_code == 409 else _rejected(error)
            self._read_back(wanted, str(user["id"]))
        if any(difference.column == ROLE for difference in found):
            self._give_role(wanted.role, str(user["id"]), set(roles))
        return UserResult("updated" if found else "unchanged", str(user["id"]), differences=tuple(found))

    def _give_role(self, role: str, user_id: str, roles: set[str]) -> None:
        if role not in roles:
            self.admin.assign_realm_roles(user_id, [self.realm.roles[role]])
        surplus = sorted((roles & set(self.realm.members)) - {role})
        if surplus:
            self.admin.delete_realm_roles_of_user(user_id, [self.realm.roles[name] for name in surplus])

    def _read_back(self, wanted: DesiredUser, user_id: str) -> None:
        left = compare_user(wanted, self.admin.get_user(user_id), [wanted.role], [wanted.role])
        for difference in left:
            raise _not_kept(wanted.username, difference.column, is_attribute=difference.column in wanted.attributes)

    def _mail_taken(self, wanted: DesiredUser) -> UserResult:
        mail = str(wanted.fields.get("email", ""))
        owners = [name for name, user in self.realm.users.items() if str(user.get("email", "")).lower() == mail.lower()]
        whose = f"'{owners[0]}'" if owners else "another user"
        return UserResult("constraint", message=f"mail '{mail}' belongs to {whose}")

    def _credentials(self) -> dict[str, Any]:
        if not self.password.value:
            return {"requiredActions": ["UPDATE_PASSWORD"]}
        secret = {"type": "password", "value": self.password.value, "temporary": self.password.temporary}
        return {"credentials": [secret]}


def _not_kept(name: str, column: str, *, is_attribute: bool = False) -> DataError:
    said = f"Keycloak did not keep '{column}' of user '{name}'"
    if is_attribute:
        step = f"declare the attribute '{column}' in the realm's user profile (Realm settings, User profile)"
        return DataError(said, next_step=step, code="keycloak-change-lost")
    return DataError(
        said, next_step="look for a mapper or a rule of the realm that changes it", code="keycloak-change-lost"
    )


def _rejected(error: KeycloakError) -> UserResult:
    """A 400 is about the row; anything else is raised again."""
    if error.response_code != 400:
        raise error
    try:
        body = json.loads(error.response_body or b"")
    except ValueError:
        body = {}
    causes = body.get("errors", [body]) if isinstance(body, dict) else []
    said = [" ".join(str(cause[part]) for part in ("field", "errorMessage") if cause.get(part)) for cause in causes]
    return UserResult("rejected_by_api", message="400 " + "; ".join(filter(None, said)))
