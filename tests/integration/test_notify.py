"""Automations with a webhook: who is told what of a run that failed."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.stack.hospital import Hospital

pytestmark = pytest.mark.stack
SETTLING_S = 8  # a second message would have come by then
SECRET = "T000/B000/a-secret-path"


@dataclass
class Receiver:
    """A chat's webhook: keeps what it is sent."""

    url: str = ""
    status: int = 200
    texts: list[str] = field(default_factory=list)

    def wait_for(self, seen: Callable[[str], bool], within_s: float = 60) -> str:
        """The first text that is meant."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if found := [text for text in self.texts if seen(text)]:
                return found[0]
            time.sleep(0.3)
        raise AssertionError(f"not among {self.texts}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            kept.texts.append(json.loads(body)["text"])
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/{SECRET}"
    yield kept
    server.shutdown()


def automations(hospital: Hospital) -> list[tuple[str, str]]:
    return sorted((one["name"], one["id"]) for one in hospital.server.ask("POST", "automations/filter", {}))


def deliver_again(hospital: Hospital, run: str, *, times: int) -> None:
    """The server gets the event of the run's failure again, as when its first delivery was interrupted."""
    wanted = {"event": {"name": ["prefect.flow-run.Failed"]}, "resource": {"id": [f"prefect.flow-run.{run}"]}}
    until = time.monotonic() + 20
    while not (found := hospital.server.ask("POST", "events/filter", {"filter": wanted})["events"]):
        assert time.monotonic() < until, "the server has not kept the event"
        time.sleep(0.5)
    for _ in range(times):
        hospital.server.ask("POST", "events", [found[0] | {"id": str(uuid.uuid4()), "follows": None}])


def test_a_failed_run_is_told_with_its_own_message_and_the_address_is_told_to_nobody(
    hospital: Hospital, receiver: Receiver
) -> None:
    said = hospital.seedbed("notify", "--webhook", "-", "--environment", "north", stdin=receiver.url)
    assert "This is a test" in receiver.texts[0]
    before = automations(hospital)
    assert [name.partition(":")[0] for name, _ in before] == ["Seedbed north", "Seedbed north"]

    again = hospital.seedbed("notify", "--webhook", receiver.url, "--environment", "north", "--json")
    assert automations(hospital) == before

    run = hospital.server.start("setup/adhoc-north", mode="entity", entities="gendre")
    ended = hospital.server.ended(run)
    assert ended["state_name"] == "Failed"
    text = receiver.wait_for(lambda text: run in text)
    assert text.startswith(f"{ended['name']}: Failed (setup/adhoc-north)\n")
    assert ended["state"]["message"] in text
    assert "did you mean 'gender'" in text
    assert text.endswith(f"{hospital.server.url.removesuffix('/api')}/runs/flow-run/{run}")
    deliver_again(hospital, run, times=3)
    time.sleep(SETTLING_S)
    assert [text for text in receiver.texts if run in text] == [text]
    logs = hospital.server.ask("POST", "logs/filter", {})
    blocks = hospital.server.ask("POST", "block_documents/filter", {})
    shown = [said.stdout, said.stderr, again.stdout, again.stderr, hospital.log, logs, blocks, ended]
    assert SECRET not in json.dumps(shown)


def test_a_webhook_that_refuses_is_not_installed(hospital: Hospital, receiver: Receiver) -> None:
    before = automations(hospital)
    receiver.status = 403
    done = hospital.seedbed("notify", "--webhook", receiver.url, "--environment", "north", check=False)
    assert done.returncode == 2
    assert "the webhook at 127.0.0.1 refuses a message: 403" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert automations(hospital) == before


def test_a_webhook_that_is_not_there_is_not_installed(hospital: Hospital) -> None:
    before = automations(hospital)
    done = hospital.seedbed("notify", "--webhook", f"http://127.0.0.1:9/{SECRET}", check=False)
    assert done.returncode == 4
    assert "the webhook at 127.0.0.1 does not answer (ConnectError)" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert automations(hospital) == before
