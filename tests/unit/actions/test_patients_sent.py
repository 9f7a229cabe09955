"""A unit of patients, interrupted and sent again: nobody is lost, and who was there before is not ours."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from seedbed.actions.context import Run
from seedbed.actions.generate import patient_units as sent
from seedbed.actions.generate.patient_units import PatientUnit, UnitSender
from seedbed.cli.progress_bar import bar
from seedbed.core.errors import Transient
from seedbed.core.registration import RegisterResult
from seedbed.database.ledger.registered_rows import list_unknown_rows, outcome_counts
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS
from seedbed.datasets.hospital.patients.source import patient_source
from seedbed.datasets.registry import PATIENTS
from seedbed.targets.http.concurrency import DeliveryInterrupted
from tests.support.builders.cortex_double import status, times_out
from tests.support.builders.demographic_double import DemographicDouble, Fault, target
from tests.support.builders.houses import SmallHouse
from tests.support.builders.patients import AS_OF, vocabulary

COUNT, BATCH, WINDOW = 40, 5, 25  # a request and the four after it
UNIT = PatientUnit(1, 1, 0, COUNT)
LAST = range(COUNT - BATCH, COUNT)
profiles = pytest.mark.parametrize("profile", ["batch", "single"])


class Bench:
    """A unit, the API in memory, and the ledger in a real database."""

    def __init__(self, small: SmallHouse, double: DemographicDouble, profile: Any, **options: Any) -> None:
        api = target(double, profile, **options)
        self.house, self.double = replace(small.house, registrar=lambda: api), double
        self.full = api.accepts_extra_fields

    def sending(self) -> UnitSender:
        source = patient_source(vocabulary(), ALL_PATIENTS, 42, AS_OF)
        return UnitSender(self.house, Run("root-1", "20261121T010001", "gen-mock"), UNIT, source, BATCH)

    def send(self) -> dict[str, int]:
        return {name: count for name, count in self.sending().send().items() if count}

    def hold(self, rows: range) -> None:
        """The API has the patients of these rows."""
        sending = self.sending()
        for one in PATIENTS.to_register(sending.table(rows[0], rows[-1] + 1), self.full):
            self.double.add(dict(one.body))

    @property
    def in_doubt(self) -> list[int]:
        return list_unknown_rows(self.house.database(), "root-1", "patient")

    @property
    def noted(self) -> dict[str, int]:
        return dict(outcome_counts(self.house.database(), "root-1", "patient"))


@pytest.fixture
def bench(small: SmallHouse) -> Callable[..., Bench]:
    return lambda profile, fault=None, **options: Bench(
        small, DemographicDouble({"POST": [fault] * 12 if fault else []}), profile, **options
    )


def unreachable(_: DemographicDouble, request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@profiles
@pytest.mark.parametrize("look_up", [True, False])
def test_an_api_that_was_away_is_sent_everybody_by_the_retry(bench: Any, profile: str, look_up: bool) -> None:
    here = bench(profile, unreachable, look_up=look_up)
    with pytest.raises(DeliveryInterrupted, match="3 requests failed"):
        here.send()
    assert here.in_doubt == []
    assert here.send() == here.noted == {"created": COUNT}
    assert len(here.double.people) == COUNT


@profiles
@pytest.mark.parametrize("fault", [status(503), times_out], ids=["503", "time-out"])
@pytest.mark.parametrize("forgets_keys", [False, True], ids=["key honoured", "key ignored"])
def test_who_was_there_before_and_was_never_sent_is_not_ours(
    bench: Any, profile: str, fault: Fault, forgets_keys: bool
) -> None:
    here = bench(profile, fault)
    here.double.forgets_keys = forgets_keys
    here.hold(LAST)
    with pytest.raises(DeliveryInterrupted, match="3 requests failed"):
        here.send()
    assert here.in_doubt == list(range(3 * (BATCH if profile == "batch" else 1)))
    assert here.send() == here.noted == {"created": COUNT - BATCH, "exists": BATCH}
    assert here.in_doubt == []


def test_without_a_look_up_only_who_was_sent_without_an_answer_is_unknown(bench: Any) -> None:
    here = bench("single", look_up=False)
    here.double.faults["POST"] = [unreachable] * 4 + [times_out]
    with pytest.raises(DeliveryInterrupted, match="38 created, 1 skipped, 1 without an answer"):
        here.send()
    assert here.send() == {"created": 1}
    assert here.noted == {"created": COUNT - 1, "skipped": 1}
    assert len(here.in_doubt) == 1, "a cleanup looks it up once it can"


class Screen(io.StringIO):
    """A terminal that keeps what was on it."""

    def isatty(self) -> bool:
        return True


def test_the_bar_counts_nobody_twice_when_a_unit_is_tried_again(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    here = bench("single", look_up=False)
    here.double.faults["POST"] = [unreachable] * 4 + [times_out]
    with bar(COUNT):
        with pytest.raises(DeliveryInterrupted):
            here.send()
        here.send()
    shown = [int(done) for done in re.findall(rf"(\d+)/{COUNT}\b", screen.getvalue())]
    assert (shown[0], max(shown), shown[-1]) == (0, COUNT, COUNT)


@profiles
def test_rows_are_marked_before_they_are_sent_and_a_few_requests_at_once(
    bench: Any, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, marks = bench(profile), []

    def marking(database: Any, run: str, entity: str, first: int, last: int) -> None:
        marks.append((first, last, len(here.double.seen)))
        mark(database, run, entity, first, last)

    mark = sent.mark_sending
    monkeypatch.setattr(sent, "mark_sending", marking)
    assert here.send() == {"created": COUNT}
    each = 1 if profile == "batch" else BATCH
    assert marks == [(0, WINDOW - 1, 0), (WINDOW, COUNT - 1, WINDOW // BATCH * each)]
    assert here.in_doubt == []


@profiles
@pytest.mark.parametrize("ends_with", [KeyboardInterrupt, Transient("the database is away")], ids=["killed", "note"])
def test_where_nothing_could_be_noted_only_the_next_few_requests_are_in_doubt(
    bench: Any, profile: str, ends_with: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, note, notes = bench(profile), sent.record_results, list[int]()
    here.hold(LAST)

    def failing(database: Any, whose: Any, settled: Sequence[RegisterResult], rejected: Any) -> None:
        notes.append(len(settled))
        if len(notes) == 3:
            raise ends_with
        note(database, whose, settled, rejected)

    monkeypatch.setattr(sent, "record_results", failing)
    with pytest.raises(type(ends_with) if isinstance(ends_with, Exception) else ends_with):
        here.send()
    assert here.in_doubt == list(range(2 * BATCH, WINDOW))
    assert here.send() == {"created": COUNT - 3 * BATCH, "exists": BATCH}
    assert here.noted == {"created": COUNT - BATCH, "exists": BATCH}
    assert (here.in_doubt, len(here.double.people)) == ([], COUNT)


def test_a_unit_that_is_settled_is_not_drawn_again(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    here = bench("batch")
    here.send()
    monkeypatch.setattr(UnitSender, "table", lambda *_: pytest.fail("drawn"))
    assert here.send() == {}
    assert len(here.double.seen) == COUNT // BATCH
