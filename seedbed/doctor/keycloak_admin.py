"""Keycloak's admin API, as far as probes read it."""

from typing import Any
from urllib.parse import quote

from seedbed.core.errors import AuthError
from seedbed.doctor.http import ask, json_of
from seedbed.doctor.probe import Visit

SETTING = "KEYCLOAK_BASE_URL"


def read(visit: Visit, path: str, *, right: str) -> Any:
    """What the realm's admin API says; AuthError names the right that is lacking."""
    keycloak, client = visit.clinic.keycloak, visit.clinic.keycloak_client.client_id
    url = f"{keycloak.base_url.rstrip('/')}/admin/realms/{quote(keycloak.realm, safe='')}{path}"
    bearer = {"Authorization": f"Bearer {visit.keycloak_token().token}"}
    answer = ask(visit, "GET", url, setting=SETTING, headers=bearer)
    if answer.status_code == 401:
        raise AuthError(
            f"Keycloak does not accept the tokens of client '{client}': 401",
            next_step="check that OAUTH2_TOKEN_URL belongs to this Keycloak and realm",
            code="token-not-accepted",
        )
    if answer.status_code == 403:
        raise AuthError(
            f"the service account of client '{client}' lacks '{right}': GET {path} answers 403",
            next_step=giving([right], client),
            code="right-missing",
        )
    return json_of(answer, setting=SETTING)


def giving(rights: list[str], client: str) -> str:
    """The step that gives a client's service account rights."""
    return f"in Keycloak: Clients, {client}, Service account roles: assign {', '.join(rights)} of realm-management"
