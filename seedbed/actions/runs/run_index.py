"""The page that lists runs: written anew when one begins and when it ends, from the line that every run leaves in its folder."""

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seedbed.actions.context import AppContext, Run
from seedbed.core.errors import SeedbedError
from seedbed.core.html_page import Headline
from seedbed.database.ledger.leases import is_overtaken
from seedbed.pages.run_pages import index_entry, index_entry_without_report, render_index, sentence

log = logging.getLogger(__name__)

LINE = "summary.json"
MOST_RUNS = 200
BEGUN, FAILED, CANCELLED = "running", "failed", "cancelled"
LOOK = "Open the run in Prefect's UI, mend what it says, then press Retry."
AGAIN = "Mend what it says, then run it again."  # without Prefect
NO_PAGE = "Look whether its process is still there; if not, run it again."


def write_index(output: Path, report: Mapping[str, Any], test_results: Sequence[Mapping[str, Any]]) -> None:
    """Writes the run's line, from its report, and `output/index.html`, the latest runs first."""
    run, attempt = str(report["run"]), max((one["number"] for one in report.get("attempts", ())), default=1)
    line = index_entry(dict(report), [dict(verdict) for verdict in test_results], f"{run}/report.html")
    _list(output, {**line, "attempt": attempt})


@contextmanager
def tracked_on_run_index(context: AppContext, run: Run, link: str) -> Iterator[None]:
    """Within it the run stands on the page as begun; where an error ends it before its report, it stands there with the error.

    `link`: its page in Prefect's UI; "" without Prefect. A run that is killed stays as it is: what killed it lets nobody write.
    Where a newer attempt has written the line meanwhile, it is that attempt's.
    """
    began = (
        f"It began at {context.local_time.clock_time(time.time())} and has not ended yet: it is at work, or was killed."
    )
    step = "Its page in Prefect's UI says which; Retry goes on where it stopped." if link else NO_PAGE
    _tell(context, run, BEGUN, Headline("open", began, step), link)
    try:
        yield
    except BaseException as error:
        line = _read(context.output / run.name / LINE)
        is_newest = not is_overtaken(error) and line.get("attempt", 1) <= run.attempt
        if is_newest and line.get("state") != FAILED:
            _tell(context, run, FAILED, error_headline(error, LOOK if link else AGAIN), link)
        raise


def mark_cancelled(context: AppContext, run: Run, why: str, link: str) -> None:
    """The run stands on the page as one that was not worth starting."""
    step = "The next one comes at its time; Retry in Prefect's UI runs this one all the same."
    _tell(context, run, CANCELLED, Headline("bad", sentence(f"The run was {why}"), step), link)


def error_headline(error: BaseException, look: str = LOOK) -> Headline:
    """What an error that ended a run means for whoever reads the page; `look`: the next step where the error knows none."""
    if isinstance(error, SeedbedError):
        return Headline("bad", sentence(f"The run failed: {error.message}"), sentence(error.next_step) or look)
    if isinstance(error, Exception):
        return Headline("bad", sentence(f"The run failed: {type(error).__name__}: {error}"), look)
    step = "Retry goes on where it stopped." if look == LOOK else "Run it again."
    return Headline("bad", f"The run was interrupted ({type(error).__name__}).", step)


def _tell(context: AppContext, run: Run, state: str, said: Headline, link: str) -> None:
    report = f"{run.name}/report.html"
    href = report if (context.output / report).exists() else link
    try:
        (context.output / run.name).mkdir(parents=True, exist_ok=True)
        line = index_entry_without_report(run.name, run.verb, state, said, href)
        _list(context.output, {**line, "attempt": run.attempt})
    except (OSError, ValueError) as error:  # the page is for the eye, and the run's own error the one that counts
        log.warning("the page of runs is not written path=%s error=%s", context.output, error)


def _list(output: Path, line: Mapping[str, Any]) -> None:
    folder = output / str(line["run"])
    _whole(folder / LINE, json.dumps(line, ensure_ascii=False), draft=folder / "summary.new")
    paths = sorted(output.glob(f"*/{LINE}"), reverse=True)[:MOST_RUNS]
    lines = [line for path in paths if (line := _read(path))]
    _whole(output / "index.html", render_index(lines), draft=folder / "index.new")


def _whole(path: Path, text: str, *, draft: Path) -> None:
    """Whole or not at all: two runs that end together both write the index."""
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        log.warning("a run is missing on the run index path=%s error=%s", path, error)
        return {}
