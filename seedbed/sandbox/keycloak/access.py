"""Who may use Keycloak's admin API, and how Keycloak words its refusals."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from seedbed.core.errors import DataError, Transient
from seedbed.sandbox.route_services import Here, RefusedError, answer_refused, claims_of, describe
from seedbed.sandbox.signed_tokens import TokenRefusedError

READ_USERS = ("view-users", "manage-users")
LIST_USERS = (*READ_USERS, "query-users")
WRITE_USERS = ("manage-users",)
READ_REALM = ("view-realm", "manage-realm")
LIST_ROLES = (*READ_REALM, "view-users", "query-users")
WRITE_REALM = ("manage-realm",)
ANY_RIGHT = (*LIST_ROLES, "manage-users")


def keycloak_error(status: int, error: str, description: str = "") -> RefusedError:
    """A refusal as OAuth2 and Keycloak's own code word it: `{"error", "error_description"}`."""
    body = {"error": error, "error_description": description} if description else {"error": error}
    return RefusedError(status, body)


def admin_error(status: int, message: str) -> RefusedError:
    """A refusal as the admin API words what is wrong with a representation: `{"errorMessage"}`."""
    return RefusedError(status, {"errorMessage": message})


def needs(*rights: str) -> Callable[[Request], None]:
    """A dependency: 401 without a valid token, 403 when its holder has none of these realm-management roles."""

    def check(request: Request) -> None:
        try:
            claims = claims_of(request)
        except TokenRefusedError as error:
            raise keycloak_error(401, "HTTP 401 Unauthorized") from error
        held = claims.get("resource_access", {}).get("realm-management", {}).get("roles", ())
        if not set(rights) & {*held}:
            raise keycloak_error(403, "HTTP 403 Forbidden")

    return check


def known_realm(here: Here, realm: str) -> str:
    """The realm of an admin path; 404 for another than ours."""
    if realm != here.config.realm:
        raise keycloak_error(404, "Realm not found.")
    return realm


Realm = Annotated[str, Depends(known_realm)]


def install_keycloak_answers(app: FastAPI) -> None:
    """Makes the application answer errors as Keycloak does."""
    app.add_exception_handler(RefusedError, answer_refused)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(DataError, _answer_data_error)
    app.add_exception_handler(Transient, _answer_transient)


def _answer_invalid(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    if any(fault["loc"][0] in ("query", "path") for fault in error.errors()):
        return JSONResponse({"error": "HTTP 404 Not Found"}, 404)
    for fault in error.errors():
        if fault["type"] == "extra_forbidden":
            message = f'Invalid json representation. Unrecognized field "{fault["loc"][-1]}".'
            return JSONResponse({"error": message}, 400)
    if any(fault["type"] == "json_invalid" for fault in error.errors()):
        return JSONResponse({"error": "invalid_request", "error_description": "Cannot parse the JSON"}, 400)
    return JSONResponse(
        {"error": "unknown_error", "error_description": f"Cannot parse the JSON: {describe(error)}"}, 400
    )


def _answer_http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": f"HTTP {error.status_code} {error.detail}"}, error.status_code)


def _answer_data_error(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": "unknown_error", "error_description": str(error)}, 400)


def _answer_transient(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": "unknown_error", "error_description": str(error)}, 503, {"Retry-After": "1"})
