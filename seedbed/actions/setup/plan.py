"""What a run will do, before it does anything: its units and the key under which each one's result is kept."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from seedbed.actions.catalogue import catalogue_of
from seedbed.actions.context import AppContext, Run
from seedbed.actions.setup.load import Job, unit_digest
from seedbed.actions.setup.select import ModuleUnit, SetupRequest, select
from seedbed.core.errors import DataError, SeedbedError, Transient
from seedbed.database.ledger.run_records import count_failed_tests

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The units of a run in order, and each one's key: run / unit / digest of all that decides its outcome."""

    units: tuple[ModuleUnit, ...]
    keys: Mapping[str, str]
    refusals: Mapping[str, int]


def plan_run(context: AppContext, run: Run, request: SetupRequest, refusals: Mapping[str, int]) -> RunPlan:
    """The plan of an attempt; `refusals`: how often this run's audit has refused each entity.

    UserError where the request is wrong; whatever else is wrong is left to the unit that it concerns.
    """
    units = select(request, catalogue_of(context))
    keys: dict[str, str] = {}
    for unit in units:
        digest = _digest(context, Job(run, request, unit, refusals))
        chained = hashlib.sha256("\n".join([digest, *(keys[need] for need in unit.needs)]).encode()).hexdigest()
        keys[unit.name] = f"{run.root}/{unit.name}/{chained}"
    return RunPlan(units, keys, refusals)


def read_failed_tests(context: AppContext, run: Run) -> Mapping[str, int]:
    """How often this run's audit has refused each entity; nothing where the database has no tables of ours yet.

    Raises Transient where it does not answer: to take that for "never" would leave out what a retry is to load again.
    """
    try:
        return count_failed_tests(context.database(), run.root)
    except DataError as error:
        log.info("the database has no ledger yet error=%s", error)
        return {}


def _digest(context: AppContext, job: Job) -> str:
    try:
        return unit_digest(context, job)
    except Transient:
        raise
    except SeedbedError as error:
        # A file that is missing or cannot be read fails the unit that reads it, with its own message; not the whole run.
        return f"unreadable: {error}"
