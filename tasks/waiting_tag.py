"""Waiting for targets in a flow run: an operator sees it as a tag of the run, and in its log."""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import httpx
from prefect import runtime
from prefect.client.orchestration import get_client

from seedbed.actions.runs.executor import AttemptContext
from seedbed.actions.runs.wait_for_targets import TargetWaiter, await_targets, log_waiting
from seedbed.core.errors import SeedbedError
from seedbed.database.ledger.leases import is_overtaken
from seedbed.settings import read_settings
from seedbed.wiring import app_context

WAITING = "waiting for "
_away: defaultdict[str, dict[str, float]] = defaultdict(dict)
_one_at_a_time = threading.Lock()
log = logging.getLogger("seedbed.waiting")  # Prefect's UI shows the lines of loggers below seedbed


def await_flow_run_targets(targets: Iterable[str], attempt: AttemptContext) -> None:
    """Returns once the targets answer; Transient where the attempt's waiting time is over first."""
    flow_run = runtime.flow_run.id

    def tell(sentence: str, away: Mapping[str, float]) -> None:
        log_waiting(sentence, away)
        show_waiting(flow_run, away)

    live, pause_s = app_context(), read_settings().SEEDBED_PROBE_PAUSE_S
    watch = TargetWaiter(
        attempt.began, attempt.wait_limits.targets_s, pause_s, _away[attempt.run.root], tell, local=live.local_time
    )
    await_targets(live, targets, watch)


@contextmanager
def clearing_waiting_tags() -> Iterator[None]:
    """Before and after it the run is tagged as waiting for nothing; not after a newer attempt has taken over, whose tag it is then."""
    flow_run, is_ours = runtime.flow_run.id, True
    show_waiting(flow_run, {})  # what an attempt that was killed has left
    try:
        yield
    except SeedbedError as error:
        is_ours = not is_overtaken(error)
        raise
    finally:
        if is_ours:
            show_waiting(flow_run, {})


def show_waiting(flow_run: str | None, away: Mapping[str, float]) -> None:
    """Tags the flow run with what it waits for, which lists and the run's page show; what it waited for before is taken off."""
    if flow_run is None:
        return
    try:
        with _one_at_a_time, get_client(sync_client=True) as client:
            known = client.read_flow_run(flow_run).tags
            kept = [tag for tag in known if not tag.startswith(WAITING)]
            local = read_settings().local_time
            now = dict(away)  # other steps change it meanwhile
            wanted = [*kept, *(f"{WAITING}{title} since {local.clock_time(since)}" for title, since in now.items())]
            if sorted(wanted) != sorted(known):
                client.update_flow_run(flow_run, tags=wanted)
    except httpx.HTTPError as error:  # the tag is for the eye; the run goes on without it
        log.warning("Prefect does not show what the run waits for error=%s", error)
