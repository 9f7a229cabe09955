"""OpenID Connect of the realm: well-known document, keys and the token endpoint."""

import base64
import binascii
import hmac
from typing import Annotated, Any
from urllib.parse import unquote_plus

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse

from seedbed.sandbox.faults.fault_rules import token_lifespan
from seedbed.sandbox.keycloak.access import keycloak_error
from seedbed.sandbox.keycloak.passwords import is_password
from seedbed.sandbox.keycloak.roles import ROLES, USERS
from seedbed.sandbox.route_services import Here, Services
from seedbed.sandbox.signed_tokens import ALGORITHM, Claims, stable_id

PUBLIC_CLIENT = "admin-cli"
GRANTS = ("client_credentials", "password")
INVALID_CLIENT = "Invalid client or Invalid client credentials"
SCOPE = "email profile"


def public_realm(here: Here, realm: str) -> str:
    """The realm of a public path; 404 for another than ours."""
    if realm != here.config.realm:
        raise keycloak_error(404, "Realm does not exist")
    return realm


router = APIRouter(prefix="/realms/{realm}", tags=["OpenID Connect"], dependencies=[Depends(public_realm)])


@router.get("/.well-known/openid-configuration", summary="OpenID Connect discovery")
def well_known(here: Here) -> JSONResponse:
    """Where the realm's endpoints are and what they can do."""
    issuer = here.config.token_issuer
    endpoint = f"{issuer}/protocol/openid-connect"
    return JSONResponse(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{endpoint}/auth",
            "token_endpoint": f"{endpoint}/token",
            "jwks_uri": f"{endpoint}/certs",
            "grant_types_supported": list(GRANTS),
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "scopes_supported": ["openid", "email", "profile"],
        }
    )


@router.get("/protocol/openid-connect/certs", summary="Public keys")
def certs(here: Here) -> JSONResponse:
    """The keys that the realm's tokens are signed with."""
    return JSONResponse({"keys": [here.signer.public_jwk] if here.signer else []})


@router.post("/protocol/openid-connect/token", summary="Get an access token")
def token(  # noqa: PLR0913, PLR0917 - the fields of OAuth2's form
    here: Here,
    request: Request,
    grant_type: Annotated[str, Form()] = "",
    client_id: Annotated[str, Form()] = "",
    client_secret: Annotated[str, Form()] = "",
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> JSONResponse:
    """An access token for the client (client_credentials) or for a user (password); the client by form or HTTP basic."""
    if not grant_type:
        raise keycloak_error(400, "invalid_request", "Missing form parameter: grant_type")
    client = _authenticate(here, *_client_of(request, client_id, client_secret))
    if grant_type not in GRANTS:
        raise keycloak_error(400, "unsupported_grant_type", "Unsupported grant_type")
    if grant_type == "password":
        claims = _user_claims(here, username, password)
    elif client == PUBLIC_CLIENT:
        raise keycloak_error(401, "unauthorized_client", "Public client not allowed to retrieve service account")
    else:
        claims = _client_claims(here, client)
    return _token_answer(here, {**claims, "azp": client, "scope": SCOPE}, token_lifespan(request))


def _token_answer(here: Services, claims: Claims, lifespan_s: int | None) -> JSONResponse:
    if here.signer is None:
        raise keycloak_error(404, "Realm does not exist")
    answer = {
        "access_token": here.signer.issue(claims, lifespan_s=lifespan_s),
        "expires_in": here.signer.lifespan_s,
        "refresh_expires_in": 0,
        "token_type": "Bearer",
        "not-before-policy": 0,
        "scope": SCOPE,
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _client_of(request: Request, client_id: str, client_secret: str) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return client_id, client_secret
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise keycloak_error(401, "invalid_client", INVALID_CLIENT) from error
    return unquote_plus(name), unquote_plus(secret)


def _authenticate(here: Services, client_id: str, client_secret: str) -> str:
    if client_id == PUBLIC_CLIENT:
        return client_id
    secrets = {**here.config.more_clients, here.config.client_id: here.config.client_secret}
    if client_id not in secrets:
        raise keycloak_error(401, "invalid_client", INVALID_CLIENT)
    if not hmac.compare_digest(client_secret.encode(), secrets[client_id].get_secret_value().encode()):
        raise keycloak_error(401, "unauthorized_client", INVALID_CLIENT)
    return client_id


def _client_claims(here: Services, client_id: str) -> Claims:
    realm, administrator = here.config.realm, here.config.client_id
    rights = {"realm-management": {"roles": list(here.config.service_account_roles)}}
    return {
        "sub": stable_id(realm, "service-account", client_id),
        "aud": ["realm-management", "account"],
        "realm_access": {"roles": [f"default-roles-{realm}", "offline_access", "uma_authorization"]},
        "resource_access": rights if client_id == administrator else {"account": {"roles": ["view-profile"]}},
        "preferred_username": f"service-account-{client_id}",
        "client_id": client_id,
    }


def _user_claims(here: Services, username: str, password: str) -> Claims:
    if not username:
        raise keycloak_error(401, "invalid_request", "Missing parameter: username")
    with here.store.begin() as found:
        name = username.lower()
        key = found.find(USERS, "username", name) or found.find(USERS, "email", name)
        user = (found.get(USERS, key) if key else None) or {}
        roles = [role["name"] for role in found.get_many(ROLES, user.get("roleIds", [])).values()]
    if user and not user["enabled"]:
        raise keycloak_error(400, "invalid_grant", "Account disabled")
    if not is_password(user.get("password"), password):
        raise keycloak_error(401, "invalid_grant", "Invalid user credentials")
    if user["requiredActions"] or not all(user.get(name) for name in ("email", "firstName", "lastName")):
        raise keycloak_error(400, "invalid_grant", "Account is not fully set up")
    return {**_identity(user), "aud": "account", "realm_access": {"roles": roles}}


def _identity(user: dict[str, Any]) -> dict[str, Any]:
    return {
        "sub": user["id"],
        "preferred_username": user["username"],
        "email": user["email"],
        "email_verified": user["emailVerified"],
        "given_name": user["firstName"],
        "family_name": user["lastName"],
        "name": f"{user['firstName']} {user['lastName']}",
    }
