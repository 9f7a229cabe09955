"""Rows of which nobody heard whether the API took them: a cleanup looks them up first, so that it leaves none of its run's behind."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TypeVar

import numpy as np

from seedbed.actions.context import House, Run
from seedbed.actions.generate.patient_request import population_from_json
from seedbed.actions.generate.patient_units import source_of
from seedbed.core.errors import DataError, SeedbedError, UserError
from seedbed.core.registration import Settled, Wanted
from seedbed.database.ledger import leases
from seedbed.database.ledger.created_records import Created, Made, made_by, note_found, single_out
from seedbed.database.ledger.receipts import Notes
from seedbed.database.ledger.registered_rows import created_elsewhere, reported_in_doubt, rows_in_doubt
from seedbed.database.ledger.run_records import place_of, request_of
from seedbed.datasets.registry import PATIENTS
from seedbed.targets.http.concurrency import Breaker, in_order, seldom

DRAWN_AT_ONCE = 1_000
NOTED_AT_ONCE = 100  # after a kill so many are asked for once more
UNTOLD = "the API does not tell whether it holds them"
NO_LOOK_UP = "there is no look-up (SEEDBED_DEMOGRAPHIC_LOOK_UP=false)"
T = TypeVar("T", Created, Wanted)
R = TypeVar("R")


def made_in_all(house: House, run: str) -> tuple[Made, ...]:
    """What the run created, by entity and place, and how many rows beside may be there."""
    database = house.database()
    made = {(one.entity, one.at): one for one in made_by(database, run)}
    for entity in house.generated.values():
        if rows := rows_in_doubt(database, run, entity.id):
            at = place_of(database, run, entity.target).rstrip("/")
            known = made.get((entity.id, at), Made(run, entity.id, at, there=0))
            reported = reported_in_doubt(database, run, entity.id)
            made[entity.id, at] = replace(known, in_doubt=len(rows), reported=reported)
    return tuple(made.values())


def settle_doubts(house: House, run: Run, made: Made, breaker: Breaker) -> tuple[Made, str]:
    """Notes the rows in doubt that the API holds as created; what there is to remove then, and why rows stay in doubt, if any do.

    Who was there before, as another run of ours knows, is not noted. The breaker tells whether the API stopped answering.
    """
    if not made.in_doubt:
        return made, ""
    registrar = house.registrar()
    if not registrar.look_up:
        return made, NO_LOOK_UP
    try:
        drawn = drawn_again(house, made)
    except (UserError, DataError) as error:  # what is noted is removed all the same
        return made, str(error)
    with house.database().transaction() as cursor:
        leases.check(cursor, run.writer)
        single_out(cursor, made, rows_in_doubt(house.database(), made.run, made.entity))
    check_lease = Notes(house.database(), run.writer, "cleanup").check_lease
    for found in told_of(chain.from_iterable(drawn), registrar.find, breaker, check_lease, lanes=registrar.at_once):
        made = _settled(house, run, made, found)
    return made, UNTOLD if made.in_doubt else ""


def drawn_again(house: House, made: Made) -> Iterator[list[Wanted]]:
    """The rows in doubt as the run drew them; UserError or DataError where they cannot be drawn again."""
    rows = rows_in_doubt(house.database(), made.run, made.entity)
    frozen = request_of(house.database(), made.run)
    if frozen is None:
        raise UserError(
            "what the run was asked for is not known",
            next_step="look for its patients at that place",
            code="cleanup-cannot-identify",
        )
    source = source_of(house.data_dirs, population_from_json(frozen[1]))
    full = house.registrar().takes_more
    blocks = (rows[place : place + DRAWN_AT_ONCE] for place in range(0, len(rows), DRAWN_AT_ONCE))
    return (PATIENTS.to_register(source.table(np.array(some, np.uint64)), full) for some in blocks)


def _settled(house: House, run: Run, made: Made, found: Mapping[int, Settled | None]) -> Made:
    """What there is to remove after these rows were looked up."""
    known = [row for row, one in found.items() if one is None or one.outcome != "skipped"]
    there = [one for row in known if (one := found[row])]
    others = created_elsewhere(house.database(), made.run, made.entity, made.at, [one.key for one in there])
    ours = [replace(one, outcome="created") for one in there if one.key not in others]
    with house.database().transaction() as cursor:
        leases.check(cursor, run.writer)
        note_found(cursor, made, ours, known=known)
    return replace(made, there=made.there + len(ours), in_doubt=made.in_doubt - len(known))


def told_of(
    rows: Iterable[T], ask: Callable[[T], R], breaker: Breaker, check_lease: Callable[[], None], *, lanes: int
) -> Iterator[dict[int, R]]:
    """What a target says of the rows, by their numbers, some at a time; those that were not reached are left out.

    At most `lanes` are asked for at once, the next ones while the caller notes these. The last may be empty. Raises what
    `check_lease` raises: it is asked before a row is, at most once a second.
    """
    waiting, told, look = iter(rows), dict[int, R](), seldom(check_lease)

    def take() -> T | None:
        look()
        return None if breaker.is_open else next(waiting, None)

    for one, result in in_order(take, ask, lanes=lanes):
        if isinstance(result, SeedbedError):
            breaker.failed(result)
            continue
        breaker.answered()
        told[one.row] = result
        if len(told) == NOTED_AT_ONCE:
            yield told
            told = {}
    yield told
