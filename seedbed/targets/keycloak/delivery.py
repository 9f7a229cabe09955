"""One delivery of users under way: whom it may touch, what becomes of each, and who has left the file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from seedbed.core.create_intents import Creations
from seedbed.core.errors import SeedbedError, Transient
from seedbed.core.report import Change, MissingKey, SkipReason
from seedbed.core.rows import Block, PreparedBlock
from seedbed.core.spec import Entity
from seedbed.master_data.keys import display_key
from seedbed.targets.accounting import open_block, skip
from seedbed.targets.http.concurrency import Breaker, map_ordered
from seedbed.targets.keycloak.connection import LANES
from seedbed.targets.keycloak.ownership import Ownership, came_from_request, name_of
from seedbed.targets.keycloak.realm_users import Realm, Reconciler, UserResult
from seedbed.targets.keycloak.user_rows import DesiredUser, UserDifference, UserJson, compare_user, desired_users
from seedbed.targets.recorder import Recorder, RowLog

ASKED_AT_ONCE = 32  # creations that are noted together: after a kill so many are looked up
DISABLED = UserDifference("active", "TRUE", "FALSE")


@dataclass(frozen=True, slots=True)
class UserRow:
    """A row of the file, and what it wants."""

    block: Block
    position: int
    desired: DesiredUser


@dataclass(frozen=True, slots=True)
class MissingUsers:
    """Users of ours whom the file no longer names, by key, and those of them that are to be disabled."""

    users: Mapping[str, UserJson]
    active: Mapping[str, UserJson]


@dataclass(frozen=True, slots=True)
class UserDelivery:
    """One delivery under way, in the thread that delivers."""

    entity: Entity
    realm: Realm
    recorder: Recorder
    counts: Counter[str]
    ownership: Ownership
    breaker: Breaker = field(default_factory=Breaker)
    changes: list[Change] = field(default_factory=list)
    given: dict[str, set[str]] = field(default_factory=dict)  # role -> ids of users who were given it
    not_created: list[UserRow] = field(
        default_factory=list
    )  # refused or not tried, and not in the realm: their names are nobody's
    at: str = ""
    made: dict[str, str] = field(default_factory=dict)  # name -> id of users who were created and are not noted yet

    def possible(self, rows: Iterable[UserRow]) -> Iterator[UserRow]:
        """The rows that may be sent; those that name no role of the realm, a name again, or a user of others, are skipped."""
        names: dict[str, int] = {}
        for row in rows:
            here = int(row.block.source.rows[row.position])
            earlier = names.setdefault(row.desired.username, here)
            if row.desired.role and row.desired.role not in self.realm.roles:
                self._skip(row, "missing_reference", f"the realm has no role '{row.desired.role}'")
            elif earlier != here:
                self._skip(row, "duplicate_in_file", f"the user name equals that of row {earlier}: case does not count")
            elif objection := self._objection(row.desired.username):
                self._skip(row, "not_ours", objection)
            else:
                yield row

    def next_of(self, rows: Iterator[UserRow]) -> UserRow | None:
        """The next row to send; none once the breaker is open."""
        if self.breaker.is_open:
            left = list(rows)
            self.counts["failed"] += len(left)
            self.not_created.extend(row for row in left if row.desired.username not in self.realm.users)
        return next(rows, None)

    def record_outcome(self, row: UserRow, result: UserResult | SeedbedError) -> None:
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
            if row.desired.username not in self.realm.users:
                self.not_created.append(row)
            return
        self.counts[result.outcome] += 1
        if result.outcome == "inserted":
            self.made[row.desired.username] = result.user_id
        key = display_key(str(row.block.keys.iloc[row.position]))
        if result.outcome == "updated":
            self.changes.extend(difference.change(self.entity.id, key) for difference in result.differences)
        if row.desired.role and result.outcome != "unchanged":
            self.given.setdefault(row.desired.role, set()).add(result.user_id)

    def resolve(self) -> None:
        """Notes which users an earlier attempt has created of those whose creation it asked for and did not note."""
        asked = self.recorder.pending_creations(self.entity.id, at=self.at)
        there = {name: user for name in asked if (user := self.realm.users.get(name))}
        made = {name: str(user["id"]) for name, user in there.items() if came_from_request(user, asked[name])}
        others = [name for name in asked if name not in made]
        self.recorder.record_creations(self.entity.id, Creations((), made, others), at=self.at)

    def announce_creations(self, rows: list[UserRow]) -> Iterator[UserRow]:
        """The rows, each after it is noted that its user is about to be created, where it is not in the realm."""
        for start in range(0, len(rows), ASKED_AT_ONCE):
            if self.breaker.is_open:  # none of them will be sent
                yield from rows[start:]
                return
            ahead = rows[start : start + ASKED_AT_ONCE]
            self.record_creations([r.desired.username for r in ahead if r.desired.username not in self.realm.users])
            yield from ahead

    def record_creations(self, asking: Sequence[str] = ()) -> None:
        """Notes the users who were created, or could not be, since the last time, and those who are to be created next."""
        unmade = [row.desired.username for row in self.not_created]
        self.recorder.record_creations(self.entity.id, Creations(asking, dict(self.made), unmade), at=self.at)
        self.made.clear()

    def record_missing_users(self, leaving: MissingUsers, disabled: Mapping[str, UserJson]) -> None:
        """Account for the users whom the file no longer names."""
        self.counts["retired"], self.counts["deactivated"] = len(leaving.users), len(disabled)
        self.recorder.record_missing([MissingKey(self.entity.id, key, key in disabled) for key in leaving.users])
        self.changes.extend(DISABLED.change(self.entity.id, display_key(key)) for key in disabled)

    def _objection(self, name: str) -> str:
        user = self.realm.users.get(name)
        return self.ownership.objection(user) if user else ""

    def _skip(self, row: UserRow, reason: SkipReason, message: str) -> None:
        self.counts["skipped"] += skip(self.entity, row.block, {row.position: message}, reason, self.recorder)


def collect_rows(
    entity: Entity, parts: Iterable[PreparedBlock], counts: Counter[str], recorder: RowLog
) -> tuple[list[UserRow], frozenset[str]]:
    """The rows that go on, and the names of all rows."""
    rows: list[UserRow] = []
    skipped: set[str] = set()
    for part in parts:
        skipped.update(name_of(row.skip.key) for row in part.skips)
        block = open_block(part, counts, recorder)
        if block is not None:
            rows += [UserRow(block, position, wanted) for position, wanted in enumerate(desired_users(entity, block))]
    return rows, frozenset(skipped) | {row.desired.username for row in rows}


def keys_of(rows: Iterable[UserRow]) -> pd.Series:
    """The rows' keys as the file has them."""
    return pd.Series([str(row.block.keys.iloc[row.position]) for row in rows], dtype="str")


def reconcile(work: UserDelivery, rows: list[UserRow], reconciling: Reconciler) -> None:
    """Bring the users to what the rows want, eight at once."""
    first, again = _waves(rows)
    for wave, lanes in ((first, LANES), (again, 1)):
        waiting = work.announce_creations(wave)
        settled = map_ordered(lambda: work.next_of(waiting), lambda row: reconciling.apply(row.desired), lanes=lanes)  # noqa: B023
        for row, result in settled:
            work.record_outcome(row, result)
    work.record_creations()


def disable_missing_users(work: UserDelivery, leaving: MissingUsers, reconciling: Reconciler) -> None:
    """Disable the users who are to be; none once a request has failed, for the delivery will come again."""
    waiting, disabled = iter(leaving.active.items()), dict[str, UserJson]()

    def take() -> tuple[str, UserJson] | None:
        return None if work.breaker.has_failed else next(waiting, None)

    for (key, user), result in map_ordered(take, lambda one: reconciling.disable(one[1]), lanes=LANES):
        if isinstance(result, SeedbedError):
            work.breaker.failed(result)
        else:
            disabled[key] = user
    work.record_missing_users(leaving, disabled)


def _waves(rows: list[UserRow]) -> tuple[list[UserRow], list[UserRow]]:
    """Rows whose mail stands there first, and those that repeat one: these go one by one, so that the first always wins."""
    seen: set[str] = set()
    first: list[UserRow] = []
    again: list[UserRow] = []
    for row in rows:
        mail = str(row.desired.fields.get("email", "")).lower()
        (again if mail and mail in seen else first).append(row)
        seen.add(mail)
    return first, again


def preview_user(wanted: DesiredUser, realm: Realm) -> UserResult:
    """What reconciling would do with a user."""
    user = realm.users.get(wanted.username)
    if user is None:
        return UserResult("inserted")
    found = compare_user(wanted, user, realm.roles_of(str(user["id"])), realm.members)
    return UserResult("updated" if found else "unchanged", str(user["id"]), differences=tuple(found))
