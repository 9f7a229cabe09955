"""What may the service account do in the realm?"""

import base64
import binascii
import json

from seedbed.core.report import Check
from seedbed.doctor.keycloak_admin import grant_rights_step
from seedbed.doctor.probe import ProbeContext, failed, passed, warned

# What a run needs -> the rights of which one is enough.
NEEDED = {
    "manage-users": {"manage-users"},
    "view-users": {"view-users", "manage-users"},
    "view-realm": {"view-realm", "manage-realm"},
}


def examine(probe_context: ProbeContext) -> Check:
    """PASS where its token holds the rights that loading users needs; WARN where the token does not say."""
    client = probe_context.inputs.keycloak_client.client_id
    held = rights_in(probe_context.keycloak_token().token, probe_context.inputs.keycloak.realm)
    if held is None:
        return warned(
            f"the token of client '{client}' does not say what it may do",
            "try it with `seedbed setup --mode entity --entities user --dry-run`",
        )
    missing = [right for right, enough in NEEDED.items() if not enough & held]
    if missing:
        return failed(
            f"the service account of client '{client}' lacks {', '.join(missing)}", grant_rights_step(missing, client)
        )
    return passed(f"the service account of client '{client}' has {', '.join(NEEDED)}")


def rights_in(token: str, realm: str) -> frozenset[str] | None:
    """The realm's rights in a Keycloak token; None where it is not one, or a lightweight one."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return None
    if not isinstance(claims, dict) or "resource_access" not in claims:
        return None
    clients = ("realm-management", f"{realm}-realm")  # the second where the client lives in realm master
    access = claims["resource_access"]
    return frozenset(right for client in clients for right in access.get(client, {}).get("roles", ()))
