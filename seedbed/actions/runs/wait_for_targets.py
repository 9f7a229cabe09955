"""Waiting for what is away: a target that does not answer is asked again until it does, or until the patience is over."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from seedbed.actions.context import AppContext
from seedbed.core.errors import Transient
from seedbed.core.local_time import LOCAL_TIME, LocalTime
from seedbed.core.spec import Entity
from seedbed.doctor.registry import PROBES

TITLES = {probe.target: name for name, probe in PROBES.items() if probe.target}
NotifyWaiting = Callable[[str, Mapping[str, float]], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WaitLimits:
    """How many seconds an attempt waits: for targets that are away, and for another run that writes to the same database."""

    targets_s: float = 0
    lease_s: float = 0


NO_WAIT = WaitLimits()


@dataclass(frozen=True, slots=True)
class Clock:
    """The time in seconds of the epoch, and how to let it pass."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


REAL = Clock()


def log_waiting(sentence: str, away: Mapping[str, float]) -> None:
    """Says it in the log alone."""
    del away
    log.warning(sentence)


@dataclass(frozen=True, slots=True)
class TargetWaiter:
    """An attempt's waiting for targets, shared by its steps.

    `began`: the attempt's start; `max_wait_s`: counted from it; `pause_s`: between two questions; `away`: since when each target
    has not answered, by title; `tell`: called with a sentence and `away` whenever that changes; `local`: how moments are shown.
    Times: seconds of the epoch.
    """

    began: float
    max_wait_s: float
    pause_s: float
    unavailable_since: dict[str, float] = field(default_factory=dict)
    notify: NotifyWaiting = log_waiting
    clock: Clock = REAL
    local: LocalTime = LOCAL_TIME


def required_targets(context: AppContext, entities: Iterable[Entity]) -> tuple[str, ...]:
    """The targets that loading needs: the ledger's database, the entities' own, and those of what they refer to."""
    chosen = tuple(entities)
    referred = [
        context.entities[column.references.entity] for e in chosen for column in e.references if column.references
    ]
    return tuple(dict.fromkeys(["postgres", *(entity.target for entity in (*chosen, *referred))]))


def await_targets(context: AppContext, targets: Iterable[str], watch: TargetWaiter) -> None:
    """Returns once each of them answers; Transient where one does not while the patience lasts. Without patience nobody is asked."""
    if watch.max_wait_s <= 0:
        return
    for name in targets:
        await_answer(TITLES.get(name, name), partial(context.ping, name), watch)


def await_answer(title: str, ping: Callable[[], None], watch: TargetWaiter) -> None:
    """Returns once the ping raises Transient no more; raises Transient, with how long it was away, when the patience is over."""
    until = watch.began + watch.max_wait_s
    while True:
        try:
            ping()
        except Transient as error:
            now = watch.clock.now()
            since = watch.unavailable_since.setdefault(title, now)
            if now >= until:
                raise Transient(
                    f"{title} did not answer for {duration(now - since)} (since {watch.local.clock_time(since)}): {error.message}",
                    next_step="check that it runs, then retry",
                    code="target-unavailable",
                ) from error
            if since == now:
                watch.notify(
                    f"waiting for {title} since {watch.local.clock_time(since)}: {error.message}",
                    watch.unavailable_since,
                )
            watch.clock.sleep(min(watch.pause_s, until - now))
        else:
            back = watch.unavailable_since.pop(title, None)
            if back is not None:
                watch.notify(
                    f"{title} answers again after {duration(watch.clock.now() - back)}", watch.unavailable_since
                )
            return


def duration(seconds: float) -> str:
    """A duration in words, in the unit that suits it: 45 s, 4 min, 3 h, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h".replace(".0 h", " h")
