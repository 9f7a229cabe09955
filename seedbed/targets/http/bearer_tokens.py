"""Bearer tokens by OAuth2 client credentials, one for all clients of a run."""

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from seedbed.core.certificates import certificate_error
from seedbed.core.errors import AuthError, SeedbedError, Transient, UserError
from seedbed.core.setting_names import API_TIMEOUT_S
from seedbed.targets.http.client import PING_S, Tokens, checked_url, open_http, timeouts_for
from seedbed.targets.http.concurrency import at_most_every
from seedbed.targets.http.retries import Sleep, send_with_retries

MARGIN_S = 60.0
J = TypeVar("J")
R = TypeVar("R")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Who asks for tokens, and where; the secret never shows in a repr. `prefix`: how the names of its settings begin."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    prefix: str = ""

    @property
    def settings(self) -> str:
        """The names by which it is configured, for messages."""
        return f"{self.prefix}CLIENT_ID and {self.prefix}CLIENT_SECRET"


class TokenService:
    """Tokens, kept until 60 s before they expire; one refresh at a time, whoever asks."""

    def __init__(
        self,
        credentials: ClientCredentials,
        *,
        ca_file: str = "",
        timeout_s: float = API_TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.credentials = credentials
        url = checked_url("OAUTH2_TOKEN_URL", credentials.token_url)
        self.http: httpx.Client = open_http(url, ca_file=ca_file, timeouts=timeouts_for(timeout_s))
        self.sleep: Sleep = time.sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._cached, self._expires = "", 0.0

    def __repr__(self) -> str:
        return f"TokenService({self.credentials!r})"

    def token(self) -> str:
        """A token that is valid for another 60 s, or one just issued where tokens live no longer than that.

        Raises AuthError when the client is refused, Transient when the service does not answer; the next call asks again.
        """
        with self._lock:
            if not self._cached or self._clock() >= self._expires - MARGIN_S:
                self._cached, self._expires = "", 0.0
                self._cached, self._expires = self._fetch()
            return self._cached

    def invalidate(self, token: str) -> None:
        """Forget a token that a server refused, unless another has taken its place already."""
        with self._lock:
            if token == self._cached:
                self._cached, self._expires = "", 0.0

    def ping(self) -> None:
        """Raise Transient where the service does not answer or answers 5xx; asks once, and briefly."""
        url = self.credentials.token_url
        try:
            status = self._ask(timeout=PING_S).status_code
        except httpx.RequestError as error:
            if certificate_error(url, error):
                return  # no reason to wait: the delivery will say it
            cause = f"{type(error).__name__}: {error}"
            raise Transient(
                f"token service {url} does not answer ({cause})",
                next_step="start it or mend its URL",
                code="target-unavailable",
            ) from error
        if status >= 500:
            raise Transient(
                f"token service {url} answers {status}", next_step="look into its log", code="target-unavailable"
            )

    def close(self) -> None:
        """Give back connections."""
        self.http.close()

    def _fetch(self) -> tuple[str, float]:
        asked_at = self._clock()
        url = self.credentials.token_url
        answer = send_with_retries(self._ask, what=f"token service {url}", lost=(httpx.RequestError,), sleep=self.sleep)
        _logger.info("token service: status %d", answer.status_code)
        issued = _json_object(answer)
        if answer.status_code in (400, 401, 403):
            raise AuthError(
                f"the token service refused client '{self.credentials.client_id}': {answer.status_code}{_code(issued)}",
                next_step=f"check {self.credentials.settings}",
                code="token-refused",
            )
        if not answer.is_success or not issued.get("access_token"):
            raise UserError(
                f"no token from {url}: status {answer.status_code}",
                next_step="check OAUTH2_TOKEN_URL",
                code="token-refused",
            )
        return str(issued["access_token"]), asked_at + _seconds(issued.get("expires_in"))

    def _ask(self, **options: Any) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.credentials.client_id,
            "client_secret": self.credentials.client_secret,
        }
        return self.http.post(self.credentials.token_url, data=form, **options)


class StoppableTokens:
    """Tokens until one is refused, or the lease is lost: from then on whoever asks gets that refusal, so that nothing more is sent.

    Every try of every request asks in its thread, and the lease is looked at once a second at most. So an attempt that another has
    overtaken sends, after a second, no more than what is on the wire.
    """

    def __init__(self, tokens: Tokens, check_lease: Callable[[], None]) -> None:
        self._tokens = tokens
        self._check_lease = at_most_every(check_lease)
        self._lock = threading.Lock()
        self._refusal: SeedbedError | None = None

    def token(self) -> str:
        """A token that is valid now; raises the first refusal again."""
        with self._lock:
            if self._refusal:
                raise self._refusal
            try:
                self._check_lease()
                return self._tokens.token()
            except (AuthError, UserError) as error:
                self._refusal = error
                raise

    def invalidate(self, token: str) -> None:
        """Forget a token that a server refused."""
        self._tokens.invalidate(token)

    def ping(self) -> None:
        """Raise Transient where the service of tokens is not well."""
        self._tokens.ping()

    def stop_on_failure(self, send: Callable[[J], R]) -> Callable[[J], R]:
        """The same function, after whose failure for good no token is given out."""

        def watched(job: J) -> R:
            try:
                return send(job)
            except SeedbedError as error:
                if not isinstance(error, Transient):
                    self._refusal = self._refusal or error
                raise

        return watched


def _json_object(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: Mapping[str, Any]) -> str:
    # Only OAuth2's own error code: descriptions may repeat what was sent.
    code = str(body.get("error", ""))
    return f" {code}" if re.fullmatch(r"[a-z_]{1,40}", code) else ""


def _seconds(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return 0.0
