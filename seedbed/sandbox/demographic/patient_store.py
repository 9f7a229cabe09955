"""How patients are registered and shown."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from seedbed.database.sandbox.documents import Body, Documents, StoredResponse
from seedbed.database.sandbox.patient_table import Patient, Patients
from seedbed.sandbox.demographic.patient_payload import ValidatedPatient, today_in_thailand
from seedbed.sandbox.signed_tokens import stable_id

BUDDHIST_ERA = 543
HN_DIGITS = 5
# Two records with the same citizen id are the same person where these agree.
IDENTITY = ("firstName", "familyName", "birthDate")

CREATED, EXISTS, REJECTED = "created", "exists", "rejected"


def register_patients(found: Documents, realm: str, patients: Sequence[ValidatedPatient]) -> list[Body]:
    """One outcome for each patient, in order: `created`, `exists` or `rejected`; one writer at a time."""
    found.lock("demographic/patients")
    numbers = list(dict.fromkeys(patient.body["idCardNo"] for patient in patients if not patient.faults))
    holders = Patients(found.connection).holders(numbers)
    first = {patient.body["idCardNo"]: patient.body for patient in reversed(patients) if not patient.faults}
    new = _create(found, realm, [first[number] for number in numbers if number not in holders])
    created = {patient.id_card_no: patient for patient in new}
    return list(_outcomes(patients, holders, created))


def drop_if_outdated(found: Documents, request: tuple[str, str], answer: StoredResponse) -> bool:
    """Whether a patient that the answer to (scope, key) names has been removed since; then it is no longer stored."""
    patients = Patients(found.connection)
    named = {result["data"]["hn"] for result in answer.body["results"] if "data" in result}
    if patients.has_all(named):
        return False
    patients.forget_answer(*request)
    return True


def patient_response(patient: Patient) -> Body:
    """The patient as it was sent, with its numbers and today's age in full years."""
    return {**patient.body, **_assigned(patient)}


def rejected_outcome(patient: ValidatedPatient) -> Body:
    """The outcome of a patient that has faults."""
    fields = [asdict(fault) for fault in patient.faults]
    return {"outcome": REJECTED, "code": "invalid", "reason": patient.reason, "fields": fields}


def _create(found: Documents, realm: str, bodies: Sequence[Body]) -> list[Patient]:
    if not bodies:
        return []
    year = f"{(today_in_thailand().year + BUDDHIST_ERA) % 100:02d}"
    numbers = [f"{year}{number:0{HN_DIGITS}d}" for number in found.next_numbers(f"hn/{year}", len(bodies))]
    new = [
        Patient(hn, stable_id(realm, "patient", hn), body["idCardNo"], body)
        for hn, body in zip(numbers, bodies, strict=True)
    ]
    Patients(found.connection).add(new)
    return new


def _outcomes(
    patients: Sequence[ValidatedPatient], holders: Mapping[str, Patient], created: dict[str, Patient]
) -> Iterator[Body]:
    known = {**holders, **created}
    for patient in patients:
        if patient.faults:
            yield rejected_outcome(patient)
            continue
        number = patient.body["idCardNo"]
        holder, is_new = known[number], created.pop(number, None) is not None
        if is_new or _is_same_person(holder.body, patient.body):
            data = {"idCardNo": number, **_assigned(holder)}
            yield {"outcome": CREATED if is_new else EXISTS, "data": data}
        else:
            reason = f"idCardNo {number} is held under another name or birth date"
            yield {"outcome": REJECTED, "code": "id_taken", "reason": reason}


def _is_same_person(record: Mapping[str, str], sent: Mapping[str, str]) -> bool:
    return all(record[name].strip() == sent[name].strip() for name in IDENTITY)


def _assigned(patient: Patient) -> Body:
    born = dt.date.fromisoformat(patient.body["birthDate"])
    return {"hn": patient.hn, "ehrId": patient.ehr_id, "age": age_in_years(born, today_in_thailand())}


def age_in_years(born: dt.date, on: dt.date) -> int:
    """Full years from birth until the day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
