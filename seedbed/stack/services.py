"""How a part is kept: alive as it should be, mended where it is not, on a port that is free."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from seedbed.core.errors import Transient
from seedbed.stack import processes
from seedbed.stack.processes import Launch
from seedbed.stack.stack_options import StackOptions
from seedbed.stack.state import Service, forget, keep_port, last_port, read_services, remember

Say = Callable[[str], None]
STOP_GRACE_S = 30.0
HUNG_GRACE_S = 5.0
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """What a part is: how to start it on a port, how to ask whether it works, and how long it may take to begin."""

    name: str
    port: int
    start_s: float
    launch: Callable[[int], Launch]
    answers: Callable[[Service], bool]
    stop_by: signal.Signals = signal.SIGTERM
    tidy: Callable[[], object] = lambda: None  # removes what a killed predecessor left behind


def ensure_started(options: StackOptions, kind: ServiceKind, say: Say) -> Service:
    """The part, running as wanted, though it may not answer yet; ended and started again where it must be."""
    part = read_services(options).get(kind.name)
    if part and _is_as_wanted(kind, part):
        return part
    if part and processes.stop_process(
        part, by=kind.stop_by, grace_s=STOP_GRACE_S if kind.answers(part) else HUNG_GRACE_S
    ):
        say(f"{kind.name}: ended, to be started anew")
    return _start(options, kind, last_port(options, kind.name) or kind.port, say)


def _is_as_wanted(kind: ServiceKind, part: Service) -> bool:
    if processes.service_process(part) is None or part.fingerprint != kind.launch(part.port).fingerprint:
        return False
    return (
        kind.answers(part) or time.time() - part.create_time < kind.start_s
    )  # an interrupted `up` started it just now


def _start(options: StackOptions, kind: ServiceKind, wanted: int, say: Say) -> Service:
    port = processes.free_port(wanted, kind.port)
    moved = f" (port {wanted} is in use)" if wanted and port != wanted else ""
    say(f"{kind.name}: starting on port {port}{moved}")
    kind.tidy()
    part = processes.start_process(kind.launch(port))
    remember(options, part)
    keep_port(options, part.name, part.port)
    return part


def ensure_ready(options: StackOptions, kind: ServiceKind, say: Say) -> Service:
    """The part, answering; started again where another took its port meanwhile, or where an older one does not answer."""
    for _ in range(ATTEMPTS):
        before = read_services(options).get(kind.name)
        part = ensure_started(options, kind, say)
        if processes.wait_until_ready(part, kind.answers, kind.start_s):
            return part
        port_lost = processes.service_process(part) is None and processes.free_port(part.port) != part.port
        is_new = before is None or before.pid != part.pid
        if is_new and not port_lost:
            break
    how = "ended at once" if processes.service_process(part) is None else f"did not answer within {kind.start_s:.0f} s"
    log = kind.launch(part.port).log
    message = f"{kind.name} {how}; {log} ends with:\n{processes.last_lines(log)}"
    raise Transient(message, next_step="`seedbed up` tries again", code="local-stack-failed")


def stop_service(options: StackOptions, name: str, say: Say, by: signal.Signals = signal.SIGTERM) -> bool:
    """Stops the part if it is the one that we started; False where it was not running."""
    part = read_services(options).get(name)
    if part is None:
        return False
    stopped = processes.stop_process(part, by=by, grace_s=STOP_GRACE_S)
    forget(options, name)
    if stopped:
        say(f"{name}: stopped")
    return stopped
