"""The realm as the stack needs it, in a real Keycloak and in the sandbox's: client, rights, attributes, roles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from seedbed.core.errors import AuthError, Transient
from seedbed.stack.keycloak_service import ADMIN

TIMEOUT_S = 30.0
RIGHTS = (
    "manage-realm",
    "manage-users",
    "query-clients",
    "query-groups",
    "query-users",
    "view-clients",
    "view-realm",
    "view-users",
)
ADMIN_ONLY = {"view": ["admin"], "edit": ["admin"]}


@dataclass(frozen=True, slots=True)
class Client:
    """The realm, and the client by which Seedbed gets in."""

    realm: str
    client_id: str
    secret: str = field(repr=False)


def create_realm(base_url: str, admin_password: str, client: Client) -> None:
    """Makes the realm and its client with a service account that may load users; what exists is brought into this state."""
    with _session(base_url) as http:
        login = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": admin_password}
        _use_token(http, "master", login)
        _call(http, "POST", "/admin/realms", {"realm": client.realm, "enabled": True}, fine=(201, 409))
        admin = f"/admin/realms/{client.realm}"
        account = _service_account(http, admin, _ensure_client(http, admin, client))
        _give_rights(http, admin, account)


def declare(base_url: str, client: Client, attributes: Iterable[str], roles: Iterable[str]) -> None:
    """Declares user attributes (undeclared ones vanish silently) and creates realm roles, where they are missing."""
    with _session(base_url) as http:
        secrets = {"client_id": client.client_id, "client_secret": client.secret}
        _use_token(http, client.realm, {"grant_type": "client_credentials", **secrets})
        admin = f"/admin/realms/{client.realm}"
        profile = _call(http, "GET", f"{admin}/users/profile").json()
        known = {attribute["name"] for attribute in profile["attributes"]}
        missing = [name for name in dict.fromkeys(attributes) if name not in known]
        if missing:
            added = [{"name": name, "displayName": name, "permissions": ADMIN_ONLY} for name in missing]
            _call(http, "PUT", f"{admin}/users/profile", {**profile, "attributes": [*profile["attributes"], *added]})
        for role in dict.fromkeys(roles):
            _call(http, "POST", f"{admin}/roles", {"name": role}, fine=(201, 409))


def token_settings(base_url: str, realm: str) -> dict[str, str]:
    """What the sandbox's configuration says of a Keycloak elsewhere."""
    issuer = f"{base_url}/realms/{realm}"
    return {"issuer": issuer, "jwks_url": f"{issuer}/protocol/openid-connect/certs"}


def _ensure_client(http: httpx.Client, admin: str, client: Client) -> str:
    wanted = {
        "clientId": client.client_id,
        "secret": client.secret,
        "publicClient": False,
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "directAccessGrantsEnabled": True,
    }
    if not (known := _client_key(http, admin, client.client_id)):
        _call(http, "POST", f"{admin}/clients", wanted, fine=(201,))
        return _client_key(http, admin, client.client_id)
    _call(http, "PUT", f"{admin}/clients/{known}", wanted, fine=(204,))
    return known


def _client_key(http: httpx.Client, admin: str, client_id: str) -> str:
    found = _call(http, "GET", f"{admin}/clients?clientId={client_id}").json()
    return found[0]["id"] if found else ""


def _service_account(http: httpx.Client, admin: str, client_key: str) -> str:
    account: str = _call(http, "GET", f"{admin}/clients/{client_key}/service-account-user").json()["id"]
    return account


def _give_rights(http: httpx.Client, admin: str, account: str) -> None:
    management = _client_key(http, admin, "realm-management")
    known = _call(http, "GET", f"{admin}/clients/{management}/roles").json()
    rights = [right for right in known if right["name"] in RIGHTS]
    _call(http, "POST", f"{admin}/users/{account}/role-mappings/clients/{management}", rights, fine=(204,))


def _session(base_url: str) -> httpx.Client:
    return httpx.Client(base_url=base_url, timeout=TIMEOUT_S, trust_env=False)


def _use_token(http: httpx.Client, realm: str, form: Mapping[str, str]) -> None:
    answer = _send(http, http.build_request("POST", f"/realms/{realm}/protocol/openid-connect/token", data=dict(form)))
    if answer.status_code != 200:
        raise AuthError(
            f"{http.base_url} gives no token of realm {realm}: {answer.status_code} {answer.text[:200]}",
            next_step="`seedbed down`, remove Keycloak's folder in the state directory, `seedbed up`",
            code="local-stack-failed",
        )
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _call(
    http: httpx.Client, method: str, path: str, body: Any = None, *, fine: tuple[int, ...] = (200,)
) -> httpx.Response:
    answer = _send(http, http.build_request(method, path, json=body))
    if answer.status_code in (401, 403):
        raise AuthError(
            f"{method} {path} was refused with {answer.status_code}: {answer.text[:200]}", code="local-stack-failed"
        )
    if answer.status_code not in fine:
        raise Transient(
            f"{method} {path} was answered {answer.status_code}: {answer.text[:500]}", code="local-stack-failed"
        )
    return answer


def _send(http: httpx.Client, request: httpx.Request) -> httpx.Response:
    try:
        return http.send(request)
    except httpx.TransportError as error:
        raise Transient(f"{request.url} does not answer: {error}", code="local-stack-failed") from error
