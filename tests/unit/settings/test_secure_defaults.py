"""Connections that leave this machine are encrypted unless the environment's file says otherwise; the local login."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from seedbed.core.errors import UserError
from seedbed.database.engines import DatabaseAddress
from seedbed.settings import Settings, read_settings

NAMES = ("OAUTH2_TOKEN_URL", "CORTEX_API_URL", "DEMOGRAPHIC_API_URL", "KEYCLOAK_BASE_URL")
KEYS = {"CORTEX_API_URL": "cortex_api", "DEMOGRAPHIC_API_URL": "demographic_api", "OAUTH2_TOKEN_URL": "token_url"}
POSTGRES = {"host": "db.uat.example.org", "database": "emr"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "deployments/environments").mkdir(parents=True)
    (tmp_path / ".seedbed").mkdir()
    return tmp_path


def uat(root: Path, targets: dict[str, Any], **keys: Any) -> Settings:
    said = {"targets": {"postgres": POSTGRES, **targets}, **keys}
    (root / "deployments/environments/uat.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    return read_settings({"SEEDBED_ENV": "uat"}, root=root)


def targets_with(name: str, url: str) -> dict[str, Any]:
    return {KEYS[name]: url} if name in KEYS else {"keycloak": {"base_url": url, "realm": "uat"}}


@pytest.mark.parametrize("name", NAMES)
def test_plain_http_outside_this_machine_is_refused_unless_the_file_allows_it(root: Path, name: str) -> None:
    targets = targets_with(name, "http://api.uat.example.org/x")
    with pytest.raises(UserError, match=f"{name}: plain http outside this machine is refused") as caught:
        uat(root, targets)
    assert caught.value.next_step == (
        "use https://, or write 'allow_plain_http: true' in deployments/environments/uat.yaml"
    )
    allowed = uat(root, targets, allow_plain_http=True)
    assert getattr(allowed, name) == "http://api.uat.example.org/x"


@pytest.mark.parametrize("name", NAMES)
def test_plain_http_is_refused_where_no_file_names_the_targets(root: Path, name: str) -> None:
    for url in ("http://10.0.0.5:8080/x", "HTTP://api.example.org"):
        with pytest.raises(UserError, match=f"{name}: plain http"):
            read_settings({name: url}, root=root)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:1", "https://api.example"]
)
def test_loopback_and_https_are_used_as_they_are(root: Path, url: str) -> None:
    for name in NAMES:
        assert getattr(read_settings({name: url}, root=root), name) == url


@pytest.mark.parametrize(
    ("postgres", "mode", "lacks"),
    [
        ({}, "require", True),
        ({"ssl_mode": "require"}, "require", False),
        ({"ssl_mode": "disable"}, "disable", False),
        ({"ssl_mode": "verify-full"}, "verify-full", False),
        ({"host": "127.0.0.1"}, "require", False),
    ],
)
def test_an_explicit_ssl_mode_is_obeyed_and_a_missing_one_is_known(root: Path, postgres, mode, lacks) -> None:
    settings = uat(root, {"postgres": {**POSTGRES, **postgres}})
    assert settings.environment is not None
    assert mode == settings.POSTGRES_SSL_MODE
    assert settings.environment.targets.postgres.lacks_ssl_mode is lacks


@pytest.mark.parametrize(
    ("host", "mode"),
    [("127.0.0.1", "disable"), ("localhost", "disable"), ("/var/run/postgresql", "disable"), ("db", "verify-full")],
)
def test_an_address_without_a_mode_checks_the_server_unless_it_is_on_this_machine(host: str, mode: str) -> None:
    assert DatabaseAddress(host, 5432, "emr", "u").login["sslmode"] == mode
    assert DatabaseAddress(host, 5432, "emr", "u", ssl_mode="prefer").login["sslmode"] == "prefer"


LOCAL = {"PREFECT_API_URL": "http://127.0.0.1:4250/api", "PREFECT_API_AUTH_STRING": "seedbed:s3cret"}


@pytest.mark.parametrize(
    ("environ", "auth"),
    [
        ({}, "seedbed:s3cret"),
        ({"PREFECT_API_URL": "http://127.0.0.1:4250/api/"}, "seedbed:s3cret"),
        ({"PREFECT_API_URL": "https://prefect.example.org/api"}, ""),
        ({"PREFECT_API_URL": "https://prefect.example.org/api", "PREFECT_API_AUTH_STRING": "a:b"}, "a:b"),
    ],
)
def test_the_local_servers_auth_string_is_shown_to_no_other_server(root: Path, environ, auth: str) -> None:
    (root / ".seedbed/local.json").write_text(json.dumps(LOCAL))
    settings = read_settings(environ, root=root)
    assert settings.PREFECT_API_AUTH_STRING.get_secret_value() == auth
    assert "s3cret" not in repr(settings)
