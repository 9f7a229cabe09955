"""Errors of a run: one that ends a step is kept until the report is written, and several are one at the end."""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from seedbed.core.errors import DataError, NotRun, SeedbedError, UnitsFailed

T = TypeVar("T")
LONGEST, LONGEST_UNITS, LONGEST_STEP = 300, 90, 90  # characters
DEFECT = SeedbedError.code
log = logging.getLogger(__name__)


def capture_error(
    work: Callable[[], T], otherwise: T, *, during: str = "", code: str = DEFECT
) -> tuple[T, SeedbedError | None]:
    """What the work returns, or `otherwise` and the error that ended it: the run's report is written all the same.

    `during` begins the message of an unexpected error, and `code` is its code. It is also logged with its traceback.
    """
    try:
        return work(), None
    except Exception as error:  # noqa: BLE001 - whatever it is, the report says it
        return otherwise, as_seedbed_error(error, during=during, code=code)


def as_seedbed_error(error: BaseException, *, during: str = "", code: str = DEFECT) -> SeedbedError:
    """The error as one of our tree; one that is not ours is a defect, and is logged with its traceback."""
    if isinstance(error, SeedbedError):
        return error
    log.error("an unexpected error", exc_info=error)
    found = DataError(f"{during}{type(error).__name__}: {error}", code=code)
    found.__cause__ = error
    return found


def combine_errors(failed: Mapping[str, SeedbedError], *others: SeedbedError | None) -> SeedbedError | None:
    """One error for all that failed, in at most 300 characters: the units, the first cause, the next step."""
    causes = [*failed.values(), *(error for error in others if error)]
    if not causes:
        return None
    first = causes[0]
    broken = [name for name, error in failed.items() if not isinstance(error, NotRun)]
    waiting = [name for name in failed if name not in broken]
    units = (
        f"{', '.join(broken)} failed" + (f" ({', '.join(waiting)} not run): " if waiting else ": ") if broken else ""
    )
    step = _cut(first.next_step or "read the report, then retry", LONGEST_STEP)
    units = _cut(units, LONGEST_UNITS)
    message = _cut(first.message, LONGEST - len(units) - len(step) - len("; "))
    return UnitsFailed(f"{units}{message}", causes, next_step=step)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
