"""Rows of which nobody heard whether the API took them: a cleanup looks them up first, so that it leaves none of its run's behind."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TypeVar

import numpy as np

from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate.patient_request import population_from_json
from seedbed.actions.generate.patient_units import source_of
from seedbed.core.errors import DataError, SeedbedError, UserError
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.database.ledger import leases
from seedbed.database.ledger.created_records import (
    CreatedRecord,
    CreationSummary,
    record_resolved,
    split_ranges,
    summarize_creations,
)
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.registered_rows import (
    count_reported_unknown,
    keys_created_by_other_runs,
    list_unknown_rows,
)
from seedbed.database.ledger.run_records import find_run_request, recorded_target_address
from seedbed.datasets.registry import PATIENTS
from seedbed.targets.http.concurrency import Breaker, at_most_every, map_ordered

DRAWN_AT_ONCE = 1_000
NOTED_AT_ONCE = 100  # after a kill so many are asked for once more
NO_ANSWER = "the API does not tell whether it holds them"
NO_LOOK_UP = "there is no look-up (SEEDBED_DEMOGRAPHIC_LOOK_UP=false)"
T = TypeVar("T", CreatedRecord, RowToRegister)
R = TypeVar("R")


def summarize_with_unknown(context: AppContext, run: str) -> tuple[CreationSummary, ...]:
    """What the run created, by entity and place, and how many rows beside may be there."""
    database = context.database()
    made = {(one.entity, one.at): one for one in summarize_creations(database, run)}
    for entity in context.generated.values():
        if rows := list_unknown_rows(database, run, entity.id):
            at = recorded_target_address(database, run, entity.target).rstrip("/")
            known = made.get((entity.id, at), CreationSummary(run, entity.id, at, remaining=0))
            reported = count_reported_unknown(database, run, entity.id)
            made[entity.id, at] = replace(known, unknown=len(rows), reported=reported)
    return tuple(made.values())


def resolve_unknown_rows(
    context: AppContext, run: Run, made: CreationSummary, breaker: Breaker
) -> tuple[CreationSummary, str]:
    """Notes the rows in doubt that the API holds as created; what there is to remove then, and why rows stay in doubt, if any do.

    Who was there before, as another run of ours knows, is not noted. The breaker tells whether the API stopped answering.
    """
    if not made.unknown:
        return made, ""
    registrar = context.registrar()
    if not registrar.look_up:
        return made, NO_LOOK_UP
    try:
        drawn = redraw_unknown_rows(context, made)
    except (UserError, DataError) as error:  # what is noted is removed all the same
        return made, str(error)
    with context.database().transaction() as cursor:
        leases.check_lease(cursor, run.attempt_ref)
        split_ranges(cursor, made, list_unknown_rows(context.database(), made.run, made.entity))
    check_lease = LedgerRecorder(context.database(), run.attempt_ref, "cleanup").check_lease
    for found in query_in_parallel(
        chain.from_iterable(drawn), registrar.find, breaker, check_lease, lanes=registrar.at_once
    ):
        made = _with_resolved(context, run, made, found)
    return made, NO_ANSWER if made.unknown else ""


def redraw_unknown_rows(context: AppContext, made: CreationSummary) -> Iterator[list[RowToRegister]]:
    """The rows in doubt as the run drew them; UserError or DataError where they cannot be drawn again."""
    rows = list_unknown_rows(context.database(), made.run, made.entity)
    frozen = find_run_request(context.database(), made.run)
    if frozen is None:
        raise UserError(
            "what the run was asked for is not known",
            next_step="look for its patients at that place",
            code="cleanup-cannot-identify",
        )
    source = source_of(context.data_dirs, population_from_json(frozen[1]))
    full = context.registrar().accepts_extra_fields
    blocks = (rows[place : place + DRAWN_AT_ONCE] for place in range(0, len(rows), DRAWN_AT_ONCE))
    return (PATIENTS.to_register(source.table(np.array(some, np.uint64)), full) for some in blocks)


def _with_resolved(
    context: AppContext, run: Run, made: CreationSummary, found: Mapping[int, RegisterResult | None]
) -> CreationSummary:
    """What there is to remove after these rows were looked up."""
    known = [row for row, one in found.items() if one is None or one.outcome != "skipped"]
    there = [one for row in known if (one := found[row])]
    others = keys_created_by_other_runs(context.database(), made.run, made.entity, made.at, [one.key for one in there])
    ours = [replace(one, outcome="created") for one in there if one.key not in others]
    with context.database().transaction() as cursor:
        leases.check_lease(cursor, run.attempt_ref)
        record_resolved(cursor, made, ours, known=known)
    return replace(made, remaining=made.remaining + len(ours), unknown=made.unknown - len(known))


def query_in_parallel(
    rows: Iterable[T], ask: Callable[[T], R], breaker: Breaker, check_lease: Callable[[], None], *, lanes: int
) -> Iterator[dict[int, R]]:
    """What a target says of the rows, by their numbers, some at a time; those that were not reached are left out.

    At most `lanes` are asked for at once, the next ones while the caller notes these. The last may be empty. Raises what
    `check_lease` raises: it is asked before a row is, at most once a second.
    """
    waiting, told, look = iter(rows), dict[int, R](), at_most_every(check_lease)

    def take() -> T | None:
        look()
        return None if breaker.is_open else next(waiting, None)

    for one, result in map_ordered(take, ask, lanes=lanes):
        if isinstance(result, SeedbedError):
            breaker.failed(result)
            continue
        breaker.answered()
        told[one.row] = result
        if len(told) == NOTED_AT_ONCE:
            yield told
            told = {}
    yield told
