"""Adoption: somebody says, by typing the database's name, that these targets are ours to fill; then our mark is put there."""

from collections.abc import Mapping
from dataclasses import dataclass

from seedbed.actions.context import AppContext
from seedbed.actions.permit import foreign_permit_error, refuse_production, require_environment
from seedbed.core.errors import AuthError, UserError
from seedbed.database.engines import Database
from seedbed.database.ledger.permits import (
    DatabaseIdentity,
    Permit,
    find_permit,
    read_identity,
    read_permits,
    write_permit,
)
from seedbed.database.schema.apply_schema import migrate_schema, newest_revision, revision


@dataclass(frozen=True, slots=True)
class Adoption:
    """What an adoption is about: the environment, its targets, the database as its server calls it, and the mark that it has."""

    environment: str
    database: str
    targets: Mapping[str, str]
    identity: DatabaseIdentity
    mark: Permit | None

    @property
    def what_it_does(self) -> str:
        """What will be put where, as a sentence."""
        again = " in the place of the one that it has" if self.mark else ""
        return (
            f"puts the schema 'seedbed' and the mark '{self.environment}' into database '{self.identity.name}'{again}"
        )


def prepare_adoption(context: AppContext) -> Adoption:
    """What would be adopted; nothing is written. UserError where it may not or need not be."""
    if context.is_local:
        raise UserError(
            "the local stack needs no adoption",
            next_step="name an environment that has a file",
            code="adoption-refused",
        )
    environment, database = require_environment(context), context.database()
    identity = read_identity(database)
    refuse_production(identity)
    mark = find_permit(read_permits(database), identity.name)
    is_its_own = mark and (not mark.identity or identity.has_issued(mark))
    if mark and is_its_own and mark.environment != environment.name:
        raise foreign_permit_error(mark)
    return Adoption(environment.name, environment.targets.postgres.database, context.target_addresses, identity, mark)


def adopt(context: AppContext, adoption: Adoption, typed: str) -> None:
    """Makes our ledger and puts the mark. UserError where the name that was typed is not the database's: nothing is written."""
    step = f"type {adoption.database}, if that is what you mean"
    if not typed.strip():
        raise UserError("nothing was typed: nothing was written", next_step=step, code="adoption-refused")
    if typed.strip() != adoption.database:
        raise UserError(
            f"'{typed.strip()}' is not the database's name: nothing was written",
            next_step=step,
            code="adoption-refused",
        )
    database = context.database()
    _make_ledger(database)
    write_permit(
        database, Permit(adoption.identity.name, adoption.environment, adoption.identity.number, context.fingerprint)
    )


def _make_ledger(database: Database) -> None:
    if revision(database.engine) == newest_revision():
        return
    try:
        migrate_schema(database.engine, {})
    except AuthError as error:
        raise UserError(
            f"user '{database.address.user}' may not make the schema 'seedbed'",
            next_step="hand `seedbed migrate --sql` to the database's owner, then adopt again",
            code="adoption-refused",
        ) from error
