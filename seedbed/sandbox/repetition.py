"""Idempotency-Key: a repeated request gets the stored answer instead of a second effect."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Header
from fastapi.responses import JSONResponse

from seedbed.database.sandbox.documents import Documents, StoredResponse
from seedbed.sandbox.route_services import refusal

REPLAYED = "Idempotent-Replayed"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        description="The same key with the same content is answered from the first answer, without a second effect; "
        "with other content it is refused with 409. Kept for seven days.",
    ),
]


def answer_once(
    found: Documents,
    request: tuple[str, str | None, str],
    work: Callable[[], StoredResponse],
    drop_if_outdated: Callable[[StoredResponse], bool] = lambda _: False,
) -> JSONResponse:
    """The answer of `work`, done once for (scope, key, digest) and stored with it; again where the answer is outdated."""
    scope, key, digest = request
    if not key:
        return _response(work())
    found.lock(f"{scope}/{key}")
    earlier = found.find_response(scope, key)
    if earlier is None or drop_if_outdated(earlier):
        answer = work()
        found.store_response(scope, key, answer)
        return _response(answer)
    if earlier.digest != digest:
        raise refusal(409, "idempotency_conflict", f"Idempotency-Key '{key}' was used for other content")
    return _response(earlier, {REPLAYED: "true"})


def _response(answer: StoredResponse, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(answer.body, answer.status, headers)
