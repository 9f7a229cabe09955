"""Keycloak's admin API: users."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from seedbed.sandbox.keycloak.access import (
    LIST_USERS,
    READ_USERS,
    WRITE_USERS,
    Realm,
    keycloak_error,
    known_realm,
    needs,
)
from seedbed.sandbox.keycloak.roles import USERS, user_by_id
from seedbed.sandbox.keycloak.user_profile import read_profile
from seedbed.sandbox.keycloak.user_records import (
    CredentialRepresentation,
    UserRepresentation,
    new_user,
    save_user,
    shown_user,
    updated_user,
    with_password,
)
from seedbed.sandbox.keycloak.user_search import UserQuery, user_search
from seedbed.sandbox.route_services import Here

router = APIRouter(prefix="/admin/realms/{realm}/users", tags=["users"], dependencies=[Depends(known_realm)])


@router.get("", dependencies=[Depends(needs(*LIST_USERS))], summary="List or look up users")
def list_users(here: Here, query: Annotated[UserQuery, Query()]) -> JSONResponse:
    """Users in order of their name. `username`, `email`, `firstName`, `lastName`: a part of it, or with `exact` the whole."""
    with here.store.begin() as found:
        profile = read_profile(found, here.config.realm)
        return JSONResponse([shown_user(user, profile) for user in found.search(USERS, user_search(query))])


@router.get("/count", dependencies=[Depends(needs(*LIST_USERS))], summary="Count users")
def count_users(here: Here, query: Annotated[UserQuery, Query()]) -> JSONResponse:
    """How many users the list would show in all."""
    with here.store.begin() as found:
        return JSONResponse(found.count(USERS, user_search(query)))


@router.post("", status_code=201, dependencies=[Depends(needs(*WRITE_USERS))], summary="Create a user")
def create_user(here: Here, realm: Realm, request: Request, user: UserRepresentation) -> Response:
    """Creates a user. 409 when name or mail is taken, 400 for what the profile refuses; undeclared attributes vanish silently."""
    with here.store.begin() as found:
        body = new_user(realm, user)
        save_user(found, realm, body, None)
    location = str(request.url.replace(query="")).rstrip("/")
    return Response(status_code=201, headers={"Location": f"{location}/{body['id']}"})


@router.get("/{user_id}", dependencies=[Depends(needs(*READ_USERS))], summary="Get a user")
def get_user(here: Here, realm: Realm, user_id: str) -> JSONResponse:
    """The user with this id."""
    with here.store.begin() as found:
        user = user_by_id(found, user_id)
        return JSONResponse(shown_user(user, read_profile(found, realm)))


@router.put("/{user_id}", status_code=204, dependencies=[Depends(needs(*WRITE_USERS))], summary="Update a user")
def update_user(here: Here, realm: Realm, user_id: str, user: UserRepresentation) -> Response:
    """Changes the fields given. With `attributes`, these and the names and mail given are all that remains."""
    with here.store.begin() as found:
        before = user_by_id(found, user_id, lock=True)
        save_user(found, realm, updated_user(before, user), before)
    return Response(status_code=204)


@router.delete("/{user_id}", status_code=204, dependencies=[Depends(needs(*WRITE_USERS))], summary="Delete a user")
def delete_user(here: Here, user_id: str) -> Response:
    """Deletes the user with this id."""
    with here.store.begin() as found:
        if not found.delete(USERS, user_id):
            raise keycloak_error(404, "User not found")
    return Response(status_code=204)


@router.put(
    "/{user_id}/reset-password", status_code=204, dependencies=[Depends(needs(*WRITE_USERS))], summary="Set a password"
)
def reset_password(here: Here, user_id: str, credential: CredentialRepresentation) -> Response:
    """Sets the password; a temporary one has to be changed at the next login."""
    if credential.value is None:
        raise keycloak_error(400, "No password provided")
    if not credential.value:
        raise keycloak_error(400, "Empty password not allowed")
    with here.store.begin() as found:
        user = user_by_id(found, user_id, lock=True)
        actions = [action for action in user["requiredActions"] if action != "UPDATE_PASSWORD"]
        body = with_password({**user, "requiredActions": actions}, credential)
        found.put(USERS, {user_id: body})
    return Response(status_code=204)


@router.get("/{user_id}/credentials", dependencies=[Depends(needs(*READ_USERS))], summary="Credentials of a user")
def get_credentials(here: Here, user_id: str) -> JSONResponse:
    """Whether the user has a password; never the password."""
    with here.store.begin() as found:
        user = user_by_id(found, user_id)
    return JSONResponse([{"id": f"{user['id']}-password", "type": "password"}] if user.get("password") else [])
