"""The permit: nothing foreign is written without an environment file, and our mark in exactly that database."""

from collections.abc import Sequence

from seedbed.actions.context import AppContext
from seedbed.core.addresses import is_production
from seedbed.core.environment import LOCAL, Environment
from seedbed.core.errors import UserError
from seedbed.database.engines import Database
from seedbed.database.ledger.permits import (
    DatabaseIdentity,
    Permit,
    find_permit,
    read_identity,
    read_permits,
    write_permit,
)

NAME_IT = "write deployments/environments/NAME.yaml, set SEEDBED_ENV=NAME, then `seedbed adopt NAME`"


def check_permit(context: AppContext) -> None:
    """UserError where the context's targets are neither the local stack's nor adopted, with the step that mends it."""
    if not context.is_local:
        describe_permit(context, context.database())


def describe_permit(context: AppContext, database: Database) -> str:
    """What permits the context to write there, as a sentence; UserError where nothing does."""
    environment, identity = require_environment(context), read_identity(database)
    refuse_production(identity)
    refusal = permit_error(environment.name, context.fingerprint, identity, read_permits(database))
    if refusal:
        raise refusal
    return f"database '{identity.name}' is adopted for the environment '{environment.name}'"


def require_environment(context: AppContext) -> Environment:
    """The context's environment; UserError where targets are set that no file names."""
    if context.environment is None:
        raise UserError(
            "targets are set, and no environment file names them", next_step=NAME_IT, code="targets-not-adopted"
        )
    return context.environment


def check_no_production(context: AppContext) -> None:
    """UserError where the database is production behind a harmless address; what only reads needs no more."""
    if not context.is_local:
        refuse_production(read_identity(context.database()))


def refuse_production(identity: DatabaseIdentity) -> None:
    """UserError where the database behind a harmless address calls itself production."""
    if is_production(identity.name):
        raise UserError(
            f"the database behind that address is production ('{identity.name}')",
            next_step="name a staging",
            code="production-refused",
        )


def permit_error(name: str, fingerprint: str, identity: DatabaseIdentity, marks: Sequence[Permit]) -> UserError | None:
    """Why these marks are no permit for the environment; None where they are."""
    adopt, where = f"run `seedbed adopt {name}`", f"database '{identity.name}'"
    look = f"look at the targets that `seedbed doctor` shows, then {adopt} again"
    mark = find_permit(marks, identity.name)
    if not marks:
        return UserError(f"{where} is not adopted", next_step=adopt, code="targets-not-adopted")
    if mark is None or (mark.identity and not identity.has_issued(mark)):
        return UserError(
            f"{where} is a copy: its mark was made in another database", next_step=look, code="targets-not-adopted"
        )
    if mark.environment != name:
        return foreign_permit_error(mark)
    if not mark.identity or mark.fingerprint != fingerprint:
        return UserError(
            f"the targets of '{name}' were changed since it was adopted", next_step=look, code="targets-not-adopted"
        )
    return None


def foreign_permit_error(mark: Permit) -> UserError:
    """The refusal of a database that carries another environment's mark."""
    return UserError(
        f"database '{mark.name}' belongs to the environment '{mark.environment}'",
        next_step="name another database, or use its own environment",
        code="targets-not-adopted",
    )


def write_local_permit(database: Database) -> None:
    """Our own stack's database says that it is."""
    identity = read_identity(database)
    write_permit(database, Permit(identity.name, LOCAL, identity.number))
