"""Does the realm's well-known endpoint answer?"""

from urllib.parse import quote

from seedbed.core.errors import DataError, UserError
from seedbed.core.report import Check
from seedbed.doctor.http import parse_json_response, send_probe_request
from seedbed.doctor.probe import ProbeContext, passed

SETTING = "KEYCLOAK_BASE_URL"


def examine(probe_context: ProbeContext) -> Check:
    """PASS where Keycloak knows the realm."""
    keycloak = probe_context.inputs.keycloak
    base = keycloak.base_url.rstrip("/")
    url = f"{base}/realms/{quote(keycloak.realm, safe='')}/.well-known/openid-configuration"
    answer = send_probe_request(probe_context, "GET", url, setting=SETTING)
    if answer.status_code == 404:
        raise UserError(
            f"{base} knows no realm '{keycloak.realm}': 404",
            next_step=f"check KEYCLOAK_REALM and {SETTING}",
            code="unexpected-answer",
        )
    found = parse_json_response(answer, setting=SETTING)
    if not isinstance(found, dict) or not found.get("issuer"):
        raise DataError(
            f"{url} names no issuer", next_step=f"check {SETTING}: is it Keycloak's root?", code="unexpected-answer"
        )
    return passed(f"realm '{keycloak.realm}' at {base} answers")
