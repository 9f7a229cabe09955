"""The sandbox's patients: one row each, unique by hospital number, record and citizen id."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, update

from seedbed.database.sandbox.sandbox_tables import answers, patients

YEAR_PLACES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as the sandbox holds it; `body` is what was sent."""

    hn: str
    ehr_id: str
    id_card_no: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PatientSearch:
    """Patients with that hospital number and citizen id (where given), after a place in the order."""

    hn: str | None = None
    id_card_no: str | None = None
    after: int = -1
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Patients:
    """The patients as one transaction sees them."""

    connection: Connection

    def add(self, new: Sequence[Patient]) -> None:
        """Stores new patients, in one statement."""
        rows = [
            {
                "place": hospital_number_order(p.hn),
                "hn": p.hn,
                "ehr_id": p.ehr_id,
                "id_card_no": p.id_card_no,
                "body": p.body,
            }
            for p in new
        ]
        if rows:
            self.connection.execute(insert(patients), rows)

    def holders(self, id_card_numbers: Sequence[str]) -> dict[str, Patient]:
        """Those of the citizen ids that somebody holds, each with its patient."""
        found = self.connection.execute(_rows().where(patients.c.id_card_no == func.any(list(id_card_numbers))))
        return {row.id_card_no: _patient(row) for row in found}

    def get(self, number: str) -> Patient | None:
        """The patient with that hospital number or record id, or None."""
        row = self.connection.execute(_rows().where(_is_named(number))).one_or_none()
        return _patient(row) if row else None

    def has_all(self, hospital_numbers: Set[str]) -> bool:
        """Whether there is a patient for each of the hospital numbers."""
        query = select(func.count()).where(patients.c.hn == func.any(list(hospital_numbers)))
        return self.connection.scalar(query) == len(hospital_numbers)

    def search(self, wanted: PatientSearch) -> list[Patient]:
        """The patients wanted, in order of their hospital numbers."""
        query = _wanted(_rows(), wanted).where(patients.c.place > wanted.after).order_by(patients.c.place)
        return [_patient(row) for row in self.connection.execute(query.offset(wanted.offset).limit(wanted.limit))]

    def count(self, wanted: PatientSearch) -> int:
        """How many patients are wanted, whatever the page."""
        return self.connection.scalar(_wanted(select(func.count()).select_from(patients), wanted)) or 0

    def change(self, number: str, changes: Mapping[str, Any]) -> Patient | None:
        """The patient with that hospital number or record id, with the changes kept in its body; None where there is none."""
        row = self.connection.execute(_rows().where(_is_named(number)).with_for_update()).one_or_none()
        if row is None:
            return None
        changed = replace(_patient(row), body={**row.body, **changes})
        self.connection.execute(update(patients).where(patients.c.hn == row.hn).values(body=changed.body))
        return changed

    def delete(self, number: str) -> bool:
        """Removes the patient with that hospital number or record id; False where there was none."""
        return self.connection.execute(delete(patients).where(_is_named(number))).rowcount > 0

    def forget_answer(self, scope: str, key: str) -> None:
        """Drops the answer that is kept for a repetition of a request."""
        self.connection.execute(delete(answers).where(answers.c.scope == scope, answers.c.key == key))


def hospital_number_order(hn: str) -> int:
    """Where a hospital number stands in the order: by year, then by running number, however long that is."""
    return int(hn[:2]) * YEAR_PLACES + int(hn[2:])


def _rows() -> Select[Any]:
    return select(patients.c.hn, patients.c.ehr_id, patients.c.id_card_no, patients.c.body)


def _is_named(number: str) -> Any:
    return or_(patients.c.hn == number, patients.c.ehr_id == number)


def _wanted(query: Select[Any], wanted: PatientSearch) -> Select[Any]:
    if wanted.hn is not None:
        query = query.where(patients.c.hn == wanted.hn)
    if wanted.id_card_no is not None:
        query = query.where(patients.c.id_card_no == wanted.id_card_no)
    return query


def _patient(row: Row[Any]) -> Patient:
    return Patient(row.hn, row.ehr_id, row.id_card_no, row.body)
