"""What a run will do, before it does anything: its units and the key under which each one's result is kept."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from seedbed.actions.house import House, Run
from seedbed.actions.load import Job, unit_digest
from seedbed.actions.select import Catalogue, SetupRequest, Unit, select
from seedbed.core.errors import SeedbedError, Transient
from seedbed.database.runs import refusals_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """The units of a run in order, and each one's key: run / unit / digest of all that decides its outcome."""

    units: tuple[Unit, ...]
    keys: Mapping[str, str]
    refusals: Mapping[str, int]


def plan_run(house: House, run: Run, request: SetupRequest) -> Plan:
    """The plan of an attempt. UserError where the request is wrong; whatever else is wrong is left to the unit that it concerns."""
    units = select(request, Catalogue(house.entities, house.modules, house.aliases))
    refusals = known_refusals(house, run)
    keys: dict[str, str] = {}
    for unit in units:
        digest = _digest(house, Job(run, request, unit, refusals))
        chained = hashlib.sha256("\n".join([digest, *(keys[need] for need in unit.needs)]).encode()).hexdigest()
        keys[unit.name] = f"{run.root}/{unit.name}/{chained}"
    return Plan(units, keys, refusals)


def known_refusals(house: House, run: Run) -> Mapping[str, int]:
    """How often this run's audit has refused each entity; nothing where the database does not answer or is not migrated yet."""
    try:
        return refusals_of(house.database(), run.root)
    except SeedbedError as error:
        log.warning("the ledger cannot be read yet error=%s", error)
        return {}


def _digest(house: House, job: Job) -> str:
    try:
        return unit_digest(house, job)
    except Transient:
        raise
    except SeedbedError as error:
        # A file that is missing or cannot be read fails the unit that reads it, with its own message; not the whole run.
        return f"unreadable: {error}"
