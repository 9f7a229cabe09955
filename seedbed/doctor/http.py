"""One HTTP request of a probe: never repeated, so that a dead host costs one time-out."""

import json
from typing import Any

import httpx

from seedbed.core.certificates import certificate_error
from seedbed.core.errors import AuthError, DataError, SeedbedError, Transient, UserError
from seedbed.doctor.probe import ProbeContext

PREFECT_SETTING = "PREFECT_API_URL"


def send_probe_request(
    probe_context: ProbeContext, method: str, url: str, *, setting: str, **options: Any
) -> httpx.Response:
    """The answer, whatever its status; Transient where none came, with the setting that holds the address."""
    try:
        with probe_context.inputs.open_http(url, probe_context.timeout_s) as http:
            return http.request(method, url, **options)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise UserError(
            f"{setting} is no URL: {error}", next_step=f"mend {setting}", code="configuration-invalid"
        ) from error
    except httpx.RequestError as error:
        cause = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise certificate_error(url, error) or Transient(
            f"{url} does not answer ({cause})", next_step=f"start it, or mend {setting}", code="target-unavailable"
        ) from error


def ask_prefect(probe_context: ProbeContext, method: str, path: str, **options: Any) -> httpx.Response:
    """The answer of Prefect's API to a path below its address, with the login that is configured for it."""
    prefect = probe_context.inputs.prefect
    url = f"{prefect.api_url.rstrip('/')}{path}"
    return send_probe_request(probe_context, method, url, setting=PREFECT_SETTING, headers=prefect.login, **options)


def parse_json_response(answer: httpx.Response, *, setting: str) -> Any:
    """What a successful answer says; an error of our tree for any other."""
    if not answer.is_success:
        raise unexpected_status_error(answer, setting=setting)
    try:
        return answer.json()
    except json.JSONDecodeError as error:
        raise DataError(
            f"{_what(answer)} answers no JSON",
            next_step=f"check {setting}: who answers there?",
            code="unexpected-answer",
        ) from error


def unexpected_status_error(answer: httpx.Response, *, setting: str) -> SeedbedError:
    """The error that an unexpected status means."""
    said = f"{_what(answer)} answers {answer.status_code}"
    if answer.status_code in (401, 403):
        what = "PREFECT_API_AUTH_STRING or PREFECT_API_KEY" if setting == PREFECT_SETTING else "the rights of CLIENT_ID"
        return AuthError(said, next_step=f"check {what}", code="not-authorized")
    if answer.status_code >= 500:
        return Transient(said, next_step="look into its log", code="target-unavailable")
    return UserError(said, next_step=f"check {setting}", code="unexpected-answer")


def _what(answer: httpx.Response) -> str:
    return f"{answer.request.method} {answer.request.url}"
