"""The page that lists runs has those too that ended before their report."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from seedbed.actions.context import AppContext, Run
from seedbed.actions.runs.run_index import mark_cancelled, tracked_on_run_index, write_index
from seedbed.core.errors import DataError, Transient, UserError
from seedbed.core.report import Attempt, Report, RunFailure
from seedbed.database.ledger.leases import Overtaken
from tests.support.builders.houses import SMALL

RUN = Run("root-1", "20261121T183000-aaaaaaaa", "refresh")
UI = "http://127.0.0.1:4250/v2/runs/flow-run/1"
ATTEMPTS = tuple(Attempt(number, "1.0", "a host", "") for number in (1, 2))
REFUSED = UserError("another run writes to this database", next_step="wait until it has ended")


@pytest.fixture
def house(tmp_path: Path) -> AppContext:
    def no_target(name: str) -> object:
        raise AssertionError(f"{name} is not needed")

    return AppContext(
        entities=SMALL,
        modules={},
        aliases={},
        target=no_target,
        database=lambda: no_target("database"),
        diagnose=lambda: (),
        target_addresses={},
        root=tmp_path,
        is_local=True,
        known_headers=lambda entity: entity.headers,
    )


def page(house: AppContext) -> str:
    return (house.output / "index.html").read_text("utf-8")


def test_a_run_at_work_is_open_and_one_that_is_killed_stays_so(house: AppContext) -> None:
    with tracked_on_run_index(house, RUN, UI):
        text = page(house)
    assert 'class="banner open"' in text
    assert "has not ended yet: it is at work, or was killed." in text
    assert re.findall(r'href="(http[^"]*)"', text) == [UI, UI]


def test_a_run_that_was_refused_is_listed_with_the_cause_and_the_next_step(house: AppContext) -> None:
    with pytest.raises(UserError), tracked_on_run_index(house, RUN, UI):
        raise REFUSED
    text = page(house)
    assert 'class="banner bad"' in text
    assert "The run failed: another run writes to this database." in text
    assert "Wait until it has ended." in text


def test_a_run_that_was_interrupted_is_listed(house: AppContext) -> None:
    with pytest.raises(KeyboardInterrupt), tracked_on_run_index(house, RUN, ""):
        raise KeyboardInterrupt
    assert "The run was interrupted (KeyboardInterrupt)." in page(house)
    assert re.findall(r'href="(.*?)"', page(house)) == ["data:,"]


@pytest.mark.parametrize(
    ("in_report", "raised", "said"),
    [
        (None, DataError("the summary cannot be shown"), "The run failed: the summary cannot be shown."),
        (DataError("two rows are wrong"), DataError("1 of 2 failed"), "The run failed: two rows are wrong."),
        (None, Overtaken("a newer attempt of this run has taken over"), "The run completed"),
    ],
    ids=["failed after it", "failed by what it says", "overtaken"],
)
def test_the_report_s_line_stays_unless_the_run_fails_after_it(
    house: AppContext, in_report: DataError | None, raised: Exception, said: str
) -> None:
    with pytest.raises(type(raised)), tracked_on_run_index(house, RUN, UI):
        report_and_raise(house, in_report, raised)
    assert said in page(house)
    assert f'href="{RUN.name}/report.html"' in page(house)


def report_and_raise(house: AppContext, in_report: DataError | None, raised: Exception) -> None:
    failure = RunFailure("DataError", in_report.message, in_report.next_step, 3) if in_report else None
    (house.output / RUN.name / "report.html").write_text("<html>", encoding="utf-8")
    plain = Report(RUN.verb, RUN.name, state="failed" if failure else "completed", error=failure).to_json()
    write_index(house.output, plain, [])
    raise raised


@pytest.mark.parametrize("has_report", [False, True], ids=["at work", "with its report"])
def test_what_an_older_attempt_fails_with_is_not_put_over_the_newer_one_s_line(
    house: AppContext, *, has_report: bool
) -> None:
    with pytest.raises(Transient), tracked_on_run_index(house, RUN, UI):
        retry_and_raise(house, has_report=has_report)
    assert ("The run completed" if has_report else "has not ended yet") in page(house)
    assert "does not answer" not in page(house)


def retry_and_raise(house: AppContext, *, has_report: bool) -> None:
    with tracked_on_run_index(house, replace(RUN, attempt=2), UI):
        if has_report:
            write_index(house.output, Report(RUN.verb, RUN.name, attempts=ATTEMPTS).to_json(), [])
    raise Transient("the Cortex API does not answer")


def test_a_run_that_came_too_late_is_listed(house: AppContext) -> None:
    mark_cancelled(house, RUN, "superseded: it was due at 01:30", UI)
    assert "The run was superseded: it was due at 01:30." in page(house)
    assert 'class="banner bad"' in page(house)


def test_words_that_cannot_be_written_do_not_stand_for_the_error_that_has_them(house: AppContext) -> None:
    with pytest.raises(DataError, match="\udcff is not UTF-8"), tracked_on_run_index(house, RUN, UI):
        raise DataError("\udcff is not UTF-8")
    assert "has not ended yet" in page(house)


def test_where_the_page_cannot_be_written_the_run_says_what_is_wrong_itself(house: AppContext) -> None:
    house.output.write_text("no folder")
    with pytest.raises(UserError, match="another run writes"), tracked_on_run_index(house, RUN, UI):
        raise REFUSED
