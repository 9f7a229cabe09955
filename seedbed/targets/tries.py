"""How often a request is tried, and how long is waited in between; the same for every client."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, retry_if_result, stop_after_attempt
from tenacity.wait import wait_exponential, wait_random

from seedbed.core.certificates import distrust
from seedbed.core.errors import Transient

TRIES = 4
RETRY_AFTER_LIMIT_S = 60.0
NEXT_STEP = "look at the service with `seedbed doctor`, then retry: what was answered is not sent again"

_logger = logging.getLogger(__name__)
_backed_off = wait_exponential(multiplier=0.5, max=8) + wait_random(0, 0.25)

Sleep = Callable[[float], None]


class Answer(Protocol):
    """What httpx's and requests' responses have in common."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, whatever their case."""
        ...


A = TypeVar("A", bound=Answer)


def send_with_tries(
    send: Callable[[], A], *, what: str, lost: tuple[type[Exception], ...], sleep: Sleep = time.sleep
) -> A:
    """The answer to a request, tried up to four times; Transient when all are used up.

    Tried again: 408, 425, 429, 5xx and the exceptions in `lost` (no answer came). Every other answer is the caller's to judge.
    A certificate that is not trusted is a UserError at once.
    """

    def send_trusting() -> A:
        try:
            return send()
        except lost as error:
            raise distrust(what, error) or error from error

    retrying = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=_pause,
        retry=retry_if_exception_type(lost) | retry_if_result(may_pass),
        sleep=sleep,
        before_sleep=lambda state: _logger.info("%s: try %d: %s", what, state.attempt_number, _cause(state)),
        retry_error_callback=lambda state: _give_up(what, state),
    )
    return retrying(send_trusting)


def may_pass(answer: Answer) -> bool:
    """Whether the same request may succeed a little later."""
    return answer.status_code in (408, 425, 429) or answer.status_code >= 500


def retry_after(answer: Answer) -> float | None:
    """The seconds that the server asks for, at most 60; None where it says nothing that can be read."""
    text = (answer.headers.get("Retry-After") or "").strip()
    if text.isdecimal():
        return min(float(text), RETRY_AFTER_LIMIT_S)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - datetime.now(UTC)).total_seconds(), 0.0), RETRY_AFTER_LIMIT_S)


def _pause(state: RetryCallState) -> float:
    asked = retry_after(_outcome(state).result()) if not _outcome(state).failed else None
    return asked if asked is not None else _backed_off(state)


def _outcome(state: RetryCallState) -> Any:
    return state.outcome


def _cause(state: RetryCallState) -> str:
    error = _outcome(state).exception()
    return type(error).__name__ if error else f"status {_outcome(state).result().status_code}"


def _give_up(what: str, state: RetryCallState) -> Any:
    error = _outcome(state).exception()
    detail = f" ({str(error)[:120]})" if error and str(error) else ""
    message = f"{what} failed in {state.attempt_number} tries, at last with {_cause(state)}{detail}"
    raise Transient(message, next_step=NEXT_STEP) from error
