"""What a row of user.csv wants of a Keycloak user, and how a user differs from it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.core.report import Change
from seedbed.core.rows import Block
from seedbed.core.spec import Entity

FIELDS: Mapping[str, str] = {
    "email": "email",
    "given_name": "firstName",
    "family_name": "lastName",
    "active": "enabled",
}
NAME, ROLE, ROLE_INSTEAD = "username", "realm_role", "role"
REPEATED = ("username", "email", "firstName", "lastName")
IGNORE_CASE = ("email",)  # Keycloak keeps it in lower case

UserJson = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DesiredUser:
    """The state that a row asks for; what its file has no column for is left alone.

    `fields` by Keycloak's name, `attributes` by name ("" means: not set), `role` a realm role or "".
    """

    username: str
    fields: Mapping[str, str | bool]
    attributes: Mapping[str, str]
    role: str


@dataclass(frozen=True, slots=True)
class UserDifference:
    """One value that is not as wanted; `column` as the CSV names it."""

    column: str
    before: str
    after: str

    def change(self, entity: str, key: str) -> Change:
        """The change that mends it."""
        return Change(entity, key, self.column, self.before or None, self.after or None)


def attribute_names(entity: Entity) -> tuple[str, ...]:
    """The attributes that the realm's user profile must declare: every column that is not one of Keycloak's own fields."""
    own = {NAME, ROLE, *FIELDS}
    return tuple(header for header in entity.headers if header not in own)


def desired_users(entity: Entity, block: Block) -> list[DesiredUser]:
    """What each row of a block asks for."""
    text = block.source.text
    attributes = [name for name in attribute_names(entity) if name in text.columns]
    # Row by row: each row becomes a request of its own.
    return [
        DesiredUser(
            str(row[NAME]).lower(),
            {field: _value(field, str(row[header])) for header, field in FIELDS.items() if header in row}
            | {"emailVerified": True},
            {name: str(row[name]) for name in attributes},
            str(row.get(ROLE) or row.get(ROLE_INSTEAD) or ""),
        )
        for row in text.to_dict("records")
    ]


def compare_user(
    wanted: DesiredUser, user: UserJson, roles: Iterable[str], managed: Iterable[str]
) -> list[UserDifference]:
    """Where a user is not as wanted. `roles`: the realm roles it has; of these only `managed` ones are ours to take away."""
    columns = {field: header for header, field in FIELDS.items()}
    found = [
        UserDifference(columns.get(field, field), _text(user.get(field)), _text(value))
        for field, value in wanted.fields.items()
        if not _same(field, user.get(field), value)
    ]
    found += [
        UserDifference(name, attribute(user, name), value)
        for name, value in wanted.attributes.items()
        if attribute(user, name) != value
    ]
    ours = sorted(set(roles) & set(managed))
    if wanted.role and ours != [wanted.role]:
        found.append(UserDifference(ROLE, ",".join(ours), wanted.role))
    return found


def new_user_payload(wanted: DesiredUser) -> dict[str, Any]:
    """The representation of a user that does not exist yet; a file without `active` makes enabled users."""
    attributes = {name: [value] for name, value in wanted.attributes.items() if value}
    return {"username": wanted.username, "enabled": True, **wanted.fields, "attributes": attributes}


def user_update_payload(wanted: DesiredUser, user: UserJson) -> dict[str, Any]:
    """The update that makes a user as wanted; it repeats names and attributes, for Keycloak drops those that it does not."""
    attributes = {**(user.get("attributes") or {}), **{name: [value] for name, value in wanted.attributes.items()}}
    kept = {name: values for name, values in attributes.items() if wanted.attributes.get(name) != ""}
    repeated = {name: user[name] for name in REPEATED if name in user}
    return {**repeated, **wanted.fields, "attributes": kept}


def user_disable_payload(user: UserJson) -> dict[str, Any]:
    """The update that shuts a user out; it repeats what Keycloak would drop."""
    nothing = DesiredUser(str(user["username"]), {"enabled": False}, {}, "")
    return user_update_payload(nothing, user)


def attribute(user: UserJson, name: str) -> str:
    """A user's attribute as text; several values are joined by commas."""
    return ",".join(str(value) for value in (user.get("attributes") or {}).get(name, ()))


def as_row(entity: Entity, user: UserJson, roles: Iterable[str]) -> dict[str, str]:
    """A user as a row of the entity, with Keycloak's id."""
    named = {name: attribute(user, name) for name in attribute_names(entity)}
    fields = {header: _text(user.get(field)) for header, field in FIELDS.items()}
    return {"id": str(user["id"]), NAME: str(user["username"]), ROLE: ",".join(sorted(roles)), **fields, **named}


def _value(field: str, cell: str) -> str | bool:
    return cell.lower() == "true" if field == "enabled" else cell


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "" if value is None else str(value)


def _same(field: str, left: object, right: object) -> bool:
    if field in IGNORE_CASE:
        return _text(left).casefold() == _text(right).casefold()
    return _text(left) == _text(right)
