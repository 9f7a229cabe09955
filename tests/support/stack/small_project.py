"""A project folder with one tiny flow, and a stack of its own, beside whatever else runs on the machine."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seedbed import stack
from seedbed.stack import StackOptions, prefect_api

FLOW = '''"""A flow that takes as long as it is told."""

import time

from prefect import flow, task


@task
def step(number: int) -> int:
    return number


@flow(name="tiny")
def tiny(steps: int = 2, seconds: float = 0) -> int:
    for number in range(steps):
        step(number)
    time.sleep(seconds)
    return steps
'''
DEPLOYMENTS = """
name: tiny
pull: []
deployments:
  - name: adhoc
    entrypoint: flows.tiny.tiny
    work_pool: {name: seedbed}
  - name: often
    entrypoint: flows.tiny.tiny
    work_pool: {name: seedbed}
    schedules: [{interval: 5, active: true, slug: often}]
  - name: daily
    entrypoint: flows.tiny.tiny
    work_pool: {name: seedbed}
    schedules: [{cron: "0 3 * * *", timezone: Asia/Bangkok, active: true}]
"""


def make_project(root: Path) -> StackOptions:
    """The folder's files, and the options of its stack."""
    (root / "flows").mkdir(parents=True)
    (root / "flows" / "__init__.py").write_text("")
    (root / "flows" / "tiny.py").write_text(FLOW)
    (root / "prefect.yaml").write_text(DEPLOYMENTS)
    return StackOptions(root, root / ".seedbed")


@contextmanager
def project(root: Path) -> Iterator[StackOptions]:
    """A project whose stack is gone afterwards."""
    options = make_project(root)
    try:
        yield options
    finally:
        stack.clean(options, print)


def pids(options: StackOptions) -> dict[str, int | None]:
    """The processes of the parts, as status tells them."""
    return {part.name: part.pid for part in stack.status(options).parts}


def url_of(options: StackOptions, name: str) -> str:
    """Where a part is."""
    return next(part.url for part in stack.status(options).parts if part.name == name)


def ask(options: StackOptions, method: str, path: str, body: Any = None) -> Any:
    """An answer of Prefect's API, as its UI would get it."""
    with prefect_api.client(f"{url_of(options, 'prefect')}/api", timeout_s=20) as opened:
        answer = prefect_api.send(opened, method, path, body).raise_for_status()
    return answer.json() if answer.content else None


def deployment(options: StackOptions, name: str) -> dict[str, Any]:
    """A deployment of the tiny flow, as the server has it."""
    found: dict[str, Any] = ask(options, "GET", f"/deployments/name/tiny/{name}")
    return found


def start_run(options: StackOptions, **parameters: Any) -> str:
    """The id of a new run for the worker."""
    path = f"/deployments/{deployment(options, 'adhoc')['id']}/create_flow_run"
    run: str = ask(options, "POST", path, {"parameters": parameters})["id"]
    return run


def state_of(options: StackOptions, run: str) -> str:
    """The type of the run's state."""
    found: str = ask(options, "GET", f"/flow_runs/{run}")["state_type"]
    return found


def wait_for(seen: Callable[[], Any], seconds: float = 60) -> Any:
    """What `seen` gives, once it gives anything."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := seen():
            return found
        time.sleep(0.3)
    raise AssertionError(f"not seen within {seconds} s")
