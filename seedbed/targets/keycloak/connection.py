"""python-keycloak's connection with our tokens, time-outs, tries and proxy rule in place of its own.

Its own connection logs in by itself, refreshes from every thread at once, waits a minute, sends a POST again without telling,
and takes a proxy for loopback.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urljoin

import requests
from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakError

from seedbed.core.addresses import is_loopback
from seedbed.core.certificates import certificate_error
from seedbed.core.errors import AuthError, SeedbedError, Transient, UserError
from seedbed.targets.http.bearer_tokens import StoppableTokens
from seedbed.targets.http.client import PING_S, Tokens, checked_url
from seedbed.targets.http.retries import Sleep, send_with_retries

TIMEOUTS = (10.0, 30.0)
LANES = 8
PAGE = 500


class TokenConnection(KeycloakOpenIDConnection):  # type: ignore[misc] # the library is untyped
    """Sends python-keycloak's requests; raises Transient and AuthError as every other client does."""

    def __init__(
        self, base_url: str, realm: str, tokens: Tokens, *, ca_file: str = "", sleep: Sleep = time.sleep
    ) -> None:
        # The slash keeps a path such as /keycloak: paths are joined to it.
        super().__init__(server_url=base_url + "/", realm_name=realm, max_retries=0, pool_maxsize=LANES)
        self._tokens, self._sleep = tokens, sleep
        self._s.verify = ca_file or True
        self._s.trust_env = not is_loopback(base_url)

    def raw_get(self, path: str, **params: Any) -> requests.Response:
        """The answer to a GET."""
        return self._exchange("GET", path, None, params)

    def raw_post(self, path: str, data: Any, **params: Any) -> requests.Response:
        """The answer to a POST."""
        return self._exchange("POST", path, data, params)

    def raw_put(self, path: str, data: Any, **params: Any) -> requests.Response:
        """The answer to a PUT."""
        return self._exchange("PUT", path, data, params)

    def raw_delete(self, path: str, data: Any = None, **params: Any) -> requests.Response:
        """The answer to a DELETE."""
        return self._exchange("DELETE", path, data, params)

    @contextmanager
    def checking_lease(self, check_lease: Callable[[], None]) -> Iterator[None]:
        """Within it each try of a request looks at the lease; once that is lost, or a token refused, nothing more is sent."""
        tokens, self._tokens = self._tokens, StoppableTokens(self._tokens, check_lease)
        try:
            yield
        finally:
            self._tokens = tokens

    def ping(self) -> None:
        """Raise Transient where Keycloak or the token service does not answer or answers 5xx; asks once, and briefly."""
        self._tokens.ping()
        url = urljoin(self.base_url, f"realms/{quote(self.realm_name, safe='')}")
        try:
            status = self._s.get(url, timeout=PING_S, verify=self._s.verify).status_code
        except requests.RequestException as error:
            if certificate_error(url, error):
                return  # no reason to wait: the delivery will say it
            raise Transient(
                f"Keycloak at {url} does not answer ({type(error).__name__})",
                next_step="start it or mend its URL",
                code="target-unavailable",
            ) from error
        if status >= 500:
            raise Transient(
                f"Keycloak at {url} answers {status}", next_step="look into its log", code="target-unavailable"
            )

    def close(self) -> None:
        """Give back connections."""
        self._s.close()

    def _exchange(self, method: str, path: str, data: Any, params: dict[str, Any]) -> requests.Response:
        shown = path.split(f"/{self.realm_name}/", 1)[-1]
        answer = send_with_retries(
            lambda: self._send(method, path, data, params),
            what=f"Keycloak: {method} {shown}",
            lost=(requests.RequestException,),
            sleep=self._sleep,
        )
        if answer.status_code in (401, 403):
            raise _refused(method, shown, answer.status_code)
        return answer

    def _send(self, method: str, path: str, data: Any, params: dict[str, Any]) -> requests.Response:
        token = self._tokens.token()
        answer = self._send_as(token, method, path, data, params)
        if answer.status_code == 401:
            self._tokens.invalidate(token)
            answer = self._send_as(self._tokens.token(), method, path, data, params)
        return answer

    def _send_as(self, token: str, method: str, path: str, data: Any, params: dict[str, Any]) -> requests.Response:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        url = urljoin(self.base_url, path)
        session: requests.Session = self._s
        # Given with the request, or else REQUESTS_CA_BUNDLE would go before our own file.
        options: dict[str, Any] = {"headers": headers, "timeout": TIMEOUTS, "verify": session.verify}
        return session.request(method, url, params=params, data=data, **options)


def open_admin(
    base_url: str, realm: str, tokens: Tokens, *, ca_file: str = "", sleep: Sleep = time.sleep
) -> KeycloakAdmin:
    """Keycloak's admin API of one realm; connects when first used."""
    url = checked_url("KEYCLOAK_BASE_URL", base_url)
    admin = KeycloakAdmin(connection=TokenConnection(url, realm, tokens, ca_file=ca_file, sleep=sleep))
    admin.PAGE_SIZE = PAGE
    return admin


def translate_keycloak_error(error: KeycloakError, doing: str) -> SeedbedError:
    """The library's error as one of ours."""
    status = error.response_code
    if status is None:
        return Transient(
            f"Keycloak: {doing}: {error}",
            next_step="look at the service with `seedbed doctor`, then retry",
            code="target-unavailable",
        )
    next_step = "check KEYCLOAK_BASE_URL and KEYCLOAK_REALM" if status == 404 else "look into Keycloak's log"
    return UserError(f"Keycloak: {doing} answered {status}", next_step=next_step, code="unexpected-answer")


def _refused(method: str, path: str, status: int) -> AuthError:
    if status == 401:
        return AuthError(
            f"Keycloak: {method} {path}: 401, and again with a fresh token",
            next_step="check that OAUTH2_TOKEN_URL belongs to this Keycloak and realm",
            code="token-not-accepted",
        )
    right = "manage-users" if method != "GET" else "view-realm" if path.startswith("roles") else "view-users"
    return AuthError(
        f"Keycloak: {method} {path}: 403, the service account lacks '{right}'",
        next_step=f"give it the role '{right}' of the client 'realm-management'",
        code="right-missing",
    )
