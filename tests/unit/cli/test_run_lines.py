"""What the terminal, the log file and Prefect's UI are shown of errors: of ours their words, of others all there is."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.logging.handlers import APILogHandler, PrefectConsoleHandler
from prefect.states import Completed, Failed, State

import tasks
from seedbed.cli.task_log_format import FLOWS, TASKS, TaskLogFormatter, console_filters, is_shown_on_console
from seedbed.core.errors import DataError, UnitsFailed
from seedbed.logs import LIBRARY, BriefFormatter, logging_to

OURS = DataError("ward.csv: no header", next_step="write one")
TASK = {"task_run_name": "setup site"}


def record(name: str, level: int, said: str, *args: Any, error: Exception | None = None) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": name, "levelno": level, "levelname": logging.getLevelName(level), **TASK})
    made.msg, made.args = said, args
    made.exc_info = (type(error), error, raised(error).__traceback__) if error else None
    return made


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.fixture
def library() -> Iterator[logging.Logger]:
    found = logging.getLogger(LIBRARY)
    level = found.level
    yield found
    found.setLevel(level)


def test_only_an_error_of_our_own_is_told_without_its_traceback_and_only_unless_details_are_wanted(
    library: logging.Logger,
) -> None:
    library.setLevel(logging.INFO)
    brief = BriefFormatter(logging.Formatter())
    ours, bug = (record(TASKS, logging.ERROR, "failed", error=error) for error in (OURS, KeyError("x")))
    assert logging.Formatter().format(ours).startswith("failed\nTraceback")  # which is kept in the record
    assert brief.format(ours) == "failed"
    assert "Traceback" in brief.format(bug)
    library.setLevel(logging.DEBUG)
    assert "Traceback" in brief.format(ours)


def test_prefects_own_handlers_tell_our_errors_so_in_every_process_that_imports_the_steps() -> None:
    assert tasks.__doc__  # imported
    named = [logging.getLogger(name) for name in ("", FLOWS, TASKS)]
    found = [one for logger in named for one in logger.handlers]
    ours = [one for one in found if isinstance(one, APILogHandler | PrefectConsoleHandler)]
    assert {type(one) for one in ours} >= {APILogHandler}
    assert {type(one.formatter) for one in ours} == {BriefFormatter}


def test_a_log_file_has_the_tracebacks_of_the_run_s_error_and_of_its_first_cause(tmp_path: Path) -> None:
    path, error = tmp_path / "run.log", UnitsFailed("1 of 3 failed", [raised(OURS)])
    with pytest.raises(UnitsFailed), logging_to(path):
        raise error
    text = path.read_text("utf-8")
    assert text.count("Traceback") == 2
    assert text.index("DataError: ward.csv") < text.index("UnitsFailed: 1 of 3 failed")


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (Completed(), "  setup site: Finished in state Completed()"),
        (Completed(name="Cached"), "  setup site: Finished in state Cached(type=COMPLETED)"),
        (Failed(message=f"{OURS}"), "  setup site: Finished in state Failed('ward.csv: no header; write one')"),
    ],
    ids=str,
)
def test_a_task_that_ends_is_a_line(state: State[Any], line: str) -> None:
    ended = record(TASKS, logging.INFO, f"Finished in state {state}")
    assert is_shown_on_console(ended)
    assert TaskLogFormatter().format(ended) == line


def test_a_task_that_waits_for_its_next_try_says_why_and_how_long() -> None:
    said = "Task run failed with %s: %r - Retry %s/%s will start %s"
    waits = record(TASKS, logging.INFO, said, "exception", OURS, 1, 2, "30 second(s) from now")
    assert is_shown_on_console(waits)
    assert (
        TaskLogFormatter().format(waits)
        == "  setup site: waits, retry 1 of 2 starts 30 second(s) from now: ward.csv: no header"
    )


def test_what_is_told_elsewhere_is_no_news_and_a_defect_is() -> None:
    again = [
        record(FLOWS, logging.ERROR, "Encountered exception during execution", error=OURS),
        record(TASKS, logging.ERROR, "Retries are exhausted", error=OURS),
        record(FLOWS, logging.INFO, "Beginning flow run"),
        record("seedbed.actions.setup.load", logging.ERROR, "entity failed"),
    ]
    assert [one.msg for one in again if is_shown_on_console(one)] == []
    bug = record(FLOWS, logging.ERROR, "Encountered exception", error=KeyError("x"))
    assert is_shown_on_console(bug)
    assert "Traceback" in TaskLogFormatter().format(bug)


@pytest.mark.parametrize(("level", "lines"), [(logging.INFO, 1), (logging.DEBUG, 2)])
def test_within_a_run_prefects_console_leaves_our_lines_to_our_own(
    library: logging.Logger, level: int, lines: int
) -> None:
    library.setLevel(level)
    console = logging.StreamHandler(sys.stderr)
    said = [
        record(TASKS, logging.INFO, "Finished in state Completed()"),
        record(FLOWS, logging.INFO, "Beginning flow run"),
        record("seedbed.waiting", logging.WARNING, "waiting for it"),
    ]
    with console_filters([console]):
        assert sum(bool(console.filter(one)) for one in said) == lines
    assert (console.filters, console.formatter) == ([], None)
