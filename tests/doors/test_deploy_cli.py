"""`seedbed deploy` and `seedbed notify` refuse early, and say what to do."""

import json

import pytest

from seedbed.cli import deploy
from tests.support.stagings import Staging

FILE = "targets: {postgres: {host: db.example.org, database: emr}}\n"
NOBODY = "http://127.0.0.1:9/api"


@pytest.fixture
def north(staging: Staging) -> Staging:
    """A project with the environment 'north' and no Prefect server."""
    staging.patch.setattr(deploy, "ROOT", staging.root)
    folder = staging.root / "deployments/environments"
    folder.mkdir(parents=True)
    (folder / "north.yaml").write_text(FILE, encoding="utf-8")
    (staging.root / ".seedbed").mkdir()
    local = json.dumps({"PREFECT_API_URL": NOBODY, "PREFECT_UI_URL": "http://127.0.0.1:9"})
    (staging.root / ".seedbed/local.json").write_text(local, encoding="utf-8")
    return staging


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "which environment? --environment is not given"),
        (("--environment", "nroth"), "did you mean 'north'"),
        (("--environment", "test"), "environment 'test' is the local stack's; `seedbed up` deploys there"),
        (("--environment", "prod"), "SEEDBED_ENV=prod is refused"),
    ],
)
def test_an_environment_that_cannot_be_meant_is_refused(north: Staging, arguments: tuple[str, ...], said: str) -> None:
    code, text = north.run("deploy", *arguments)
    assert code == 2
    assert said in text.replace("\nnext: ", "; ")


@pytest.mark.parametrize("arguments", [("deploy",), ("notify", "--webhook", "http://127.0.0.1:9/x")])
def test_the_local_stacks_server_is_never_deployed_to_by_accident(north: Staging, arguments: tuple[str, ...]) -> None:
    code, text = north.run(*arguments, "--environment", "north")
    assert code == 2
    assert "no Prefect server is named" in text
    assert "set PREFECT_API_URL" in text


def test_a_server_that_is_named_and_does_not_answer_is_said(north: Staging) -> None:
    north.patch.setenv("PREFECT_API_URL", NOBODY)
    code, text = north.run("deploy", "--environment", "north")
    assert code == 2
    assert f"Prefect's API at {NOBODY} does not answer" in text


@pytest.mark.parametrize("url", ["", "hooks.example.org/secret", "ftp://hooks.example.org/secret", "https:///secret"])
def test_an_address_that_is_no_webhook_is_refused_and_not_repeated(north: Staging, url: str) -> None:
    code, text = north.run("notify", "--webhook", url)
    assert code == 2
    assert "--webhook is not the address of a webhook" in text
    assert "secret" not in text
