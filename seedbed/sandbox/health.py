"""Health: open to everybody, because that is what is asked first."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from seedbed.sandbox.route_services import Here


class Health(BaseModel):
    """UP, or DOWN when the store does not answer."""

    status: str


def health_routes() -> APIRouter:
    """GET /health, and the other names under which probes look for it."""
    router = APIRouter(tags=["health"])

    def health(here: Here) -> JSONResponse:
        """200 UP, or 503 DOWN when the store does not answer."""
        is_up = here.store.is_alive()
        return JSONResponse({"status": "UP" if is_up else "DOWN"}, 200 if is_up else 503)

    answers: dict[int | str, dict[str, Any]] = {503: {"model": Health, "description": "The store does not answer"}}
    router.add_api_route("/health", health, response_model=Health, responses=answers, summary="Health")
    for alias in ("/healthz", "/actuator/health"):
        router.add_api_route(alias, health, include_in_schema=False)
    return router
