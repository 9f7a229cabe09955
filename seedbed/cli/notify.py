"""`seedbed notify`: who is told of runs that failed, crashed, timed out or are late."""

import json
import sys
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from seedbed.cli.deploy import EnvironmentName, environment_of, named_server
from seedbed.cli.options import AsJson, as_command
from seedbed.cli.run_deployment import require_api
from seedbed.core.errors import Transient, UserError
from seedbed.settings import read_settings
from seedbed.stack.automations import ensure_zombie_automation, notify_of_failures
from seedbed.stack.deploy.environment_deployments import tags_of
from seedbed.targets.http.client import open_http

TIMEOUT_S = 10.0


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("notify")(as_command(notify))


def notify(
    webhook: Annotated[
        str,
        typer.Option("--webhook", help='Where messages go: a webhook that takes {"text": ...}; - reads it from stdin.'),
    ] = "",
    environment: EnvironmentName = "",
    as_json: AsJson = False,
) -> int:
    """Send a message for every run that fails, crashes, times out or is late; sends a test message first."""
    url = sys.stdin.readline().strip() if webhook == "-" else webhook
    host = _host_of(url)
    settings = read_settings()
    if environment:
        name, api_url = environment_of(environment).name, named_server()
    else:
        name, api_url = "", require_api(settings).rstrip("/")
    ui_url = settings.PREFECT_UI_URL or api_url.removesuffix("/api")
    _send_test(
        url, host, f"Seedbed will tell you here of {name or 'its'} runs that failed or are late. This is a test."
    )
    tags = tags_of(name)
    ensure_zombie_automation(api_url, tags)
    notify_of_failures(api_url, url, ui_url, tags)
    said = {"verb": "notify", "state": "completed", "server": api_url, "host": host, "environment": name}
    print(
        json.dumps(said) if as_json else f"{host} took a test message; {api_url} tells it of runs that fail or are late"
    )
    return 0


def _host_of(url: str) -> str:
    """The host of a webhook; its path is a secret and is never shown."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(
            "--webhook is not the address of a webhook",
            next_step="give an http or https URL, or - for stdin",
            code="webhook-failed",
        )
    return parts.hostname


def _send_test(url: str, host: str, text: str) -> None:
    try:
        with open_http(url, ca_file=read_settings().SEEDBED_CA_FILE, timeouts=httpx.Timeout(TIMEOUT_S)) as http:
            answer = http.post(url, json={"text": text})
    except httpx.HTTPError as error:
        raise Transient(
            f"the webhook at {host} does not answer ({type(error).__name__})",
            next_step="nothing was installed: try again",
            code="webhook-failed",
        ) from None
    if not answer.is_success:
        raise UserError(
            f"the webhook at {host} refuses a message: {answer.status_code}",
            next_step="nothing was installed; ask the owner of the webhook",
            code="webhook-failed",
        )
