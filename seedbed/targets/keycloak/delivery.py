"""One delivery of users under way: whom it may touch, what becomes of each, and who has left the file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from seedbed.core.create_intents import Creations
from seedbed.core.errors import SeedbedError, Transient
from seedbed.core.report import Change, Retired, SkipReason
from seedbed.core.rows import Block, Part
from seedbed.core.spec import Entity
from seedbed.master_data.keys import shown
from seedbed.targets.accounting import opened, skip
from seedbed.targets.http.concurrency import Breaker, in_order
from seedbed.targets.keycloak.connection import LANES
from seedbed.targets.keycloak.ownership import Ownership, name_of, was_made
from seedbed.targets.keycloak.realm_users import Realm, Reconciling, Settled
from seedbed.targets.keycloak.user_rows import Difference, UserJson, Wanted, differences, wanted_users
from seedbed.targets.recorder import Recorder, RowLog

ASKED_AT_ONCE = 32  # creations that are noted together: after a kill so many are looked up
DISABLED = Difference("active", "TRUE", "FALSE")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file, and what it wants."""

    block: Block
    position: int
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Leaving:
    """Users of ours whom the file no longer names, by key, and those of them that are to be disabled."""

    users: Mapping[str, UserJson]
    active: Mapping[str, UserJson]


@dataclass(frozen=True, slots=True)
class Users:
    """One delivery under way, in the thread that delivers."""

    entity: Entity
    realm: Realm
    recorder: Recorder
    counts: Counter[str]
    whose: Ownership
    breaker: Breaker = field(default_factory=Breaker)
    changes: list[Change] = field(default_factory=list)
    given: dict[str, set[str]] = field(default_factory=dict)  # role -> ids of users who were given it
    unmade: list[Row] = field(
        default_factory=list
    )  # refused or not tried, and not in the realm: their names are nobody's
    at: str = ""
    made: dict[str, str] = field(default_factory=dict)  # name -> id of users who were created and are not noted yet

    def possible(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that may be sent; those that name no role of the realm, a name again, or a user of others, are skipped."""
        names: dict[str, int] = {}
        for row in rows:
            here = int(row.block.source.rows[row.position])
            earlier = names.setdefault(row.wanted.username, here)
            if row.wanted.role and row.wanted.role not in self.realm.roles:
                self._skip(row, "missing_reference", f"the realm has no role '{row.wanted.role}'")
            elif earlier != here:
                self._skip(row, "duplicate_in_file", f"the user name equals that of row {earlier}: case does not count")
            elif objection := self._objection(row.wanted.username):
                self._skip(row, "not_ours", objection)
            else:
                yield row

    def next_of(self, rows: Iterator[Row]) -> Row | None:
        """The next row to send; none once the breaker is open."""
        if self.breaker.is_open:
            left = list(rows)
            self.counts["failed"] += len(left)
            self.unmade.extend(row for row in left if row.wanted.username not in self.realm.users)
        return next(rows, None)

    def settle(self, row: Row, result: Settled | SeedbedError) -> None:
        """Account for one row."""
        if isinstance(result, SeedbedError):
            self.breaker.failed(result)
            if isinstance(result, Transient):
                self._skip(
                    row, "api_unavailable", result.message
                )  # what became of it is not known: the name stays held
            else:
                self.counts["failed"] += 1
            return
        self.breaker.answered()
        if result.outcome in ("rejected_by_api", "constraint", "not_ours"):
            self._skip(row, result.outcome, result.message)
            if row.wanted.username not in self.realm.users:
                self.unmade.append(row)
            return
        self.counts[result.outcome] += 1
        if result.outcome == "inserted":
            self.made[row.wanted.username] = result.user_id
        key = shown(str(row.block.keys.iloc[row.position]))
        if result.outcome == "updated":
            self.changes.extend(difference.change(self.entity.id, key) for difference in result.differences)
        if row.wanted.role and result.outcome != "unchanged":
            self.given.setdefault(row.wanted.role, set()).add(result.user_id)

    def resolve(self) -> None:
        """Notes which users an earlier attempt has created of those whose creation it asked for and did not note."""
        asked = self.recorder.asked_for(self.entity.id, at=self.at)
        there = {name: user for name in asked if (user := self.realm.users.get(name))}
        made = {name: str(user["id"]) for name, user in there.items() if was_made(user, asked[name])}
        others = [name for name in asked if name not in made]
        self.recorder.note_creations(self.entity.id, Creations((), made, others), at=self.at)

    def announced(self, rows: list[Row]) -> Iterator[Row]:
        """The rows, each after it is noted that its user is about to be created, where it is not in the realm."""
        for start in range(0, len(rows), ASKED_AT_ONCE):
            if self.breaker.is_open:  # none of them will be sent
                yield from rows[start:]
                return
            ahead = rows[start : start + ASKED_AT_ONCE]
            self.note_creations([r.wanted.username for r in ahead if r.wanted.username not in self.realm.users])
            yield from ahead

    def note_creations(self, asking: Sequence[str] = ()) -> None:
        """Notes the users who were created, or could not be, since the last time, and those who are to be created next."""
        unmade = [row.wanted.username for row in self.unmade]
        self.recorder.note_creations(self.entity.id, Creations(asking, dict(self.made), unmade), at=self.at)
        self.made.clear()

    def retire(self, leaving: Leaving, disabled: Mapping[str, UserJson]) -> None:
        """Account for the users whom the file no longer names."""
        self.counts["retired"], self.counts["deactivated"] = len(leaving.users), len(disabled)
        self.recorder.retire([Retired(self.entity.id, key, key in disabled) for key in leaving.users])
        self.changes.extend(DISABLED.change(self.entity.id, shown(key)) for key in disabled)

    def _objection(self, name: str) -> str:
        user = self.realm.users.get(name)
        return self.whose.objection(user) if user else ""

    def _skip(self, row: Row, reason: SkipReason, message: str) -> None:
        self.counts["skipped"] += skip(self.entity, row.block, {row.position: message}, reason, self.recorder)


def rows_of(
    entity: Entity, parts: Iterable[Part], counts: Counter[str], recorder: RowLog
) -> tuple[list[Row], frozenset[str]]:
    """The rows that go on, and the names of all rows."""
    rows: list[Row] = []
    skipped: set[str] = set()
    for part in parts:
        skipped.update(name_of(row.skip.key) for row in part.skips)
        block = opened(part, counts, recorder)
        if block is not None:
            rows += [Row(block, position, wanted) for position, wanted in enumerate(wanted_users(entity, block))]
    return rows, frozenset(skipped) | {row.wanted.username for row in rows}


def keys_of(rows: Iterable[Row]) -> pd.Series:
    """The rows' keys as the file has them."""
    return pd.Series([str(row.block.keys.iloc[row.position]) for row in rows], dtype="str")


def reconcile(work: Users, rows: list[Row], reconciling: Reconciling) -> None:
    """Bring the users to what the rows want, eight at once."""
    first, again = _waves(rows)
    for wave, lanes in ((first, LANES), (again, 1)):
        waiting = work.announced(wave)
        settled = in_order(lambda: work.next_of(waiting), lambda row: reconciling.bring(row.wanted), lanes=lanes)  # noqa: B023
        for row, result in settled:
            work.settle(row, result)
    work.note_creations()


def shut_out(work: Users, leaving: Leaving, reconciling: Reconciling) -> None:
    """Disable the users who are to be; none once a request has failed, for the delivery will come again."""
    waiting, disabled = iter(leaving.active.items()), dict[str, UserJson]()

    def take() -> tuple[str, UserJson] | None:
        return None if work.breaker.has_failed else next(waiting, None)

    for (key, user), result in in_order(take, lambda one: reconciling.shut_out(one[1]), lanes=LANES):
        if isinstance(result, SeedbedError):
            work.breaker.failed(result)
        else:
            disabled[key] = user
    work.retire(leaving, disabled)


def _waves(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows whose mail stands there first, and those that repeat one: these go one by one, so that the first always wins."""
    seen: set[str] = set()
    first: list[Row] = []
    again: list[Row] = []
    for row in rows:
        mail = str(row.wanted.fields.get("email", "")).lower()
        (again if mail and mail in seen else first).append(row)
        seen.add(mail)
    return first, again


def would(wanted: Wanted, realm: Realm) -> Settled:
    """What reconciling would do with a user."""
    user = realm.users.get(wanted.username)
    if user is None:
        return Settled("inserted")
    found = differences(wanted, user, realm.roles_of(str(user["id"])), realm.members)
    return Settled("updated" if found else "unchanged", str(user["id"]), differences=tuple(found))
