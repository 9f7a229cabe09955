"""The sandbox as one application: its parts mounted, its fault switch in front of them."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.responses import Response
from starlette.types import ASGIApp

from seedbed.database.sandbox.documents import Store, open_store
from seedbed.sandbox.config import SandboxConfig
from seedbed.sandbox.cortex.cortex_app import create_cortex
from seedbed.sandbox.demographic.demographic_app import create_demographic
from seedbed.sandbox.faults.connections import with_body_limit, with_faults
from seedbed.sandbox.faults.fault_rules import FaultPlan, FaultStatus, FaultSwitch
from seedbed.sandbox.health import health_routes
from seedbed.sandbox.keycloak.keycloak_app import create_keycloak
from seedbed.sandbox.keycloak.roles import create_roles
from seedbed.sandbox.keycloak.user_profile import declare_attributes
from seedbed.sandbox.route_services import Here, Services, install_answers, refusal
from seedbed.sandbox.signed_tokens import open_signer, remote_check

DESCRIPTION = """Stand-ins for the services that a refresh talks to, each with its own document: `/cortex/openapi.json`,
`/demographic/openapi.json`, `/keycloak/openapi.json`. Here: health of the whole, and the fault switch."""


def create_app(config: SandboxConfig) -> ASGIApp:
    """The sandbox, with its tables created."""
    store = open_store(config.database.address())
    services = open_services(config, store)
    root = FastAPI(title="Seedbed sandbox", version="1", description=DESCRIPTION, docs_url=None, redoc_url=None)
    root.state.services = services
    root.state.switch = FaultSwitch()
    install_answers(root)
    root.include_router(health_routes())
    root.include_router(fault_routes)
    parts = {"/cortex": create_cortex(), "/demographic": create_demographic()}
    if config.has_own_keycloak:
        parts["/keycloak"] = create_keycloak()
    for path, part in parts.items():
        part.state.services = services
        root.mount(path, part)
    return with_faults(with_body_limit(root), root.state.switch)


def open_services(config: SandboxConfig, store: Store) -> Services:
    """What the routes need: our own key, or the published keys of a Keycloak elsewhere."""
    if config.signing_key_path is None or not config.has_own_keycloak:
        return Services(config, store, remote_check(config.issuer, config.jwks_url))
    with store.begin() as found:
        create_roles(found, config.realm, config.realm_roles)
        declare_attributes(found, config.realm, config.user_attributes)
    signer = open_signer(config.signing_key_path, config.token_issuer, config.token_lifespan_s)
    return Services(config, store, signer.check, signer)


async def switch_of(
    request: Request, here: Here, token: Annotated[str, Header(alias="X-Fault-Token")] = ""
) -> FaultSwitch:
    """The fault switch for those who hold its credential; 403 for others, and for all where no credential is configured."""
    secret = here.config.fault_token.get_secret_value()
    if not secret or not hmac.compare_digest(token.encode(), secret.encode()):
        raise refusal(403, "forbidden", "the fault switch wants its own credential in X-Fault-Token")
    switch: FaultSwitch = request.app.state.switch
    return switch


Switch = Annotated[FaultSwitch, Depends(switch_of)]
fault_routes = APIRouter(
    prefix="/faults", tags=["faults"], responses={403: {"description": "Not the fault switch's credential"}}
)


# Coroutines, unlike the other routes: the switch is touched on the event loop only.
@fault_routes.get("", summary="The faults in force")
async def get_faults(switch: Switch) -> FaultStatus:
    """The rules in force, and how often each has been seen and has fired."""
    return switch.status()


@fault_routes.put("", summary="Order faults")
async def put_faults(switch: Switch, plan: FaultPlan) -> FaultStatus:
    """Puts rules into force in place of all earlier ones."""
    switch.set(plan)
    return switch.status()


@fault_routes.delete("", summary="Switch faults off", status_code=204)
async def delete_faults(switch: Switch) -> Response:
    """Switches all faults off."""
    switch.set(FaultPlan())
    return Response(status_code=204)
