import threading
import time
from collections.abc import Callable

import httpx
import pytest

from seedbed.core.errors import AuthError, Transient, UserError
from seedbed.targets.http.bearer_tokens import ClientCredentials, TokenService

URL = "http://127.0.0.1:1/realms/seedbed/token"


class Issuer:
    """A token endpoint: answers from `script` while it lasts, then with a new token."""

    def __init__(self, lifetime: float | None = 300) -> None:
        self.script: list[Callable[[httpx.Request], httpx.Response]] = []
        self.lifetime, self.forms, self.delay = lifetime, [], 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.forms.append(request.read().decode())
        time.sleep(self.delay)
        if self.script:
            return self.script.pop(0)(request)
        life = {} if self.lifetime is None else {"expires_in": self.lifetime}
        return httpx.Response(200, json={"access_token": f"t{len(self.forms)}", **life})


def service(issuer: Issuer, clock: Callable[[], float] = time.monotonic) -> TokenService:
    tokens = TokenService(ClientCredentials(URL, "seedbed", "s3cret"), clock=clock)
    tokens.http = httpx.Client(transport=httpx.MockTransport(issuer))
    tokens.sleep = lambda _: None
    return tokens


def answers(code: int, body: object = None) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(code, json=body or {})


def test_a_token_is_asked_for_as_a_form_and_kept():
    issuer = Issuer()
    tokens = service(issuer)
    assert [tokens.token() for _ in range(3)] == ["t1", "t1", "t1"]
    assert issuer.forms == ["grant_type=client_credentials&client_id=seedbed&client_secret=s3cret"]


def test_a_token_is_renewed_60_seconds_before_it_expires():
    now = [0.0]
    tokens = service(Issuer(300), lambda: now[0])
    seen = []
    for now[0] in (0.0, 239.0, 240.0, 479.0, 480.0):
        seen.append(tokens.token())
    assert seen == ["t1", "t1", "t2", "t2", "t3"]


@pytest.mark.parametrize("lifetime", [60, 1, 0, -5, None])
def test_a_token_that_lives_no_longer_than_the_margin_is_used_once(lifetime):
    issuer = Issuer(lifetime)
    tokens = service(issuer)
    assert [tokens.token(), tokens.token()] == ["t1", "t2"]


def test_many_threads_cause_one_refresh():
    issuer = Issuer()
    issuer.delay = 0.05
    tokens = service(issuer)
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(tokens.token())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["t1"] * 16
    assert len(issuer.forms) == 1


def test_an_invalidated_token_is_replaced_and_its_successor_is_not_thrown_away():
    tokens = service(Issuer())
    first = tokens.token()
    tokens.invalidate(first)
    second = tokens.token()
    tokens.invalidate(first)
    assert (first, second, tokens.token()) == ("t1", "t2", "t2")


@pytest.mark.parametrize("code", [400, 401, 403])
def test_a_refused_client_is_an_auth_error_at_once(code):
    issuer = Issuer()
    issuer.script = [answers(code, {"error": "invalid_client", "error_description": "secret s3cret"})]
    with pytest.raises(AuthError, match=f"'seedbed': {code} invalid_client; check CLIENT_ID") as refused:
        service(issuer).token()
    assert len(issuer.forms) == 1
    assert "s3cret" not in str(refused.value)


def test_a_failed_refresh_poisons_nothing():
    issuer = Issuer()
    issuer.script = [answers(401), answers(503), answers(503), answers(503), answers(503)]
    tokens = service(issuer)
    with pytest.raises(AuthError):
        tokens.token()
    with pytest.raises(Transient, match=r"token service .* failed in 4 tries, at last with status 503"):
        tokens.token()
    assert tokens.token() == "t6"


def test_an_unreachable_service_is_transient_after_four_tries():
    issuer = Issuer()

    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    issuer.script = [refuses] * 4
    with pytest.raises(Transient, match="Connection refused"):
        service(issuer).token()
    assert len(issuer.forms) == 4


@pytest.mark.parametrize(
    "answer", [answers(404), answers(302), answers(200, {"hello": 1}), lambda _: httpx.Response(200, text="x")]
)
def test_something_that_is_no_token_service_names_the_setting(answer):
    issuer = Issuer()
    issuer.script = [answer]
    with pytest.raises(UserError, match="check OAUTH2_TOKEN_URL"):
        service(issuer).token()


def test_a_url_that_is_none_is_refused():
    with pytest.raises(UserError, match="OAUTH2_TOKEN_URL: 'keycloak' is not a URL"):
        TokenService(ClientCredentials("keycloak", "a", "b"))


def test_the_secret_shows_in_no_repr():
    tokens = service(Issuer())
    assert "s3cret" not in repr(tokens) + repr(tokens.credentials) + str(vars(tokens))


@pytest.mark.parametrize("status", [500, 503])
def test_a_service_that_is_not_well_is_asked_once_and_waited_for(status: int):
    issuer = Issuer()
    issuer.script = [answers(status)] * 9
    with pytest.raises(Transient, match=f"answers {status}"):
        service(issuer).ping()
    assert len(issuer.forms) == 1


@pytest.mark.parametrize("status", [200, 400, 401, 404])
def test_a_service_that_answers_is_not_waited_for(status: int):
    issuer = Issuer()
    issuer.script = [answers(status)]
    service(issuer).ping()
    assert len(issuer.forms) == 1


def test_a_service_where_nobody_listens_is_waited_for():
    tokens = TokenService(ClientCredentials(URL, "seedbed", "s3cret"))
    with pytest.raises(Transient, match="does not answer"):
        tokens.ping()


def test_the_settings_of_keycloaks_own_client_are_named_where_it_is_refused():
    issuer = Issuer()
    issuer.script = [answers(401)]
    tokens = service(issuer)
    tokens.credentials = ClientCredentials(URL, "realm-admin", "s3cret", "KEYCLOAK_")
    with pytest.raises(AuthError) as caught:
        tokens.token()
    assert caught.value.next_step == "check KEYCLOAK_CLIENT_ID and KEYCLOAK_CLIENT_SECRET"
