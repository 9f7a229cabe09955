"""Keycloak's admin API, as far as probes read it."""

from typing import Any
from urllib.parse import quote

from seedbed.core.errors import AuthError
from seedbed.doctor.http import parse_json_response, send_probe_request
from seedbed.doctor.probe import ProbeContext

SETTING = "KEYCLOAK_BASE_URL"


def read_admin_api(probe_context: ProbeContext, path: str, *, right: str) -> Any:
    """What the realm's admin API says; AuthError names the right that is lacking."""
    keycloak, client = probe_context.inputs.keycloak, probe_context.inputs.keycloak_client.client_id
    url = f"{keycloak.base_url.rstrip('/')}/admin/realms/{quote(keycloak.realm, safe='')}{path}"
    bearer = {"Authorization": f"Bearer {probe_context.keycloak_token().token}"}
    answer = send_probe_request(probe_context, "GET", url, setting=SETTING, headers=bearer)
    if answer.status_code == 401:
        raise AuthError(
            f"Keycloak does not accept the tokens of client '{client}': 401",
            next_step="check that OAUTH2_TOKEN_URL belongs to this Keycloak and realm",
            code="token-not-accepted",
        )
    if answer.status_code == 403:
        raise AuthError(
            f"the service account of client '{client}' lacks '{right}': GET {path} answers 403",
            next_step=grant_rights_step([right], client),
            code="right-missing",
        )
    return parse_json_response(answer, setting=SETTING)


def grant_rights_step(rights: list[str], client: str) -> str:
    """The step that gives a client's service account rights."""
    return f"in Keycloak: Clients, {client}, Service account roles: assign {', '.join(rights)} of realm-management"
