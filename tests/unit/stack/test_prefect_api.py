"""How a server with a login is spoken to."""

import pytest

from seedbed.stack.prefect_api import login, use_auth_string

SERVER = "https://prefect.example.org/api"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("name", "value", "header"),
    [("PREFECT_API_AUTH_STRING", "admin:pass", "Basic YWRtaW46cGFzcw=="), ("PREFECT_API_KEY", "pnu_1", "Bearer pnu_1")],
)
def test_the_server_that_is_named_gets_the_login_and_no_other_does(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, header: str
) -> None:
    monkeypatch.setenv(name, value)
    assert login(SERVER) == {}
    monkeypatch.setenv("PREFECT_API_URL", f"{SERVER}/")
    assert login(SERVER) == {"Authorization": header}
    assert login("http://127.0.0.1:4250/api") == {}


def test_without_a_login_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", SERVER)
    assert login(SERVER) == {}


def test_a_server_whose_auth_string_this_process_knows_gets_it_and_no_other_does() -> None:
    use_auth_string(f"{SERVER}/", "admin:pass")
    try:
        assert login(SERVER) == {"Authorization": "Basic YWRtaW46cGFzcw=="}
        assert login("https://other.example.org/api") == {}
    finally:
        use_auth_string(SERVER, "")
    assert login(SERVER) == {}
