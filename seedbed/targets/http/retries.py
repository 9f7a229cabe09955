"""How often a request is tried, and how long is waited in between; the same for every client."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, retry_if_result, stop_after_attempt

from seedbed.core.certificates import certificate_error
from seedbed.core.errors import Transient

TRIES = 4
RETRY_AFTER_LIMIT_S = 60.0
ABOUT_ROWS = (400, 409, 413, 422)  # refusals of what was sent, not of who sent it or where
NEXT_STEP = "look at the service with `seedbed doctor`, then retry: what was answered is not sent again"

_logger = logging.getLogger(__name__)

Sleep = Callable[[float], None]


class HttpResponse(Protocol):
    """What httpx's and requests' responses have in common."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, whatever their case."""
        ...


A = TypeVar("A", bound=HttpResponse)


def is_retryable(answer: HttpResponse) -> bool:
    """Whether the same request may succeed a little later."""
    return answer.status_code in (408, 425, 429) or answer.status_code >= 500


def send_with_retries(
    send: Callable[[], A],
    *,
    what: str,
    lost: tuple[type[Exception], ...],
    sleep: Sleep = time.sleep,
    again: Callable[[HttpResponse], bool] = is_retryable,
) -> A:
    """The answer to a request, tried up to four times; Transient when all are used up.

    Tried again: what `again` says (408, 425, 429, 5xx) and the exceptions in `lost` (no answer came). Every other answer is the
    caller's to judge. A certificate that is not trusted is a UserError at once.
    """

    def send_trusting() -> A:
        try:
            return send()
        except lost as error:
            raise certificate_error(what, error) or error from error

    retrying = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=_pause,
        retry=retry_if_exception_type(lost) | retry_if_result(again),
        sleep=sleep,
        before_sleep=lambda state: _logger.info(
            "%s: try %d: %s", what, state.attempt_number, describe_failure(_result(state))
        ),
        retry_error_callback=lambda state: _give_up(what, state),
    )
    return retrying(send_trusting)


def retry_after(answer: HttpResponse) -> float | None:
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


def backoff_s(tries: int, answer: HttpResponse | None) -> float:
    """The seconds to wait after so many tries: those that the last answer asks for, else 0.5, 1, 2, 4, 8 and up to 0.25 by chance."""
    asked = retry_after(answer) if answer is not None else None
    jitter = random.uniform(0, 0.25)  # noqa: S311 - spreads clients, hides nothing
    return asked if asked is not None else min(0.5 * 2 ** (tries - 1), 8.0) + jitter


def describe_failure(result: HttpResponse | BaseException) -> str:
    """What a failed try ended with, in a word or two."""
    return type(result).__name__ if isinstance(result, BaseException) else f"status {result.status_code}"


def retries_exhausted_error(what: str, tries: int, result: HttpResponse | BaseException) -> Transient:
    """The error of a request whose last try ended with the result."""
    detail = f" ({str(result)[:120]})" if isinstance(result, BaseException) and str(result) else ""
    message = f"{what} failed in {tries} tries, at last with {describe_failure(result)}{detail}"
    return Transient(message, next_step=NEXT_STEP, code="target-unavailable")


def _pause(state: RetryCallState) -> float:
    result = _result(state)
    return backoff_s(state.attempt_number, None if isinstance(result, BaseException) else result)


def _result(state: RetryCallState) -> Any:
    outcome: Any = state.outcome
    return outcome.exception() or outcome.result()


def _give_up(what: str, state: RetryCallState) -> Any:
    result = _result(state)
    raise retries_exhausted_error(what, state.attempt_number, result) from (
        result if isinstance(result, BaseException) else None
    )
