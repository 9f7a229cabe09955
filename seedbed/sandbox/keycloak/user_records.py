"""Users as Keycloak represents them, and how a request changes a stored one."""

import time
import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from seedbed.database.sandbox.documents import Documents, LabelTakenError
from seedbed.sandbox.keycloak.access import admin_error
from seedbed.sandbox.keycloak.passwords import hash_password
from seedbed.sandbox.keycloak.roles import USERS, default_role_id
from seedbed.sandbox.keycloak.user_profile import (
    ROOT_ATTRIBUTES,
    Attributes,
    Profile,
    attribute_faults,
    keep_allowed,
    keep_visible,
    read_profile,
)
from seedbed.sandbox.route_services import RefusedError

User = dict[str, Any]

UPDATE_PASSWORD = "UPDATE_PASSWORD"  # noqa: S105 - the name of an action
REQUIRED_ACTIONS = frozenset(
    {
        "CONFIGURE_TOTP",
        "TERMS_AND_CONDITIONS",
        UPDATE_PASSWORD,
        "UPDATE_PROFILE",
        "VERIFY_EMAIL",
        "VERIFY_PROFILE",
        "webauthn-register",
        "webauthn-register-passwordless",
    }
)
CONFLICTS = {"email": "User exists with same email", "username": "User exists with same username"}


class CredentialRepresentation(BaseModel):
    """A password as it is given."""

    model_config = ConfigDict(extra="allow")

    type: str = "password"
    value: str | None = None
    temporary: bool = False


class UserRepresentation(BaseModel):
    """A user as Keycloak represents it; unknown fields are refused, roles and groups are ignored here as there."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = None
    username: str | None = None
    email: str | None = None
    firstName: str | None = None  # noqa: N815 - Keycloak's name
    lastName: str | None = None  # noqa: N815 - Keycloak's name
    enabled: bool | None = None
    emailVerified: bool | None = None  # noqa: N815 - Keycloak's name
    attributes: dict[str, list[str]] | None = None
    requiredActions: list[str] | None = None  # noqa: N815 - Keycloak's name
    credentials: list[CredentialRepresentation] | None = None
    createdTimestamp: int | None = None  # noqa: N815 - Keycloak's name
    realmRoles: list[str] | None = None  # noqa: N815 - Keycloak's name
    clientRoles: dict[str, list[str]] | None = None  # noqa: N815 - Keycloak's name
    groups: list[str] | None = None
    totp: bool | None = None
    notBefore: int | None = None  # noqa: N815 - Keycloak's name
    disableableCredentialTypes: list[str] | None = None  # noqa: N815 - Keycloak's name
    access: dict[str, bool] | None = None
    federationLink: str | None = None  # noqa: N815 - Keycloak's name
    federatedIdentities: list[dict[str, Any]] | None = None  # noqa: N815 - Keycloak's name
    userProfileMetadata: dict[str, Any] | None = None  # noqa: N815 - Keycloak's name

    @field_validator("attributes", mode="before")
    @classmethod
    def _lists_of_text(cls, given: object) -> object:
        """Keycloak takes one value for a list of one, and numbers for text."""
        if not isinstance(given, dict):
            return given
        lists = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
        return {name: [str(value) for value in values if value is not None] for name, values in lists.items()}


def new_user(realm: str, given: UserRepresentation) -> User:
    """The user that a creation asks for; not yet judged by the profile."""
    if not (given.username or (given.attributes or {}).get("username")):
        raise admin_error(400, "User name is missing")
    blank: User = {
        "id": str(uuid.uuid4()),
        "attributes": {},
        "emailVerified": False,
        "enabled": False,
        "createdTimestamp": int(time.time() * 1_000),
        "requiredActions": [],
        "roleIds": [default_role_id(realm)],
    }
    return _changed(blank, given, {**(given.attributes or {}), **_root_values(given)})


def updated_user(before: User, given: UserRepresentation) -> User:
    """The user after an update; attributes, where given, replace all of them and the names and mail as well."""
    kept = all_attributes(before) if given.attributes is None else {"username": [before["username"]]}
    return _changed(before, given, {**kept, **(given.attributes or {}), **_root_values(given)})


def all_attributes(user: User) -> Attributes:
    """The user's attributes with name, mail and the rest of the root among them."""
    return {**user["attributes"], **{name: [user[name]] for name in ROOT_ATTRIBUTES if user.get(name)}}


def save_user(found: Documents, realm: str, user: User, before: User | None) -> None:
    """Stores the user as the profile lets it pass; 409 before 400, as Keycloak has it."""
    _refuse_taken(found, user)
    profile = read_profile(found, realm)
    attributes = keep_allowed(profile, all_attributes(user))
    faults = attribute_faults(profile, attributes, None if before is None else all_attributes(before))
    if faults:
        raise RefusedError(400, faults[0] if len(faults) == 1 else {"errors": faults})
    stored = _with_attributes(user, attributes)
    found.put(USERS, {user["id"]: stored})
    for kind, message in CONFLICTS.items():
        if not stored.get(kind):
            found.release(USERS, user["id"], kind)
            continue
        try:
            found.claim(USERS, user["id"], kind, stored[kind])
        except LabelTakenError as error:
            raise admin_error(409, message) from error


def with_password(user: User, credential: CredentialRepresentation) -> User:
    """The user with this password; a temporary one asks for a new one at login."""
    if not credential.value:
        return user
    actions = user["requiredActions"]
    if credential.temporary and UPDATE_PASSWORD not in actions:
        actions = [*actions, UPDATE_PASSWORD]
    return {**user, "password": hash_password(credential.value), "requiredActions": actions}


def shown_user(user: User, profile: Profile) -> dict[str, Any]:
    """The user as the admin API shows it; attributes only where there are any."""
    root = {name: user[name] for name in ("id", *ROOT_ATTRIBUTES) if user.get(name)}
    attributes = keep_visible(profile, user["attributes"])
    return {
        **root,
        "emailVerified": user["emailVerified"],
        **({"attributes": attributes} if attributes else {}),
        **({"federationLink": user["federationLink"]} if user.get("federationLink") else {}),
        "enabled": user["enabled"],
        "createdTimestamp": user["createdTimestamp"],
        "totp": False,
        "disableableCredentialTypes": [],
        "requiredActions": user["requiredActions"],
        "notBefore": 0,
        "access": {"manage": True},
    }


def _root_values(given: UserRepresentation) -> Attributes:
    values = {name: getattr(given, name) for name in ROOT_ATTRIBUTES}
    return {name: [value] for name, value in values.items() if value is not None}


def _changed(user: User, given: UserRepresentation, attributes: Attributes) -> User:
    fields = {
        "enabled": given.enabled,
        "emailVerified": given.emailVerified,
        "federationLink": given.federationLink,
    }
    changed = {**user, **{name: value for name, value in fields.items() if value is not None}}
    if given.requiredActions is not None:
        changed["requiredActions"] = [action for action in given.requiredActions if action in REQUIRED_ACTIONS]
    for credential in given.credentials or []:
        changed = with_password(changed, credential)
    return _with_attributes(changed, attributes)


def _with_attributes(user: User, attributes: Attributes) -> User:
    others = {name: value for name, value in user.items() if name not in ROOT_ATTRIBUTES}
    root = {name: attributes[name][0] for name in ROOT_ATTRIBUTES if attributes.get(name)}
    lowered: User = {name: root[name].lower() for name in ("username", "email") if name in root}
    rest = {name: values for name, values in attributes.items() if name not in ROOT_ATTRIBUTES}
    return {**others, **root, **lowered, "attributes": rest}


def _refuse_taken(found: Documents, user: User) -> None:
    for kind, message in CONFLICTS.items():
        holder = found.find(USERS, kind, user[kind]) if user.get(kind) else None
        if holder not in (None, user["id"]):
            raise admin_error(409, message)
