"""Keycloak's admin API: realm roles and the roles of users."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from seedbed.database.sandbox.documents import Documents, LabelTakenError, Match, Search, escape_like
from seedbed.sandbox.keycloak.access import (
    LIST_ROLES,
    READ_REALM,
    READ_USERS,
    WRITE_REALM,
    WRITE_USERS,
    Realm,
    admin_error,
    keycloak_error,
    known_realm,
    needs,
)
from seedbed.sandbox.route_services import Here
from seedbed.sandbox.signed_tokens import stable_id

ROLES = "keycloak/role"
USERS = "keycloak/user"
BUILT_IN = {
    "default-roles-{realm}": "${role_default-roles}",
    "offline_access": "${role_offline-access}",
    "uma_authorization": "${role_uma_authorization}",
}

router = APIRouter(prefix="/admin/realms/{realm}", tags=["roles"], dependencies=[Depends(known_realm)])


class RoleRepresentation(BaseModel):
    """A realm role as Keycloak represents it."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = None
    name: str | None = None
    description: str | None = None
    composite: bool | None = None
    clientRole: bool | None = None  # noqa: N815 - Keycloak's name
    containerId: str | None = None  # noqa: N815 - Keycloak's name
    attributes: dict[str, list[str]] | None = None
    composites: dict[str, Any] | None = None
    scopeParamRequired: bool | None = None  # noqa: N815 - Keycloak's name


def default_role_id(realm: str) -> str:
    """The id of the role that every user of the realm has."""
    return stable_id(realm, "role", f"default-roles-{realm}")


def create_roles(found: Documents, realm: str, names: Sequence[str] = ()) -> None:
    """Creates the roles that every realm of Keycloak has, and the named ones, where they are missing."""
    for pattern, description in {**BUILT_IN, **dict.fromkeys(names, "")}.items():
        name = pattern.replace("{realm}", realm)
        key = stable_id(realm, "role", name)
        if found.get(ROLES, key) is None:
            found.put(ROLES, {key: _new_role(realm, name, description)})
            found.claim(ROLES, key, "name", name)


@router.get("/roles", dependencies=[Depends(needs(*LIST_ROLES))], summary="List realm roles")
def list_roles(
    here: Here,
    search: str = "",
    first: int = 0,
    max: int = -1,  # noqa: A002 - Keycloak's name
    brief: Annotated[bool, Query(alias="briefRepresentation")] = True,
) -> JSONResponse:
    """Realm roles in order of their name; `search` is a part of the name."""
    matches = (Match(("name",), f"%{escape_like(search)}%"),) if search else ()
    wanted = Search(matches, order_by="name", offset=not_negative(first), limit=None if max < 0 else max)
    with here.store.begin() as found:
        return JSONResponse([brief_role(role) if brief else role for role in found.search(ROLES, wanted)])


def not_negative(first: int) -> int:
    """An offset that is not negative: Keycloak takes -1 for none."""
    return first if first > 0 else 0


@router.post("/roles", status_code=201, dependencies=[Depends(needs(*WRITE_REALM))], summary="Create a realm role")
def create_role(here: Here, realm: Realm, request: Request, role: RoleRepresentation) -> Response:
    """Creates a realm role; 409 when the name is taken."""
    if role.name is None:
        raise keycloak_error(400, "role has no name")
    key = stable_id(realm, "role", role.name)
    body = {**_new_role(realm, role.name, role.description), "attributes": role.attributes or {}}
    try:
        with here.store.begin() as found:
            found.put_new(ROLES, key, body)
            found.claim(ROLES, key, "name", role.name)
    except LabelTakenError as error:
        raise admin_error(409, f"Role with name {role.name} already exists") from error
    location = str(request.url.replace(query="")).rstrip("/")
    return Response(status_code=201, headers={"Location": f"{location}/{quote(role.name, safe='')}"})


@router.get("/roles/{name:path}", dependencies=[Depends(needs(*READ_REALM))], summary="Get a realm role")
def get_role(here: Here, name: str) -> JSONResponse:
    """The realm role with this name."""
    with here.store.begin() as found:
        return JSONResponse(role_named(found, name))


@router.delete(
    "/roles/{name:path}", status_code=204, dependencies=[Depends(needs(*WRITE_REALM))], summary="Delete a realm role"
)
def delete_role(here: Here, name: str) -> Response:
    """Deletes a realm role; users who had it have it no more."""
    with here.store.begin() as found:
        found.delete(ROLES, role_named(found, name)["id"])
    return Response(status_code=204)


@router.get(
    "/users/{user_id}/role-mappings/realm", dependencies=[Depends(needs(*READ_USERS))], summary="Realm roles of a user"
)
def get_user_roles(here: Here, user_id: str) -> JSONResponse:
    """The user's own realm roles."""
    with here.store.begin() as found:
        held = found.get_many(ROLES, user_by_id(found, user_id)["roleIds"])
    return JSONResponse([brief_role(role) for role in held.values()])


@router.post(
    "/users/{user_id}/role-mappings/realm",
    status_code=204,
    dependencies=[Depends(needs(*WRITE_USERS))],
    summary="Give realm roles to a user",
)
def add_user_roles(
    here: Here,
    user_id: str,
    roles: Annotated[list[RoleRepresentation], Body()],
) -> Response:
    """Adds roles; id and name have to agree; a role that the user has is no error."""
    with here.store.begin() as found:
        user = user_by_id(found, user_id, lock=True)
        ids = _known_role_ids(found, roles)
        found.put(USERS, {user_id: {**user, "roleIds": list(dict.fromkeys((*user["roleIds"], *ids)))}})
    return Response(status_code=204)


@router.delete(
    "/users/{user_id}/role-mappings/realm",
    status_code=204,
    dependencies=[Depends(needs(*WRITE_USERS))],
    summary="Take realm roles from a user",
)
def remove_user_roles(
    here: Here,
    user_id: str,
    roles: Annotated[list[RoleRepresentation], Body()],
) -> Response:
    """Removes roles; one that the user does not have is no error."""
    with here.store.begin() as found:
        user = user_by_id(found, user_id, lock=True)
        gone = _known_role_ids(found, roles)
        found.put(USERS, {user_id: {**user, "roleIds": [held for held in user["roleIds"] if held not in gone]}})
    return Response(status_code=204)


def user_by_id(found: Documents, user_id: str, *, lock: bool = False) -> dict[str, Any]:
    """The stored user; 404 where there is none."""
    user = found.get(USERS, user_id, lock=lock)
    if user is None:
        raise keycloak_error(404, "User not found")
    return user


def brief_role(role: dict[str, Any]) -> dict[str, Any]:
    """The role without its attributes, as lists show it."""
    return {name: value for name, value in role.items() if name != "attributes"}


def role_named(found: Documents, name: str) -> dict[str, Any]:
    """The stored realm role; 404 where there is none."""
    key = found.find(ROLES, "name", name)
    role = found.get(ROLES, key) if key else None
    if role is None:
        raise keycloak_error(404, "Could not find role")
    return role


def _known_role_ids(found: Documents, roles: Sequence[RoleRepresentation]) -> list[str]:
    known = found.get_many(ROLES, [role.id for role in roles if role.id])
    for role in roles:
        if role.name is None or known.get(role.id or "", {}).get("name") != role.name:
            raise keycloak_error(404, "Role not found")
    return list(known)


def _new_role(realm: str, name: str, description: str | None) -> dict[str, Any]:
    role = {"id": stable_id(realm, "role", name), "name": name}
    if description is not None:
        role["description"] = description
    is_default = name == f"default-roles-{realm}"
    container = {"containerId": stable_id(realm), "attributes": {}}
    return {**role, "composite": is_default, "clientRole": False, **container}
