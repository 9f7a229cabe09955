"""How HTTP APIs are reached: time-outs, proxies and certificates, bearer tokens, tries."""

import logging
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from seedbed.core.addresses import is_loopback
from seedbed.core.certificates import certificate_error
from seedbed.core.errors import AuthError, Transient, UserError
from seedbed.core.setting_names import API_TIMEOUT_S
from seedbed.targets.http.retries import Sleep, send_with_retries

CONNECT_S = 10.0
PING_S = 5.0
HEALTH_PATHS = ("/health", "/healthz", "/actuator/health", "/")

_logger = logging.getLogger(__name__)


class Tokens(Protocol):
    """Where bearer tokens come from."""

    def token(self) -> str:
        """A token that is valid now."""
        ...

    def invalidate(self, token: str) -> None:
        """Forget a token that a server refused."""
        ...

    def ping(self) -> None:
        """Raise Transient where the service of tokens does not answer or is not well; asks once, and briefly."""
        ...


@dataclass(frozen=True, slots=True)
class ApiClient:
    """One HTTP API behind bearer tokens. `name` is how messages speak of it."""

    name: str
    base_url: str
    tokens: Tokens = field(repr=False)
    http: httpx.Client = field(repr=False)
    sleep: Sleep = field(default=time.sleep, repr=False)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer to a request, whatever its status but for those that end it.

        Raises Transient when four tries did not help, AuthError for 403 and for a 401 that a fresh token did not mend.
        """
        what = self.what(method, path)
        answer = send_with_retries(
            lambda: self.once(method, path, **options), what=what, lost=(httpx.RequestError,), sleep=self.sleep
        )
        _logger.info("%s: status %d", what, answer.status_code)
        return answer

    def once(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer to a request that is tried once; a 401 is mended by a fresh token, if it can be.

        Raises httpx.RequestError when no answer came, UserError for a certificate that is not trusted, AuthError as `request` does.
        """
        what = self.what(method, path)
        try:
            answer = self._send(method, path, options)
        except httpx.RequestError as error:
            refused = certificate_error(what, error)
            if refused:
                raise refused from error
            raise
        if answer.status_code in (401, 403):
            raise _refused(what, answer.status_code)
        return answer

    def what(self, method: str, path: str) -> str:
        """How messages name a request."""
        return f"{self.name}: {method} {path}"

    def ping(self) -> None:
        """Raise Transient where the API or its token service does not answer or is not well; asks once, and briefly."""
        self.tokens.ping()
        with suppress(UserError):  # no reason to wait: the delivery will say it
            _well(self.http, self.name, self.base_url, timeout_s=PING_S)

    def close(self) -> None:
        """Give back connections."""
        self.http.close()

    def _send(self, method: str, path: str, options: Mapping[str, Any]) -> httpx.Response:
        token = self.tokens.token()
        answer = self._send_as(token, method, path, options)
        if answer.status_code == 401:
            self.tokens.invalidate(token)
            answer = self._send_as(self.tokens.token(), method, path, options)
        return answer

    def _send_as(self, token: str, method: str, path: str, options: Mapping[str, Any]) -> httpx.Response:
        headers = {**options.get("headers", {}), "Authorization": f"Bearer {token}"}
        return self.http.request(method, self.base_url + path, **{**options, "headers": headers})


def open_api(
    name: str, base_url: str, tokens: Tokens, *, ca_file: str = "", timeout_s: float = API_TIMEOUT_S
) -> ApiClient:
    """A client for the API at `base_url`, which may take `timeout_s` to answer; connects when first used."""
    http = open_http(base_url, ca_file=ca_file, timeouts=timeouts_for(timeout_s))
    return ApiClient(name, checked_url(name, base_url), tokens, http)


def timeouts_for(answer_s: float) -> httpx.Timeout:
    """So many seconds for an answer, and at most 10 for a connection."""
    return httpx.Timeout(answer_s, connect=min(CONNECT_S, answer_s))


def open_http(url: str, *, ca_file: str = "", timeouts: httpx.Timeout | None = None) -> httpx.Client:
    """A pooled client for one host; loopback never goes through a proxy. `ca_file`: the authorities to trust instead of the machine's."""
    verify: ssl.SSLContext | bool = load_ca_file(ca_file) if ca_file else True
    return httpx.Client(timeout=timeouts or timeouts_for(API_TIMEOUT_S), verify=verify, trust_env=not is_loopback(url))


def load_ca_file(ca_file: str) -> ssl.SSLContext:
    """What trusts the authorities in a PEM file and no others; UserError where it cannot be read."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise UserError(
            f"cannot read the authorities in '{ca_file}': {error}",
            next_step="name a PEM file in SEEDBED_CA_FILE",
            code="certificate-untrusted",
        ) from error


def checked_url(name: str, url: str) -> str:
    """The URL without a slash at its end; UserError where it is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(
            f"{name}: '{url}' is not a URL",
            next_step="give one that begins with http:// or https://",
            code="configuration-invalid",
        )
    return url.rstrip("/")


def ping(name: str, base_url: str, *, timeout_s: float, ca_file: str = "") -> str:
    """What a health endpoint of the API answers, as a sentence; any status below 500 is good enough, Transient if none is.

    The endpoints are tried in turn. A host that does not answer costs one time-out, not one an endpoint.
    """
    base = checked_url(name, base_url)
    with open_http(base, ca_file=ca_file) as http:
        return _well(http, name, base, timeout_s=timeout_s)


def _well(http: httpx.Client, name: str, base: str, *, timeout_s: float) -> str:
    statuses = []
    for path in HEALTH_PATHS:
        try:
            status = http.get(base + path, timeout=timeout_s).status_code
        except httpx.RequestError as error:
            cause = f"{type(error).__name__}: {error}"
            raise certificate_error(f"{name} at {base}", error) or Transient(
                f"{name} at {base} does not answer ({cause})",
                next_step="start it or mend its URL",
                code="target-unavailable",
            ) from error
        if status < 500:
            return f"{base}{path} answers {status}"
        statuses.append(f"{path} {status}")
    raise Transient(
        f"{name} at {base} is not well: {', '.join(statuses)}", next_step="look into its log", code="target-unavailable"
    )


def _refused(what: str, status: int) -> AuthError:
    if status == 401:
        return AuthError(
            f"{what}: 401, and again with a fresh token",
            next_step="check that OAUTH2_TOKEN_URL issues the tokens that this API accepts",
            code="token-not-accepted",
        )
    return AuthError(
        f"{what}: 403, the client may not do this",
        next_step="give CLIENT_ID the right in the realm",
        code="right-missing",
    )
