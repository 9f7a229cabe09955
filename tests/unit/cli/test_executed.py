"""A run that is interrupted in this process does not stay Pending or Running in Prefect."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from prefect.exceptions import Abort

from seedbed.cli.run_deployment import execute_flow_run
from seedbed.database.ledger.leases import Overtaken

RUN = "0f0e0d0c-0000-4000-8000-000000000001"
OVERTAKEN = Overtaken("a newer attempt of this run has taken over")
Asked = list[tuple[str, Any]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """A Prefect API that has the run as unfinished: which states it is told."""
    states: Asked = []

    class Api(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.endswith("set_state"):
                states.append((self.path, body["state"]))
            answer = json.dumps([{"id": RUN}]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_port}/api")
        yield states
        server.shutdown()


def ending_with(error: BaseException) -> Any:
    raise error


def test_what_ends_a_run_before_it_has_told_its_state_is_noted_as_a_crash(told: Asked) -> None:
    with pytest.raises(KeyboardInterrupt):
        execute_flow_run(RUN, lambda: ending_with(KeyboardInterrupt()))
    ((path, state),) = told
    assert path == f"/api/flow_runs/{RUN}/set_state"
    assert (state["type"], state["message"].partition(" where ")[0]) == ("CRASHED", "interrupted by KeyboardInterrupt")


def test_the_run_of_an_attempt_that_was_overtaken_is_left_to_the_newer_one(told: Asked) -> None:
    aborted = Abort("overtaken")
    aborted.__cause__ = OVERTAKEN
    with pytest.raises(Overtaken):
        execute_flow_run(RUN, lambda: ending_with(aborted))
    assert told == []


def test_a_server_that_is_gone_does_not_hide_what_ended_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(KeyError, match="a defect"):
        execute_flow_run(RUN, lambda: ending_with(KeyError("a defect")))
