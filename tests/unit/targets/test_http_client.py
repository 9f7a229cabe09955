import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from seedbed.core.addresses import is_loopback
from seedbed.core.errors import AuthError, Transient, UserError
from seedbed.targets.http.client import ApiClient, checked_url, open_http, ping
from seedbed.targets.http.retries import retry_after


class Tokens:
    def __init__(self) -> None:
        self.issued, self.refused = 1, []

    def token(self) -> str:
        return f"t{self.issued}"

    def invalidate(self, token: str) -> None:
        self.refused.append(token)
        self.issued += 1

    def ping(self) -> None:
        """The service of tokens is well."""


class Api:
    """Answers from a script, then 200; keeps what it was asked."""

    def __init__(self, *script: object) -> None:
        self.script, self.seen, self.pauses, self.tokens = list(script), [], [], Tokens()
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.client = ApiClient("Cortex API", "http://cortex.test/api", self.tokens, http, self.pauses.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request.headers.get("Authorization", ""))
        step = self.script.pop(0) if self.script else 200
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, httpx.Response) else httpx.Response(step)


def test_requests_carry_the_token_and_reach_the_path_below_the_base():
    api = Api()
    answer = api.client.request("GET", "/labs")
    assert (str(answer.request.url), api.seen) == ("http://cortex.test/api/labs", ["Bearer t1"])


@pytest.mark.parametrize(
    "fault", [408, 425, 429, 500, 502, 503, 504, httpx.ReadTimeout("slow"), httpx.ConnectError("no")]
)
def test_what_may_pass_is_tried_again(fault):
    api = Api(fault, fault, fault)
    assert api.client.request("GET", "/labs").status_code == 200
    assert len(api.seen) == 4
    low = (0.5, 1.0, 2.0)
    assert [least <= pause <= least + 0.25 for least, pause in zip(low, api.pauses, strict=True)] == [True] * 3


@pytest.mark.parametrize("fault", [408, 425, 429, 500, 503, httpx.ReadTimeout("slow")])
def test_the_fourth_failure_is_transient(fault):
    api = Api(*[fault] * 9)
    with pytest.raises(Transient, match="Cortex API: GET /labs failed in 4 tries"):
        api.client.request("GET", "/labs")
    assert len(api.seen) == 4


@pytest.mark.parametrize("fault", [408, 429, 503])
def test_once_is_once_whatever_the_answer(fault):
    api = Api(fault)
    assert fault == api.client.once("POST", "/labs").status_code
    assert (len(api.seen), api.pauses) == (1, [])


def test_once_says_how_the_connection_was_lost_and_mends_a_401():
    api = Api(httpx.ReadTimeout("slow"), 401, 200, 403)
    with pytest.raises(httpx.ReadTimeout):
        api.client.once("POST", "/labs")
    assert api.client.once("POST", "/labs").status_code == 200
    assert api.seen == ["Bearer t1", "Bearer t1", "Bearer t2"]
    with pytest.raises(AuthError, match="POST /labs: 403"):
        api.client.once("POST", "/labs")


@pytest.mark.parametrize("fault", [400, 404, 409, 413, 415, 422])
def test_other_refusals_are_the_callers_to_judge_and_not_tried_again(fault):
    api = Api(fault)
    assert fault == api.client.request("GET", "/labs").status_code
    assert len(api.seen) == 1


def test_a_401_is_mended_by_one_fresh_token():
    api = Api(401)
    assert api.client.request("GET", "/labs").status_code == 200
    assert (api.seen, api.tokens.refused, api.pauses) == (["Bearer t1", "Bearer t2"], ["t1"], [])


def test_a_second_401_is_an_auth_error():
    api = Api(401, 401)
    with pytest.raises(AuthError, match="401, and again with a fresh token"):
        api.client.request("GET", "/labs")
    assert len(api.seen) == 2


def test_a_403_is_an_auth_error_at_once():
    api = Api(403)
    with pytest.raises(AuthError, match="403"):
        api.client.request("GET", "/labs")
    assert (len(api.seen), api.tokens.refused) == (1, [])


def test_retry_after_is_obeyed():
    api = Api(httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(503, headers={"Retry-After": "3600"}))
    api.client.request("GET", "/labs")
    assert api.pauses == [7.0, 60.0]


def test_retry_after_may_be_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    asked = retry_after(httpx.Response(503, headers={"Retry-After": soon}))
    assert asked is not None
    assert 18 <= asked <= 20


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None), ("", None), ("-5", None), ("0", 0.0), ("61", 60.0)],
)
def test_odd_retry_afters(text, seconds):
    assert seconds == retry_after(httpx.Response(503, headers={"Retry-After": text}))


def test_logs_name_neither_tokens_nor_bodies(caplog):
    caplog.set_level(logging.DEBUG, "seedbed")
    api = Api(503, 401)
    api.client.request("POST", "/labs/import", content=b"patient data")
    assert "POST /labs/import" in caplog.text
    assert "t1" not in caplog.text
    assert "patient" not in caplog.text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/x", True),
        ("http://localhost", True),
        ("http://[::1]:9", True),
        ("http://a.localhost", True),
        ("https://cortex.example.org", False),
        ("http://127.0.0.1.example.org", False),
    ],
)
def test_loopback_is_recognised_and_goes_through_no_proxy(url, expected, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    assert expected == is_loopback(url)
    with open_http(url) as http:
        assert expected is not http.trust_env


@pytest.mark.parametrize("url", ["", "cortex", "ftp://x/", "http://", "https:///labs"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(UserError, match="is not a URL"):
        checked_url("CORTEX_API_URL", url)


def test_a_missing_ca_file_is_an_error_and_not_silently_no_check(tmp_path):
    (tmp_path / "odd.pem").write_text("no certificate")
    for name in ("none.pem", "odd.pem"):
        with pytest.raises(UserError, match=name):
            open_http("https://cortex.example.org", ca_file=str(tmp_path / name))


def test_ping_of_a_host_that_is_not_there_fails_once():
    with pytest.raises(Transient, match="does not answer"):
        ping("Cortex API", "http://127.0.0.1:9", timeout_s=1)


@pytest.mark.parametrize("fault", [500, 503, httpx.ConnectError("no"), httpx.ReadTimeout("slow")])
def test_an_api_that_is_not_well_is_asked_once_and_waited_for(fault):
    api = Api(*[fault] * 9)
    with pytest.raises(Transient, match=r"Cortex API at http://cortex\.test/api"):
        api.client.ping()
    assert api.pauses == []


@pytest.mark.parametrize("answer", [200, 401, 403, 404])
def test_an_api_that_answers_is_not_waited_for(answer):
    api = Api(answer)
    api.client.ping()
    assert len(api.seen) == 1


def test_a_certificate_that_is_not_trusted_is_not_tried_again():
    api = Api(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"))
    with pytest.raises(UserError, match="Cortex API: GET /labs: its certificate is not trusted") as caught:
        api.client.request("GET", "/labs")
    assert "SEEDBED_CA_FILE" in caught.value.next_step
    assert (len(api.seen), api.pauses) == (1, [])
