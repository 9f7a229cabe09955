"""The Demographic API's patients: registered alone or in batches, listed, looked up, removed."""

import hashlib
import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from pydantic.alias_generators import to_camel
from pydantic_core import from_json
from starlette.datastructures import FormData

from seedbed.database.sandbox.documents import Body, StoredResponse
from seedbed.database.sandbox.patient_table import Patients, PatientSearch, hospital_number_order
from seedbed.sandbox.demographic.patient_payload import NewPatient, ValidatedPatient, validate_patient
from seedbed.sandbox.demographic.patient_store import (
    CREATED,
    EXISTS,
    REJECTED,
    drop_if_outdated,
    patient_response,
    register_patients,
    rejected_outcome,
)
from seedbed.sandbox.repetition import IdempotencyKey, answer_once
from seedbed.sandbox.route_services import LAST_OFFSET, Here, RefusedError, Services, refusal, require_token

BATCH_LIMIT = 1_000
PAGE_LIMIT = 1_000
SCOPE = "demographic/patients"
FORMS = {"multipart/form-data", "application/x-www-form-urlencoded"}
NAMES_OF_PATIENTS = re.compile(r"[0-9a-f-]{1,40}")

Hn = Annotated[str, Field(pattern="^[0-9]{7,11}$")]

_BATCH = {"type": "array", "maxItems": BATCH_LIMIT, "items": NewPatient.model_json_schema()}
REQUEST_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["data"],
                "properties": {"data": {"type": "string", "description": "One patient as JSON text"}},
            }
        },
        "application/json": {
            "schema": {
                "anyOf": [_BATCH, {"type": "object", "required": ["patients"], "properties": {"patients": _BATCH}}]
            }
        },
    },
}

router = APIRouter(dependencies=[Depends(require_token)], responses={401: {"description": "No valid token"}})


class PatientFilter(BaseModel):
    """Patients with exactly this hospital number or citizen id; a parameter that is not known is refused."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    hn: Hn | None = None
    id_card_no: Annotated[str | None, Field(pattern="^[0-9]{13}$")] = None


class PatientQuery(PatientFilter):
    """A page: `cursor` is the `next` of the page before and holds still while patients come and go; `offset` does not."""

    cursor: Hn | None = None
    offset: Annotated[int, Field(ge=0, le=LAST_OFFSET)] = 0
    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = 100


class PatientPage(BaseModel):
    """Some patients in order of their hospital numbers, how many there are in all, and the cursor of the next page."""

    items: list[dict[str, Any]]
    total: int
    next: str | None


class PatientCount(BaseModel):
    """How many patients there are."""

    total: int


class PatientChange(BaseModel):
    """What may be changed of a patient: whether it is in use."""

    model_config = ConfigDict(extra="forbid")

    active: StrictBool


async def form_of(request: Request) -> FormData | None:
    """The form, or None where the body is JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return await request.form() if media_type in FORMS else None


async def body_of(request: Request, form: Annotated[FormData | None, Depends(form_of)]) -> str | bytes:
    """The JSON text of the request, from the field `data` or the whole body."""
    if form is None:
        return await request.body()
    data = form.get("data")
    if not isinstance(data, str):
        raise refusal(422, "missing_field", "the form lacks the text field 'data'")
    return data


@router.post(
    "/patients",
    status_code=201,
    summary="Register patients",
    openapi_extra={"requestBody": REQUEST_BODY},
    responses={
        200: {"description": "A list: one result for each patient"},
        400: {"description": "The form cannot be read"},
        409: {"description": "The citizen id is registered (form), or the Idempotency-Key was used for other content"},
        413: {"description": "The body is larger than 1 MiB"},
        422: {"description": "Not a patient, or no list of patients"},
    },
)
def post_patients(
    here: Here,
    form: Annotated[FormData | None, Depends(form_of)],
    content: Annotated[str | bytes, Depends(body_of)],
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Registers one patient (form, Idempotency-Key ignored) or many (JSON list)."""
    if isinstance(content, str) or form is not None:
        return JSONResponse({"data": _register_one(here, validate_patient(_parsed(content)))}, 201)
    patients = [validate_patient(patient) for patient in _listed(_parsed(content))]
    digest = hashlib.sha256(content).hexdigest()
    with here.store.begin() as found:

        def work() -> StoredResponse:
            return StoredResponse(digest, 200, _summed(register_patients(found, here.config.realm, patients)))

        def is_outdated(earlier: StoredResponse) -> bool:
            return drop_if_outdated(found, (SCOPE, idempotency_key or ""), earlier)

        return answer_once(found, (SCOPE, idempotency_key, digest), work, is_outdated)


@router.get("/patients", summary="List or look up patients", response_model=PatientPage)
def list_patients(here: Here, query: Annotated[PatientQuery, Query()]) -> JSONResponse:
    """Patients in order of their hospital numbers; `hn` and `idCardNo` look one up."""
    after = hospital_number_order(query.cursor) if query.cursor else -1
    # One more than the page shows whether there is a next one.
    wanted = PatientSearch(query.hn, query.id_card_no, after, query.offset, query.limit + 1)
    with here.store.begin() as found:
        patients = Patients(found.connection)
        rows, total = patients.search(wanted), patients.count(wanted)
    page = rows[: query.limit]
    following = page[-1].hn if len(rows) > len(page) else None
    return JSONResponse({"items": [patient_response(patient) for patient in page], "total": total, "next": following})


@router.get("/patients/count", summary="Count patients", response_model=PatientCount)
def count_patients(here: Here, query: Annotated[PatientFilter, Query()]) -> JSONResponse:
    """How many patients there are; `hn` and `idCardNo` ask for one."""
    with here.store.begin() as found:
        total = Patients(found.connection).count(PatientSearch(query.hn, query.id_card_no))
    return JSONResponse({"total": total})


@router.get("/patients/{hn}", summary="Get a patient", responses={404: {"description": "No such patient"}})
def get_patient(here: Here, hn: str) -> JSONResponse:
    """The patient with this hospital number, or with this `ehrId`."""
    with here.store.begin() as found:
        patient = Patients(found.connection).get(_known(hn))
    if patient is None:
        raise _unknown(hn)
    return JSONResponse({"data": patient_response(patient)})


@router.patch("/patients/{hn}", summary="Change a patient", responses={404: {"description": "No such patient"}})
def change_patient(here: Here, hn: str, change: PatientChange) -> JSONResponse:
    """The patient with this hospital number or `ehrId`, in use from now on or not: `active` is kept with what was sent."""
    with here.store.begin() as found:
        patient = Patients(found.connection).change(_known(hn), change.model_dump())
    if patient is None:
        raise _unknown(hn)
    return JSONResponse({"data": patient_response(patient)})


@router.delete(
    "/patients/{hn}", summary="Remove a patient", status_code=204, responses={404: {"description": "No such patient"}}
)
def delete_patient(here: Here, hn: str) -> Response:
    """Removes the patient with this hospital number or `ehrId`; its citizen id is free again, its numbers are not."""
    with here.store.begin() as found:
        is_gone = Patients(found.connection).delete(_known(hn))
    if not is_gone:
        raise _unknown(hn)
    return Response(status_code=204)


def _known(hn: str) -> str:
    if not NAMES_OF_PATIENTS.fullmatch(hn):
        raise _unknown(hn)
    return hn


def _unknown(hn: str) -> RefusedError:
    return refusal(404, "not_found", f"no patient '{hn}'")


def _parsed(content: str | bytes) -> Any:
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise refusal(422, "malformed", f"this is no JSON: {error}") from error


def _listed(body: Any) -> list[Any]:
    patients = body.get("patients") if isinstance(body, dict) else body
    if not isinstance(patients, list):
        message = "the body is no JSON list of patients, and no object with the list 'patients'"
        raise refusal(422, "malformed", message)
    if len(patients) > BATCH_LIMIT:
        raise refusal(422, "too_many", f"{len(patients)} patients; a request may have {BATCH_LIMIT}")
    return patients


def _register_one(here: Services, patient: ValidatedPatient) -> Body:
    if patient.faults:
        faulty = rejected_outcome(patient)
        raise RefusedError(422, {"code": "invalid", "message": faulty["reason"], "fields": faulty["fields"]})
    with here.store.begin() as found:
        outcome = register_patients(found, here.config.realm, [patient])[0]
    if outcome["outcome"] != CREATED:
        # Whoever holds it is not said here: that is for those to know who may look patients up.
        raise refusal(409, "duplicate", f"idCardNo {patient.body['idCardNo']} is registered")
    return {**patient.body, **outcome["data"]}


def _summed(outcomes: list[Body]) -> Body:
    kinds = [outcome["outcome"] for outcome in outcomes]
    summary = {kind: kinds.count(kind) for kind in (CREATED, EXISTS, REJECTED)}
    return {"results": [{"index": index, **outcome} for index, outcome in enumerate(outcomes)], "summary": summary}
