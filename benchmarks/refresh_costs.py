"""What a refresh pays for being safe: lease, receipts with holdings, brakes; and what a night with nothing to do costs the database."""

import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import psycopg2.extensions
from pydantic import SecretStr

from benchmarks.machine import bench_database, check_equal, checkpoint, progress, say
from seedbed.actions.context import AppContext, Run
from seedbed.actions.setup.run_setup import setup
from seedbed.actions.setup.select import SetupRequest
from seedbed.core.report import Report
from seedbed.database import engines
from seedbed.database.engines import Database, DatabaseAddress
from seedbed.database.ledger import leases
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.settings import ROOT, Settings
from seedbed.targets.memory import MemoryTarget
from seedbed.targets.port import Target
from seedbed.wiring import open_app_context

ROUNDS = 5
FLUSHED_S = 1.5  # PostgreSQL's sessions hand in their statistics at most once a second
LEASE, RECEIPTS = "lease", "receipts"
# `held` is a generator; who reads it is timed: hold() here, the search for what is retired with the delivery.
NOTED = ("begin", "skip", "change", "hold", "retire", "is_first_load", "finish", "receipt")
LEASED = ("take", "check", "release")
AGAINST = "the seconds of the whole refresh that it was measured in"
AGAINST_OFF = "a refresh without brakes, in turn with it; median of the rounds' ratios"
SENT: Counter[str] = Counter()


class CountingCursor(psycopg2.extensions.cursor):
    """Counts what is sent to the server, a class because psycopg2 takes one; FETCH and COMMIT are not seen here."""

    def execute(self, query: Any, values: Any = None) -> None:
        """Sends and counts a statement."""
        SENT["statements"] += 1
        super().execute(query, values)

    def copy_expert(self, *arguments: Any, **named: Any) -> None:
        """Sends and counts a COPY."""
        SENT["statements"] += 1
        super().copy_expert(*arguments, **named)


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """The seconds of each kind of work; what a piece of work calls of another kind counts there alone."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    open: list[str] = field(default_factory=list)
    turned: list[float] = field(default_factory=lambda: [0.0])

    def turn(self) -> None:
        """Gives the time since the last turn to the kind that is at work."""
        now = time.perf_counter()
        if self.open:
            self.seconds[self.open[-1]] += now - self.turned[0]
        self.turned[0] = now

    def timing(self, kind: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, timed."""

        @wraps(work)
        def timed(*arguments: Any, **named: Any) -> Any:
            self.turn()
            self.open.append(kind)
            try:
                return work(*arguments, **named)
            finally:
                self.turn()
                self.open.pop()

        return timed


def measure() -> None:
    """Shares of a first and of a second refresh of the shipped data, brakes on and off, and the idle night."""
    with bench_database() as database, tempfile.TemporaryDirectory() as folder:
        bench = bench_house(database, Path(folder))
        progress("costs: a first refresh")
        say_shares("costs_first_refresh", bench, ["first"])
        progress(f"costs: {ROUNDS} more")
        say_shares("costs_second_refresh", bench, [f"round {number}" for number in range(ROUNDS)])
        progress("costs: brakes")
        say_brakes(bench)
        progress("costs: a night with nothing to do")
        say_night(bench, database)


def bench_house(database: Database, folder: Path) -> AppContext:
    """The shipped hospital on this database; APIs and Keycloak are targets in memory, so that the database's cost is seen."""
    for name in ("data", "expectations"):
        (folder / name).symlink_to(ROOT / name)
    return open_at(database.address, folder, MemoryTarget())


def open_at(at: DatabaseAddress, folder: Path, memory: Target) -> AppContext:
    """A house with connections of its own."""
    settings = Settings(
        POSTGRES_HOST=at.host,
        POSTGRES_PORT=at.port,
        POSTGRES_DB=at.database,
        POSTGRES_USER=at.user,
        POSTGRES_PASSWORD=SecretStr(at.password),
        POSTGRES_SSL_MODE=at.ssl_mode,
        is_local=True,
        SEEDBED_STATE_DIR=folder,
    )
    house = open_app_context(settings)
    return replace(house, root=folder, target=lambda name: house.target(name) if name == "postgres" else memory)


def refresh(house: AppContext, name: str, *, brakes: bool = True) -> tuple[Report, float]:
    """A whole set-up under this name, its report and its seconds; BenchmarkError where it does not complete."""
    request = SetupRequest(data_dirs=house.data_dirs, brakes=brakes)
    began = time.perf_counter()
    report = setup(house, Run(name, name, "setup"), request)
    seconds = time.perf_counter() - began
    check_equal(f"{name}: state", (report.state, report.skipped_total, report.error), ("completed", 0, None))
    return report, seconds


def say_shares(figure: str, house: AppContext, names: Sequence[str]) -> None:
    """The seconds in lease and in receipts as shares of a refresh, the median of those of these names."""
    found = [shares(house, name) for name in names]
    middle = {name: median(one[name] for one in found) for name in found[0]}
    say(figure, **middle, against=AGAINST, all_receipts_ratios=[one[f"{RECEIPTS}_ratio"] for one in found])


def shares(house: AppContext, name: str) -> dict[str, float]:
    """The refresh of this name: its rows, its seconds, and the shares of them."""
    watch = Stopwatch()
    with ExitStack() as patches:
        for method in NOTED:
            patches.enter_context(
                patch.object(LedgerRecorder, method, watch.timing(RECEIPTS, getattr(LedgerRecorder, method)))
            )
        for function in LEASED:
            patches.enter_context(patch.object(leases, function, watch.timing(LEASE, getattr(leases, function))))
        report, seconds = refresh(house, name)
    found = {f"{kind}_ratio": watch.seconds[kind] / seconds for kind in (LEASE, RECEIPTS)}
    return {"rows": total_read(report), "seconds": seconds, **found}


def say_brakes(house: AppContext) -> None:
    """A refresh with brakes over one without."""
    pairs = []
    for number in range(ROUNDS):
        on = refresh(house, f"on {number}", brakes=True)[1]
        pairs.append((on, refresh(house, f"off {number}", brakes=False)[1]))
    ratios = [on / off for on, off in pairs]
    say(
        "costs_brakes",
        seconds=median(on for on, _ in pairs),
        ratio=median(ratios),
        against=AGAINST_OFF,
        all_ratios=ratios,
    )


def say_night(house: AppContext, database: Database) -> None:
    """Statements sent, transactions, WAL and temporary files of a refresh that finds everything as it should be."""
    checkpoint(database)
    before = written(database)
    with counted(house) as counting:
        report, seconds = refresh(counting, "night")
    found = {name: value - before[name] for name, value in written(database).items()}
    check_equal("night: rows unchanged", sum(one.unchanged for one in report.entities), total_read(report))
    entities = sum(one.target == "postgres" for one in report.entities)
    figures = {"statements": SENT["statements"], **found}
    each = {f"{name}_per_entity": value / entities for name, value in figures.items()}
    say("costs_idle_night", entities=entities, rows=total_read(report), seconds=seconds, **figures, **each)


def total_read(report: Report) -> int:
    """The rows of all entities."""
    return sum(one.read for one in report.entities)


@contextmanager
def counted(house: AppContext) -> Iterator[AppContext]:
    """The same house on connections that count what is sent."""
    SENT.clear()
    with patch.object(engines, "KEEPALIVES", {**engines.KEEPALIVES, "cursor_factory": CountingCursor}):
        other = open_at(house.database().address, house.root, house.target("keycloak"))
        yield other
        other.database().close()


def written(database: Database) -> Mapping[str, int]:
    """What the database has written and committed since it was made: bytes of WAL, bytes of temporary files, transactions."""
    time.sleep(FLUSHED_S)
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT pg_current_wal_lsn() - '0/0', temp_bytes, xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
        wal, temporary, committed = cursor.fetchone()
    return {"wal_bytes": int(wal), "temporary_bytes": int(temporary), "transactions": int(committed)}
