"""The Demographic API: patients and code tables."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, File, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.datastructures import FormData

from seedbed.database.documents import Answer, Body, Documents, LabelTakenError, Search
from seedbed.sandbox.csv_import import import_upload, read_upload
from seedbed.sandbox.health import health_routes
from seedbed.sandbox.patients import PATIENTS, NewPatient, register, shown
from seedbed.sandbox.repetition import IdempotencyKey, answer_once
from seedbed.sandbox.services import Here, Services, install_answers, let_in, refusal

BATCH_LIMIT = 1_000
PAGE_LIMIT = 1_000
CODE_KEY = ("code",)

DESCRIPTION = """Patients and the code tables that describe them. Every path but health wants a bearer token.

`POST /patients` takes one patient as JSON text in the multipart field `data`, or a JSON list of patients as the body: then the answer
has one result for each, and a patient that is refused does not stop the others. The hospital number `hn` is assigned here."""

BUILT_IN_CODES: Mapping[str, tuple[str, ...]] = {
    "gender": ("male", "female"),
    "abo_blood_group": ("A", "B", "AB", "O"),
    "rh_blood_group": ("positive", "negative"),
}

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
            "schema": {"type": "array", "maxItems": BATCH_LIMIT, "items": NewPatient.model_json_schema()}
        },
    },
}

router = APIRouter(dependencies=[Depends(let_in)], responses={401: {"description": "No valid token"}})


class Page(BaseModel):
    """Some patients, in order of their hospital number, and how many there are in all."""

    items: list[dict[str, Any]]
    total: int


async def form_of(request: Request) -> FormData | None:
    """The multipart form, or None where the body is JSON."""
    return await request.form() if "form" in request.headers.get("content-type", "") else None


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
        409: {"description": "The identity number is registered, or the Idempotency-Key was used for other content"},
        422: {"description": "Not a patient"},
    },
)
def post_patients(
    here: Here,
    form: Annotated[FormData | None, Depends(form_of)],
    content: Annotated[str | bytes, Depends(body_of)],
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Registers one patient (form) or many (JSON list)."""
    digest = hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
    with here.store.begin() as found:

        def work() -> Answer:
            if form is None:
                return Answer(digest, 200, _register_all(here, found, content))
            return Answer(digest, 201, {"data": _register_one(here, found, content)})

        return answer_once(found, ("demographic/patients", idempotency_key, digest), work)


@router.get("/patients", summary="List or look up patients", response_model=Page)
def list_patients(
    here: Here,
    hn: str = "",
    id_card_no: Annotated[str, Query(alias="idCardNo")] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
) -> JSONResponse:
    """Patients in order of their hospital number; `hn` and `idCardNo` look one up."""
    holds = {name: value for name, value in (("hn", hn), ("idCardNo", id_card_no)) if value}
    wanted = Search(holds=holds, order_by="hn", offset=offset, limit=limit)
    with here.store.begin() as found:
        items = [shown(body) for body in found.search(PATIENTS, wanted)]
        return JSONResponse({"items": items, "total": found.count(PATIENTS, wanted)})


@router.get("/patients/{ehr_id}", summary="Get a patient", responses={404: {"description": "No such patient"}})
def get_patient(here: Here, ehr_id: str) -> JSONResponse:
    """The patient with this `ehrId`."""
    with here.store.begin() as found:
        body = found.get(PATIENTS, ehr_id)
    if body is None:
        raise refusal(404, "not_found", f"no patient '{ehr_id}'")
    return JSONResponse({"data": shown(body)})


@router.get("/codes/{table}", summary="Look up codes")
def list_codes(
    here: Here,
    table: str,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
) -> JSONResponse:
    """The codes of a table, in order; 404 for a table that has none."""
    built_in = [{"code": code} for code in BUILT_IN_CODES.get(table, ())]
    with here.store.begin() as found:
        total = found.count(_codes(table))
        items = found.search(_codes(table), Search(offset=offset, limit=limit))
    if not total and not built_in:
        raise refusal(404, "unknown_table", f"no codes in '{table}'; built in: {', '.join(BUILT_IN_CODES)}")
    if not total:
        items, total = built_in[offset : offset + limit], len(built_in)
    return JSONResponse({"items": items, "total": total})


@router.post("/codes/{table}/import", summary="Import codes from a CSV")
def import_codes(
    here: Here,
    table: str,
    file: Annotated[bytes, File(description="CSV, UTF-8, header row, key column code")],
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Creates and updates codes; one result a row, as the Cortex API's imports give it."""
    digest = hashlib.sha256(file).hexdigest()
    with here.store.begin() as found:

        def work() -> Answer:
            upload = read_upload(file, CODE_KEY)
            return Answer(digest, 200, import_upload(found, _codes(table), CODE_KEY, upload))

        return answer_once(found, (_codes(table), idempotency_key, digest), work)


def create_demographic() -> FastAPI:
    """The Demographic API's application; its services are set when it is mounted."""
    app = FastAPI(
        title="Demographic API (sandbox)", version="1", description=DESCRIPTION, docs_url=None, redoc_url=None
    )
    install_answers(app)
    app.include_router(health_routes())
    app.include_router(router)
    return app


def _codes(table: str) -> str:
    return f"demographic/codes/{table}"


def _register_one(here: Services, found: Documents, content: str | bytes) -> Body:
    try:
        return register(found, here.config.realm, NewPatient.model_validate_json(content))
    except ValidationError as error:
        raise refusal(422, "invalid", _reason(error)) from error
    except LabelTakenError as error:
        raise refusal(409, "duplicate", str(error)) from error


def _register_all(here: Services, found: Documents, content: str | bytes) -> Body:
    try:
        patients = TypeAdapter(list[dict[str, Any]]).validate_json(content)
    except ValidationError as error:
        raise refusal(422, "invalid", f"the body is no JSON list of patients: {_reason(error)}") from error
    if len(patients) > BATCH_LIMIT:
        raise refusal(422, "too_many", f"{len(patients)} patients; a request may have {BATCH_LIMIT}")
    results = [{"index": index, **_outcome(here, found, patient)} for index, patient in enumerate(patients)]
    rejected = sum(result["outcome"] == "rejected" for result in results)
    return {"results": results, "summary": {"created": len(results) - rejected, "rejected": rejected}}


def _outcome(here: Services, found: Documents, patient: dict[str, Any]) -> Body:
    try:
        return {"outcome": "created", "data": register(found, here.config.realm, NewPatient.model_validate(patient))}
    except ValidationError as error:
        return {"outcome": "rejected", "code": "invalid", "reason": _reason(error)}
    except LabelTakenError as error:
        return {"outcome": "rejected", "code": "duplicate", "reason": str(error)}


def _reason(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
