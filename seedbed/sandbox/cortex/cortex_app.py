"""The Cortex API: CSV imports of order data and inventory, list and get."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, File, Path, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from seedbed.database.sandbox.documents import Search, StoredResponse
from seedbed.sandbox.csv_import import import_upload, read_upload
from seedbed.sandbox.health import health_routes
from seedbed.sandbox.repetition import IdempotencyKey, answer_once
from seedbed.sandbox.route_services import Here, Offset, install_answers, refusal, require_token

RESOURCES: Mapping[str, tuple[str, ...]] = {
    "locations": ("code",),
    "labs": ("code",),
    "imagings": ("code",),
    "medications": ("code",),
    "dosage-forms": ("code",),
    "dosage-form-categories": ("code",),
    "distributors": ("code",),
    "medication-manufacturers": ("code",),
    "medical-supplies": ("code",),
    "inventory-warehouses": ("code",),
    "inventory-uoms": ("code",),
    "inventory-items": ("code",),
}
PAGE_LIMIT = 1_000

DESCRIPTION = """Master data that orders and inventory need, by CSV import. Every path but health wants a bearer token.

An import is a multipart form with the field `file`: CSV, UTF-8, header row. It creates rows whose key is new, updates those that
differ in a column that the file has, and leaves the others; cells are kept as the text that they are. A body may have 1 MiB (413 above)."""


class RowResult(BaseModel):
    """What became of one row; `row` as a spreadsheet counts it in the uploaded file, the header is row 1."""

    row: int
    key: str
    outcome: str
    code: str | None = None
    reason: str | None = None


class ImportAnswer(BaseModel):
    """One result for every row of the upload, and how many of each outcome."""

    results: list[RowResult]
    summary: dict[str, int]


class Page(BaseModel):
    """Some items, in order of their key, and how many there are in all."""

    items: list[dict[str, Any]]
    total: int


router = APIRouter(dependencies=[Depends(require_token)], responses={401: {"description": "No valid token"}})


def known_resource(resource: Annotated[str, Path(description=f"One of: {', '.join(RESOURCES)}")]) -> str:
    """The resource of the path; 404 for one that does not exist."""
    if resource not in RESOURCES:
        raise refusal(404, "unknown_resource", f"unknown resource '{resource}'; known: {', '.join(RESOURCES)}")
    return resource


Resource = Annotated[str, Depends(known_resource)]


@router.post(
    "/{resource}/import",
    summary="Import a CSV",
    response_model=ImportAnswer,
    response_model_exclude_none=True,
    responses={
        409: {"description": "The Idempotency-Key was used for other content"},
        413: {"description": "The body is larger than 1 MiB"},
        422: {"description": "The file is not UTF-8, no CSV, or lacks a key column"},
    },
)
def import_csv(
    here: Here,
    resource: Resource,
    file: Annotated[bytes, File(description="The CSV")],
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Creates and updates rows by their key; a row that is wrong is rejected with code and reason, the others go on."""
    digest = hashlib.sha256(file).hexdigest()
    with here.store.begin() as found:

        def work() -> StoredResponse:
            upload = read_upload(file, RESOURCES[resource])
            return StoredResponse(digest, 200, import_upload(found, _collection(resource), RESOURCES[resource], upload))

        return answer_once(found, (_collection(resource), idempotency_key, digest), work)


@router.get("/{resource}", summary="List", response_model=Page)
def list_items(
    here: Here,
    resource: Resource,
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
) -> JSONResponse:
    """Items in order of their key."""
    with here.store.begin() as found:
        items = found.search(_collection(resource), Search(offset=offset, limit=limit))
        return JSONResponse({"items": items, "total": found.count(_collection(resource))})


@router.get(
    "/{resource}/{key:path}",
    summary="Get",
    response_model=dict[str, Any],
    responses={404: {"description": "No item has this key"}},
)
def get_item(here: Here, resource: Resource, key: str) -> JSONResponse:
    """The item with this key."""
    with here.store.begin() as found:
        item = found.get(_collection(resource), key)
    if item is None:
        raise refusal(404, "not_found", f"{resource} has no '{key}'")
    return JSONResponse(item)


def create_cortex() -> FastAPI:
    """The Cortex API's application; its services are set when it is mounted."""
    app = FastAPI(title="Cortex API (sandbox)", version="1", description=DESCRIPTION, docs_url=None, redoc_url=None)
    install_answers(app)
    app.include_router(health_routes())
    app.include_router(router)
    return app


def _collection(resource: str) -> str:
    return f"cortex/{resource}"
