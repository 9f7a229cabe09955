"""Keycloak's stand-in: as much of its admin API and token service as loading users needs, behaving as Keycloak 26 does."""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse

from seedbed.sandbox.health import health_routes
from seedbed.sandbox.keycloak import role_members, roles, token_endpoint, user_routes
from seedbed.sandbox.keycloak.access import (
    ANY_RIGHT,
    WRITE_REALM,
    Realm,
    admin_error,
    install_keycloak_answers,
    keycloak_error,
    needs,
)
from seedbed.sandbox.keycloak.user_profile import COLLECTION as PROFILES
from seedbed.sandbox.keycloak.user_profile import POLICIES, profile_faults, read_profile
from seedbed.sandbox.route_services import Here
from seedbed.sandbox.signed_tokens import stable_id

DESCRIPTION = """The realm's token service and the part of Keycloak's admin API that loading users needs.

The same contract tests run against this and against a real Keycloak 26. The admin API wants a token whose
`resource_access.realm-management.roles` hold the right that the operation needs."""

router = APIRouter(prefix="/admin", tags=["realm"])


@router.get("/realms/{realm}", dependencies=[Depends(needs(*ANY_RIGHT))], summary="Get the realm")
def get_realm(here: Here, realm: Realm) -> JSONResponse:
    """The realm's settings that matter here."""
    return JSONResponse(
        {
            "id": stable_id(realm),
            "realm": realm,
            "enabled": True,
            "accessTokenLifespan": here.config.token_lifespan_s,
            "loginWithEmailAllowed": True,
            "duplicateEmailsAllowed": False,
            "editUsernameAllowed": False,
        }
    )


@router.get("/realms/{realm}/users/profile", dependencies=[Depends(needs(*ANY_RIGHT))], summary="Get the user profile")
def get_profile(here: Here, realm: Realm) -> JSONResponse:
    """The attributes that users have, and the rules for them."""
    with here.store.begin() as found:
        return JSONResponse(read_profile(found, realm))


@router.put(
    "/realms/{realm}/users/profile", dependencies=[Depends(needs(*WRITE_REALM))], summary="Set the user profile"
)
def put_profile(here: Here, realm: Realm, profile: dict[str, Any]) -> JSONResponse:
    """Declares the attributes that users have; others vanish unless `unmanagedAttributePolicy` lets them in."""
    if profile.get("unmanagedAttributePolicy") not in (None, *POLICIES):
        raise keycloak_error(400, "unknown_error", "Cannot parse the JSON")
    faults = profile_faults(profile)
    if faults:
        raise admin_error(400, f"[{', '.join(faults)}]")
    given = {name: value for name, value in profile.items() if value is not None}
    stored = {**given, "groups": given.get("groups", [])}
    with here.store.begin() as found:
        found.put(PROFILES, {realm: stored})
    return JSONResponse(stored)


@router.get("/serverinfo", dependencies=[Depends(needs(*ANY_RIGHT))], summary="About the server")
def server_info() -> JSONResponse:
    """What a realm's administrator may know of the server; Keycloak tells its version to master administrators only."""
    return JSONResponse({"profileInfo": {"name": "default", "disabledFeatures": []}, "features": []})


def create_keycloak() -> FastAPI:
    """Keycloak's application; its services are set when it is mounted."""
    app = FastAPI(title="Keycloak (sandbox)", version="26", description=DESCRIPTION, docs_url=None, redoc_url=None)
    install_keycloak_answers(app)
    app.include_router(health_routes())
    app.include_router(token_endpoint.router)
    app.include_router(router)  # before users: users/profile is no user's id
    app.include_router(user_routes.router)
    app.include_router(role_members.router)  # before roles: their names may hold slashes
    app.include_router(roles.router)
    return app
