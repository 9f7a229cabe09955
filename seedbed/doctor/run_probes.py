"""All probes at once, each in a thread of its own; the outcomes in the registry's order."""

import functools
import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from threading import Thread

from seedbed.core.errors import SeedbedError
from seedbed.core.report import Check
from seedbed.doctor.inputs import DoctorInputs
from seedbed.doctor.probe import Probe, ProbeContext, failed, skipped
from seedbed.doctor.probes.oauth2_token import ask_token
from seedbed.doctor.registry import probes_of

GRACE_S = 1.0  # a client that keeps the time-out itself says more than we can
DISK_S = 60.0

Outcomes = Mapping[str, "Future[Check]"]

_logger = logging.getLogger(__name__)


def run_probes(inputs: DoctorInputs, timeout_s: float) -> tuple[Check, ...]:
    """Every check's outcome. A host that does not answer costs one time-out, however many checks ask it.

    `timeout_s`: how long a host may take to answer. Checks that need one that did not pass are skipped.
    """
    probe_context = ProbeContext(inputs, timeout_s, functools.cache(lambda client: ask_token(probe_context, client)))
    probes = probes_of(inputs)
    outcomes: Outcomes = {name: Future() for name in probes}
    for name, probe in probes.items():
        # Threads that nobody waits for: looking up a name may hang longer than any time-out.
        Thread(target=_attend, args=(name, probe, probe_context, outcomes), daemon=True).start()
    return _collected(probes, outcomes, timeout_s)


def _attend(name: str, probe: Probe, probe_context: ProbeContext, outcomes: Outcomes) -> None:
    unmet = next((need for need in probe.needs if outcomes[need].result().status not in ("PASS", "WARN")), "")
    started = time.monotonic()
    check = _not_possible(probe, probe_context, unmet) or _examined(name, probe, probe_context)
    _set_outcome(outcomes[name], replace(check, name=name, seconds=round(time.monotonic() - started, 3)))


def _not_possible(probe: Probe, probe_context: ProbeContext, unmet: str) -> Check | None:
    unset = [name for name in probe.config if name in probe_context.inputs.configuration.unset]
    if unset:
        return skipped(f"not set: {', '.join(unset)}")
    return skipped(f"needs the check '{unmet}', which did not pass") if unmet else None


def _examined(name: str, probe: Probe, probe_context: ProbeContext) -> Check:
    try:
        return probe.examine(probe_context)
    except SeedbedError as error:
        is_ours = error.is_transient and probe_context.inputs.configuration.is_local
        step = error.next_step or f"see '{name}' in docs/doctor.md"
        check = failed(error.message, "`seedbed up` mends the local stack" if is_ours else step)
        return replace(check, code=error.code, params=error.params)
    except Exception as error:  # the end of a thread: a check that breaks is a failed one, and the others go on
        _logger.exception("the check '%s' broke", name)
        return failed(f"the check itself broke: {type(error).__name__}", "see the log, and report it as a defect")


def _collected(probes: Mapping[str, Probe], outcomes: Outcomes, timeout_s: float) -> tuple[Check, ...]:
    started, ends, found = time.monotonic(), dict[str, float](), []
    for name, probe in probes.items():
        begin = max((ends[need] for need in probe.needs), default=started)
        ends[name] = begin + (DISK_S if probe.is_on_disk else timeout_s) + GRACE_S
        found.append(_awaited(name, outcomes[name], ends[name] - time.monotonic()))
    return tuple(found)


def _awaited(name: str, outcome: "Future[Check]", max_wait_s: float) -> Check:
    with suppress(TimeoutError):
        return outcome.result(max(max_wait_s, 0.0))
    late = failed("gave no answer in time", "look at the host's name and the network; DOCTOR_TIMEOUT_MS is the time")
    _set_outcome(outcome, replace(late, name=name))
    return outcome.result()


def _set_outcome(outcome: "Future[Check]", check: Check) -> None:
    with suppress(InvalidStateError):  # it was given up, or has come after all: the first word counts
        outcome.set_result(check)
