"""Keycloak's admin API: the users who hold a realm role."""

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from seedbed.database.sandbox.documents import Search
from seedbed.sandbox.keycloak.access import READ_USERS, known_realm, needs
from seedbed.sandbox.keycloak.roles import USERS, not_negative, role_named
from seedbed.sandbox.keycloak.user_profile import read_profile
from seedbed.sandbox.keycloak.user_records import shown_user
from seedbed.sandbox.route_services import Here

MOST = 100  # Keycloak's page where none is asked for

router = APIRouter(prefix="/admin/realms/{realm}", tags=["roles"], dependencies=[Depends(known_realm)])


@router.get("/roles/{name:path}/users", dependencies=[Depends(needs(*READ_USERS))], summary="Users with a realm role")
def list_members(here: Here, name: str, first: int = 0, max: int = MOST) -> JSONResponse:  # noqa: A002 - Keycloak's name
    """The users to whom the role is assigned itself, in order of their name."""
    with here.store.begin() as found:
        profile = read_profile(found, here.config.realm)
        wanted = Search(
            contains={"roleIds": [role_named(found, name)["id"]]},
            order_by="username",
            offset=not_negative(first),
            limit=None if max < 0 else max,
        )
        return JSONResponse([shown_user(user, profile) for user in found.search(USERS, wanted)])
