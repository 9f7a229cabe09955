"""Does the token service give us a token, and Keycloak's own client another where there is one?"""

import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from seedbed.core.errors import AuthError, DataError
from seedbed.core.report import Check
from seedbed.doctor.http import parse_json_response, send_probe_request
from seedbed.doctor.inputs import TokenClient
from seedbed.doctor.probe import IssuedToken, ProbeContext, passed

SETTING = "OAUTH2_TOKEN_URL"


def examine(probe_context: ProbeContext) -> Check:
    """PASS where a token is issued; else the HTTP status."""
    issued = probe_context.token()
    said = f"issued for {issued.lifespan_s:.0f} s"
    own = probe_context.inputs.keycloak.client
    if own is None:
        return passed(said)
    return passed(
        f"{said}, to Keycloak's client '{own.client_id}' for {probe_context.keycloak_token().lifespan_s:.0f} s"
    )


def ask_token(probe_context: ProbeContext, client: TokenClient) -> IssuedToken:
    """A token by client credentials; AuthError where the client is refused."""
    before = time.time()
    answer = send_probe_request(probe_context, "POST", client.url, setting=SETTING, data=_form(client))
    middle = (before + time.time()) / 2
    if answer.status_code in (400, 401, 403):
        raise AuthError(
            f"the token service refuses client '{client.client_id}': {answer.status_code}{_code(answer)}",
            next_step=f"check {client.prefix}CLIENT_ID and {client.prefix}CLIENT_SECRET",
            code="not-authorized",
        )
    body = parse_json_response(answer, setting=SETTING)
    if not isinstance(body, dict) or not body.get("access_token"):
        raise DataError(
            f"{client.url} answers {answer.status_code} without a token",
            next_step=f"check {SETTING}",
            code="unexpected-answer",
        )
    return IssuedToken(str(body["access_token"]), _seconds(body.get("expires_in")), _ahead(answer, middle))


def _form(client: TokenClient) -> dict[str, str]:
    return {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": client.secret}


def _code(answer: httpx.Response) -> str:
    # Only OAuth2's own error code: descriptions may repeat what was sent.
    found = re.search(r'"error"\s*:\s*"([a-z_]{1,40})"', answer.text)
    return f" {found[1]}" if found else ""


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _ahead(answer: httpx.Response, middle: float) -> float | None:
    """How far the service's clock is ahead; its Date header leaves fractions of a second out, half a second in the mean."""
    try:
        told = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() + 0.5 - middle
