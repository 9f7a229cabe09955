"""The sandbox's patients and the calendar: age on and around the birthday, how old a date may be, death and birth."""

import datetime as dt
from typing import Any

import pytest

from seedbed.sandbox.demographic import patient_payload
from seedbed.sandbox.demographic.patient_payload import FieldFault, validate_patient
from seedbed.sandbox.demographic.patient_store import age_in_years
from tests.support.builders.sandbox_patients import patient


def faults(monkeypatch: pytest.MonkeyPatch, on: str, **fields: Any) -> tuple[FieldFault, ...]:
    monkeypatch.setattr(patient_payload, "today_in_thailand", lambda: dt.date.fromisoformat(on))
    return validate_patient(patient(**fields)).faults


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        ("1990-03-15", "2026-03-14", 35),
        ("1990-03-15", "2026-03-15", 36),
        ("1990-03-15", "2026-03-16", 36),
        ("1990-12-31", "2026-01-01", 35),
        ("1990-01-01", "2026-12-31", 36),
        ("2026-03-15", "2026-03-15", 0),
        ("2025-03-16", "2026-03-15", 0),
        ("2000-02-29", "2026-02-28", 25),
        ("2000-02-29", "2026-03-01", 26),
        ("2000-02-29", "2028-02-28", 27),
        ("2000-02-29", "2028-02-29", 28),
    ],
)
def test_a_year_is_completed_on_the_birthday(born: str, on: str, years: int) -> None:
    assert age_in_years(dt.date.fromisoformat(born), dt.date.fromisoformat(on)) == years


@pytest.mark.parametrize(
    ("on", "oldest", "too_old"),
    [
        ("2026-11-21", "1876-11-21", "1876-11-20"),
        ("2026-01-01", "1876-01-01", "1875-12-31"),
        ("2026-02-28", "1876-02-28", "1876-02-27"),
        ("2026-03-01", "1876-03-01", "1876-02-29"),
        ("2028-02-29", "1878-03-01", "1878-02-28"),
    ],
)
def test_a_date_is_at_most_150_years_ago_to_the_day(
    monkeypatch: pytest.MonkeyPatch, on: str, oldest: str, too_old: str
) -> None:
    assert faults(monkeypatch, on, birthDate=oldest) == ()
    wrong = (FieldFault("birthDate", "the date is more than 150 years ago"),)
    assert faults(monkeypatch, on, birthDate=too_old) == wrong


def test_a_date_may_be_today_and_not_tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(monkeypatch, "2026-03-15", birthDate="2026-03-15") == ()
    wrong = (FieldFault("birthDate", "the date is in the future"),)
    assert faults(monkeypatch, "2026-03-15", birthDate="2026-03-16") == wrong


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"deceased": True, "deceasedDate": "1990-02-28"}, []),
        ({"deceased": True, "deceasedDate": "1990-02-27"}, ["deceasedDate"]),
        ({"deceased": True, "deceasedDate": None}, []),
        ({"deceased": False, "deceasedDate": None}, []),
        ({"deceased": False, "deceasedDate": "2020-01-01"}, ["deceasedDate"]),
        ({"deceased": "yes", "deceasedDate": "2020-01-01"}, ["deceased"]),
        ({"birthDate": "?", "deceased": True, "deceasedDate": "2020-01-01"}, ["birthDate"]),
        ({"gender": "?", "deceased": True, "deceasedDate": "1990-02-27"}, ["gender", "deceasedDate"]),
    ],
    ids=str,
)
def test_a_date_of_death_that_cannot_be_is_named_beside_what_else_is_wrong(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], wrong: list[str]
) -> None:
    assert [fault.field for fault in faults(monkeypatch, "2026-03-15", **fields)] == wrong


def test_a_date_of_death_needs_deceased_to_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_payload, "today_in_thailand", lambda: dt.date(2026, 3, 15))
    body = patient(deceasedDate="2020-01-01")
    del body["deceased"]
    assert [fault.field for fault in validate_patient(body).faults] == ["deceasedDate"]
