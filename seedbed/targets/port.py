"""What every target owes: say who it is, look up keys, take rows, give them back."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from seedbed.core.brakes import Brakes
from seedbed.core.creations import Creations
from seedbed.core.errors import DataError
from seedbed.core.registration import Settled, Wanted
from seedbed.core.report import Change, EntityReport, Retired
from seedbed.core.rows import Part, SkippedRow
from seedbed.core.spec import Entity

OnDuplicate = Literal["skip", "update"]
Removal = Literal["removed", "absent", "deactivated", "kept"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How rows are delivered: for which run (root flow run id), unit and input, and what happens to a row that exists and differs.

    `digest`: SHA-256 of the input; a receipt with the same digest means that nothing is left to do. `refused`: how often this
    run's audit has refused the entity: what a server answered before counts no more. `brakes`: where they are exceeded, the
    delivery raises `Braked` and has changed nothing. `retiring`: None where what the file lacks is not asked for.
    """

    run: str
    unit: str
    digest: str = ""
    refused: int = 0
    on_duplicate: OnDuplicate = "skip"
    dry_run: bool = False
    brakes: Brakes | None = None
    retiring: "Retiring | None" = None


@dataclass(frozen=True, slots=True)
class Retiring:
    """How a delivery finds what its file no longer has, once every part is taken.

    `is_present`: a mask of the keys that stand in the file, skipped rows included. `stored_key`: a key's cells as the target
    stores them, None where a reference in it is gone. `deactivate`: whether retired rows are set inactive.
    """

    is_present: Callable[[pd.Series], np.ndarray]
    stored_key: Callable[[str], Mapping[str, str] | None]
    deactivate: bool = False


class Recorder(Protocol):
    """Where a delivery notes what it did, for one run and unit; a retry replaces what an earlier attempt noted."""

    def within(self, cursor: Any) -> "Recorder":
        """The same notes as part of a database transaction, where the recorder lives in that database."""
        ...

    def begin(self, entity: str) -> None:
        """Forget the skips and changes that an earlier attempt of this run noted for the entity."""
        ...

    def skip(self, rows: Sequence[SkippedRow]) -> None:
        """Note rows that were left out."""
        ...

    def change(self, changes: Sequence[Change]) -> None:
        """Note cells that an update changed."""
        ...

    def answer(self, request: str) -> Mapping[str, Any] | None:
        """What a server answered to this request (its Idempotency-Key) in an earlier attempt; None where nothing is known."""
        ...

    def note_answer(self, request: str, answer: Mapping[str, Any]) -> None:
        """Note a server's answer, before anything else is sent."""
        ...

    def held(self, entity: str, *, at: str = "") -> Iterator[pd.Series]:
        """The keys that our runs have written at that place, in blocks; within a transaction, only those noted before it.

        A key may come twice.
        """
        ...

    def hold(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Note keys that are ours from now on: this run writes, or is about to write, their rows."""
        ...

    def release(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Let go of keys that this run held and whose rows were not written after all."""
        ...

    def asked_for(self, entity: str, *, at: str = "") -> Mapping[str, float]:
        """Keys that this run asked the target to create and of which it does not know what became: since when (epoch, seconds)."""
        ...

    def note_creations(self, entity: str, noted: Creations, *, at: str = "") -> None:
        """Note what this run asks the target to create, before it asks, and what it has created."""
        ...

    def check_lease(self) -> None:
        """Raise Conflict where another run, or a newer attempt, writes by now: who delivers outside a transaction asks now and then."""
        ...

    def retire(self, retired: Sequence[Retired]) -> None:
        """Note keys that the file no longer has; what an earlier attempt noted is forgotten by `begin`."""
        ...

    def is_first_load(self, entity: str) -> bool:
        """Whether no other run of ours has delivered the entity."""
        ...

    def receipt(self, entity: str, *, digest: str) -> EntityReport | None:
        """What an earlier attempt of this run delivered of the entity from the same input; None where it did not."""
        ...

    def finish(self, report: EntityReport, *, digest: str) -> None:
        """Note that the entity is delivered: its receipt. Every target's `deliver` ends with it, but in a dry run."""
        ...


class Braked(DataError):
    """An entity was left untouched, for more of it would be skipped or changed than its brakes allow; carries the report."""

    code = "change-limit"


def braked(report: EntityReport, reason: str) -> Braked:
    """The error of an entity that its brakes stop; its report counts as failed what was not skipped."""
    stopped = Braked(
        f"{report.entity} was left untouched: {reason}",
        next_step=f"correct the file, or let it through once with `--let-pass {report.entity}` (let_pass in Prefect)",
    )
    stopped.report = replace(
        report,
        inserted=0,
        updated=0,
        unchanged=0,
        sent=0,
        retired=0,
        deactivated=0,
        differing=0,
        failed=report.read - report.skipped,
    )
    return stopped


@dataclass(frozen=True, slots=True)
class Registering:
    """What the registration of a unit is told: for which run (root flow run id), unit and entity, and how many `rows` are to come.

    `maybe_sent`: whether an earlier attempt may have brought the row to the API and has not heard of it. `is_partial`: whether rows
    that once were sent together with this one are settled, so that its request is another than it was. `ours_elsewhere`: of these
    keys, those that another run of ours created there and has not removed. `note`: keeps what rows came to, before anything else
    is sent for them. `ended`: every request has come back and all is noted. All are called in the thread that registers, in no other, but
    `check_lease`, which raises where another writes by now: whichever thread is about to send asks it from time to time.
    """

    run: str
    unit: str
    entity: str
    rows: int
    maybe_sent: Callable[[int], bool]
    is_partial: Callable[[int], bool]
    ours_elsewhere: Callable[[Sequence[str]], frozenset[str]]
    note: Callable[[Sequence[Settled]], None]
    ended: Callable[[], None]
    check_lease: Callable[[], None]


class Registrar(Protocol):
    """A system that takes rows one by one and gives each a number of its own."""

    @property
    def name(self) -> str:
        """What reports and entities call it."""
        ...

    def describe(self) -> str:
        """Where it is, for people; no secret."""
        ...

    def ping(self) -> None:
        """Raise Transient where it does not answer or says that it is not well; asks once, and briefly."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...

    @property
    def takes_more(self) -> bool:
        """Whether it takes fields that its documents do not name."""
        ...

    def greet(self) -> None:
        """Raise AuthError where we are not let in: better once, before the first row, than for every unit."""
        ...

    def register(self, requests: Iterable[Sequence[Wanted]], registering: Registering) -> Counter[str]:
        """How many of a unit's rows were `created`, `exists` (there before) or `skipped`; every row is noted.

        Each of `requests` is sent together, as far as the system takes rows together. Raises Transient when some rows were not
        reached or their fate is open (noted as `api_unavailable`, or not at all), AuthError and UserError when nothing more was sent.
        """
        ...

    @property
    def look_up(self) -> bool:
        """Whether it tells who holds a key."""
        ...

    @property
    def at_once(self) -> int:
        """How many rows may be looked up or removed at once."""
        ...

    def find(self, wanted: Wanted) -> Settled | None:
        """A row of which nobody heard what became: `exists` with its numbers; None where the system does not hold it.

        `unknown_outcome` where that cannot be told. Raises Transient where it does not answer.
        """
        ...

    def remove(self, target_id: str, number: str, key: str = "") -> Removal:
        """What became of a row that is to go: where it cannot be removed it is deactivated, where neither can be done it is kept.

        It is `absent` where the system tells that what has the id or number now is not the row of that key.
        """
        ...


class Target(Protocol):
    """A system that holds tables."""

    @property
    def name(self) -> str:
        """What reports and entities call it."""
        ...

    def describe(self) -> str:
        """Where it is, for people: host, port, database or realm; no secret."""
        ...

    def ids(self, entity: Entity, *, by: str, take: str) -> Mapping[str, str]:
        """What the target holds now: each row's `by` -> its `take`, both as text."""
        ...

    def deliver(self, entity: Entity, parts: Iterable[Part], delivery: Delivery, recorder: Recorder) -> EntityReport:
        """Bring the rows to the target and account for every row read; delivering twice equals delivering once.

        Begins and finishes the entity with the recorder, and notes every part's skips and its own. A dry run
        changes nothing and says what would happen. With brakes, a target that cannot roll back takes the parts twice: they
        must be an iterable that can begin again. Raises Transient, AuthError, DataError.
        """
        ...

    def read(self, entity: Entity) -> Iterator[pd.DataFrame]:
        """What the target holds of the entity now, as text by column, in blocks."""
        ...

    def ping(self) -> None:
        """Raise Transient where the target does not answer or says that it is not well; asks once, and briefly."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
