"""What every target owes: say who it is, look up keys, take rows, give them back."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from seedbed.core.change_limits import ChangeLimits
from seedbed.core.errors import DataError
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.core.report import EntityReport
from seedbed.core.rows import PreparedBlock
from seedbed.core.spec import Entity
from seedbed.targets.recorder import Recorder

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
    failed_tests: int = 0
    on_duplicate: OnDuplicate = "skip"
    dry_run: bool = False
    limits: ChangeLimits | None = None
    missing_key_rule: "MissingKeyRule | None" = None


@dataclass(frozen=True, slots=True)
class MissingKeyRule:
    """How a delivery finds what its file no longer has, once every part is taken.

    `is_present`: a mask of the keys that stand in the file, skipped rows included. `stored_key`: a key's cells as the target
    stores them, None where a reference in it is gone. `deactivate`: whether retired rows are set inactive.
    """

    is_present: Callable[[pd.Series], np.ndarray]
    stored_key: Callable[[str], Mapping[str, str] | None]
    deactivate: bool = False


class Braked(DataError):
    """An entity was left untouched, for more of it would be skipped or changed than its brakes allow; carries the report."""

    code = "change-limit"


def limits_exceeded_error(report: EntityReport, reason: str) -> Braked:
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
class RegisterContext:
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
    created_by_other_runs: Callable[[Sequence[str]], frozenset[str]]
    record_results: Callable[[Sequence[RegisterResult]], None]
    mark_finished: Callable[[], None]
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
    def accepts_extra_fields(self) -> bool:
        """Whether it takes fields that its documents do not name."""
        ...

    def check_access(self) -> None:
        """Raise AuthError where we are not let in: better once, before the first row, than for every unit."""
        ...

    def register(self, requests: Iterable[Sequence[RowToRegister]], registering: RegisterContext) -> Counter[str]:
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

    def find(self, wanted: RowToRegister) -> RegisterResult | None:
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

    def deliver(
        self, entity: Entity, parts: Iterable[PreparedBlock], delivery: Delivery, recorder: Recorder
    ) -> EntityReport:
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


class TableTarget(Protocol):
    """A target that loads generated tables. It is opened for one delivery, so that the tables alone are handed over.

    target = PostgresTarget(database).tables(Delivery("run-1", "visits", digest), recorder)
    report = target.deliver(VISIT, generated.blocks(0, 1_000_000))
    """

    def deliver(self, entity: Entity, tables: Iterable[pa.Table]) -> EntityReport:
        """Loads the rows and accounts for every row; delivering twice equals delivering once.

        `tables`: with the entity's types, taken one at a time. Inserts, updates and skips rows as the load of a CSV file does; a row
        that repeats an earlier key is skipped. Raises DataError where a table does not fit the entity, Transient, AuthError.
        """
        ...
