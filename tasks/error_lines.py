"""What Prefect's consoles and UI show of our errors: their words, and no traceback."""

import logging

from prefect.logging.configuration import ensure_logging_setup
from prefect.logging.handlers import APILogHandler, PrefectConsoleHandler

from seedbed.logs import LIBRARY, BriefFormatter

LOGGERS = ("", "prefect.flow_runs", "prefect.task_runs", LIBRARY)  # those to which Prefect adds its handlers


def use_brief_formatters() -> None:
    """From now on they do, in this process; a second call changes nothing."""
    ensure_logging_setup()
    for name in LOGGERS:
        for one in logging.getLogger(name).handlers:
            is_prefects = isinstance(one, APILogHandler | PrefectConsoleHandler)
            if is_prefects and not isinstance(one.formatter, BriefFormatter):
                one.setFormatter(BriefFormatter(one.formatter or logging.Formatter()))
