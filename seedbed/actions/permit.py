"""The permit: nothing foreign is written without an environment file, and our mark in exactly that database."""

from collections.abc import Sequence

from seedbed.actions.context import House
from seedbed.core.addresses import is_production
from seedbed.core.environment import LOCAL, Environment
from seedbed.core.errors import UserError
from seedbed.database.engines import Database
from seedbed.database.ledger.permits import Identity, Mark, identity_of, marks_of, own_mark, put_mark

NAME_IT = "write deployments/environments/NAME.yaml, set SEEDBED_ENV=NAME, then `seedbed adopt NAME`"


def check_permit(house: House) -> None:
    """UserError where the house's targets are neither the local stack's nor adopted, with the step that mends it."""
    if not house.is_local:
        permit_in(house, house.database())


def permit_in(house: House, database: Database) -> str:
    """What permits the house to write there, as a sentence; UserError where nothing does."""
    environment, identity = named_environment(house), identity_of(database)
    refuse_production(identity)
    refusal = refusal_of(environment.name, house.fingerprint, identity, marks_of(database))
    if refusal:
        raise refusal
    return f"database '{identity.name}' is adopted for the environment '{environment.name}'"


def named_environment(house: House) -> Environment:
    """The house's environment; UserError where targets are set that no file names."""
    if house.environment is None:
        raise UserError(
            "targets are set, and no environment file names them", next_step=NAME_IT, code="targets-not-adopted"
        )
    return house.environment


def check_no_production(house: House) -> None:
    """UserError where the database is production behind a harmless address; what only reads needs no more."""
    if not house.is_local:
        refuse_production(identity_of(house.database()))


def refuse_production(identity: Identity) -> None:
    """UserError where the database behind a harmless address calls itself production."""
    if is_production(identity.name):
        raise UserError(
            f"the database behind that address is production ('{identity.name}')",
            next_step="name a staging",
            code="production-refused",
        )


def refusal_of(name: str, fingerprint: str, identity: Identity, marks: Sequence[Mark]) -> UserError | None:
    """Why these marks are no permit for the environment; None where they are."""
    adopt, where = f"run `seedbed adopt {name}`", f"database '{identity.name}'"
    look = f"look at the targets that `seedbed doctor` shows, then {adopt} again"
    mark = own_mark(marks, identity.name)
    if not marks:
        return UserError(f"{where} is not adopted", next_step=adopt, code="targets-not-adopted")
    if mark is None or (mark.identity and not identity.has_made(mark)):
        return UserError(
            f"{where} is a copy: its mark was made in another database", next_step=look, code="targets-not-adopted"
        )
    if mark.environment != name:
        return of_another(mark)
    if not mark.identity or mark.fingerprint != fingerprint:
        return UserError(
            f"the targets of '{name}' were changed since it was adopted", next_step=look, code="targets-not-adopted"
        )
    return None


def of_another(mark: Mark) -> UserError:
    """The refusal of a database that carries another environment's mark."""
    return UserError(
        f"database '{mark.name}' belongs to the environment '{mark.environment}'",
        next_step="name another database, or use its own environment",
        code="targets-not-adopted",
    )


def mark_local(database: Database) -> None:
    """Our own stack's database says that it is."""
    identity = identity_of(database)
    put_mark(database, Mark(identity.name, LOCAL, identity.number))
