"""The Demographic API: patients and code tables."""

import hashlib
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, File, Query
from fastapi.responses import JSONResponse

from seedbed.database.sandbox.documents import Search, StoredResponse
from seedbed.sandbox.csv_import import import_upload, read_upload
from seedbed.sandbox.demographic.patient_routes import router as patient_routes
from seedbed.sandbox.health import health_routes
from seedbed.sandbox.repetition import IdempotencyKey, answer_once
from seedbed.sandbox.route_services import Here, Offset, install_answers, refusal, require_token

PAGE_LIMIT = 1_000
CODE_KEY = ("code",)

DESCRIPTION = """Patients and the code tables that describe them. Every path but health wants a bearer token.

`POST /patients` takes one patient as JSON text in the multipart field `data`: 201 with `data`, 409 for a citizen id that is registered,
422 with the `fields` that are wrong; an Idempotency-Key is ignored. Or it takes patients as JSON, a list or `{"patients": [...]}`: the
answer has one result for each, and a patient that is refused does not stop the others. A result is `created`, `exists` (the same citizen
id, name and birth date are there already), or `rejected` with code `id_taken` (that citizen id under another name or birth date) or
`invalid`. A kept answer is dropped once a patient whom it names is removed: the Idempotency-Key is free again. Fields that are not
documented are kept and shown. The hospital number `hn` is assigned here and never given twice."""

BUILT_IN_CODES: Mapping[str, tuple[str, ...]] = {
    "gender": ("male", "female"),
    "abo_blood_group": ("A", "B", "AB", "O"),
    "rh_blood_group": ("positive", "negative"),
}

router = APIRouter(dependencies=[Depends(require_token)], responses={401: {"description": "No valid token"}})


@router.get("/codes/{table}", summary="Look up codes")
def list_codes(
    here: Here,
    table: str,
    offset: Offset = 0,
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

        def work() -> StoredResponse:
            upload = read_upload(file, CODE_KEY)
            return StoredResponse(digest, 200, import_upload(found, _codes(table), CODE_KEY, upload))

        return answer_once(found, (_codes(table), idempotency_key, digest), work)


def create_demographic() -> FastAPI:
    """The Demographic API's application; its services are set when it is mounted."""
    app = FastAPI(
        title="Demographic API (sandbox)", version="1", description=DESCRIPTION, docs_url=None, redoc_url=None
    )
    install_answers(app)
    app.include_router(health_routes())
    app.include_router(patient_routes)
    app.include_router(router)
    return app


def _codes(table: str) -> str:
    return f"demographic/codes/{table}"
