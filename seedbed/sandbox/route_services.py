"""What the routes of every part need: configuration, store, keys; and how a request is let in or refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from seedbed.core.errors import DataError, Transient
from seedbed.database.sandbox.documents import Store
from seedbed.sandbox.config import SandboxConfig
from seedbed.sandbox.signed_tokens import Claims, Signer, TokenCheck, TokenRefusedError

BEARER = "bearer "
LAST_OFFSET = 2**63 - 1  # PostgreSQL's bigint

Offset = Annotated[int, Query(ge=0, le=LAST_OFFSET)]


@dataclass(frozen=True, slots=True)
class Services:
    """What stands behind the routes; `signer` only where the sandbox is its own Keycloak."""

    config: SandboxConfig
    store: Store
    check: TokenCheck
    signer: Signer | None = None


class RefusedError(Exception):
    """The request is answered with this status and body instead."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})


def refusal(status: int, code: str, message: str, **headers: str) -> RefusedError:
    """A refusal as the Cortex and Demographic APIs word it."""
    return RefusedError(status, {"code": code, "message": message}, headers)


def services_of(request: Request) -> Services:
    """The services of the application that the request came to."""
    found: Services = request.app.state.services
    return found


Here = Annotated[Services, Depends(services_of)]


def claims_of(request: Request) -> Claims:
    """The claims of the request's bearer token; TokenRefusedError without a valid one."""
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(BEARER):
        raise TokenRefusedError("no bearer token")
    return services_of(request).check(header[len(BEARER) :].strip())


def require_token(request: Request) -> Claims:
    """The claims of a request to the Cortex or Demographic API; 401 without a valid token."""
    try:
        return claims_of(request)
    except TokenRefusedError as error:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise RefusedError(401, {"code": "unauthorized", "message": str(error)}, challenge) from error


def install_answers(app: FastAPI) -> None:
    """Makes the application answer errors as the Cortex and Demographic APIs do: `{"code", "message"}`."""
    for kind, handler in ERROR_ANSWERS.items():
        app.add_exception_handler(kind, handler)


def answer_refused(_: Request, error: Exception) -> JSONResponse:
    """The answer that a refusal carries."""
    if not isinstance(error, RefusedError):
        raise error
    return JSONResponse(error.body, error.status, error.headers)


def answer_http_error(_: Request, error: Exception) -> JSONResponse:
    """The framework's own refusals (a form that cannot be read, an unknown path or method), worded as ours are."""
    if not isinstance(error, HTTPException):
        raise error
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return JSONResponse({"code": code, "message": error.detail}, error.status_code, error.headers)


def answer_transient(_: Request, error: Exception) -> JSONResponse:
    """503: the store or a key server does not answer."""
    return JSONResponse({"code": "unavailable", "message": str(error)}, 503, {"Retry-After": "1"})


def answer_data_error(_: Request, error: Exception) -> JSONResponse:
    """422: the whole body is wrong."""
    return JSONResponse({"code": "malformed", "message": str(error)}, 422)


def answer_invalid(_: Request, error: Exception) -> JSONResponse:
    """422: a field of the request has the wrong form."""
    if not isinstance(error, RequestValidationError):
        raise error
    return JSONResponse({"code": "invalid_request", "message": describe(error)}, 422)


def describe(error: RequestValidationError) -> str:
    """What is wrong with a request, in one line."""
    return "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())


ERROR_ANSWERS: Mapping[type[Exception], Callable[[Request, Exception], JSONResponse]] = {
    RefusedError: answer_refused,
    HTTPException: answer_http_error,
    Transient: answer_transient,
    DataError: answer_data_error,
    RequestValidationError: answer_invalid,
}
