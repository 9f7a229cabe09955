"""A refresh under kill -9: a seed says what is killed when; what remains is compared with what an undisturbed run made."""

import json
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

import psutil
import pytest

from seedbed.actions.diagnose import realm_roles_of
from seedbed.actions.runs.wait_for_targets import WaitLimits
from seedbed.core.report import Report, report_from_json
from seedbed.database import clusters
from seedbed.database.engines import Database, DatabaseAddress, open_database
from seedbed.datasets.registry import ENTITIES
from seedbed.stack import postgres_service
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.keycloak.user_rows import attribute_names
from tests.support.chaos.setup_chaos_run import LOG, Order, import_all, start
from tests.support.stack.project import ROOT
from tests.support.stack.sandbox_server import SandboxServer, new_sandbox, serve

Victim = Literal["run", "postgres", "session", "sandbox"]
VICTIMS: tuple[Victim, ...] = ("run", "postgres", "session", "sandbox")
RUN = "chaos"
MOST_ROWS = 300
CUT = ("sub_district", "thai_address")
MADE_BY_SERVERS = ("id", "createdTimestamp", "notBefore", "credentials", "password", "access")
PATIENCES_S = (0.0, 20.0)
LAST_ATTEMPT = 8
ATTEMPT_S = 120.0
Rows = Counter[str]
Content = Mapping[str, Rows]
Faults = tuple[int, Sequence[Mapping[str, Any]]]
NO_FAULTS: Faults = (0, ())


@dataclass(frozen=True, slots=True)
class Kill:
    """Who is killed in which attempt, after which share of an undisturbed run's seconds, and for how long it stays away.

    `session`: one of PostgreSQL's processes, after which it ends all others and recovers by itself. A run stays away by itself.
    """

    attempt: int
    victim: Victim
    at: float
    away_s: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens to a run, all of it from the seed."""

    seed: int
    kills: tuple[Kill, ...]
    patience_s: float

    def __str__(self) -> str:
        said = [f"{kill.attempt}: {kill.victim} at {kill.at:.2f} away {kill.away_s:.1f} s" for kill in self.kills]
        return f"seed {self.seed}, patience {self.patience_s:.0f} s; " + "; ".join(said)


def schedule(seed: int) -> Schedule:
    """One to four kills in the first attempts of a run."""
    drawn = random.Random(seed)
    kills = []
    for attempt in range(1, drawn.choice((1, 1, 2, 3)) + 1):
        for _ in range(drawn.choice((1, 1, 2))):
            kills.append(Kill(attempt, drawn.choice(VICTIMS), drawn.uniform(0.0, 1.05), drawn.uniform(0.0, 2.0)))
    return Schedule(seed, tuple(sorted(kills, key=lambda kill: (kill.attempt, kill.at))), drawn.choice(PATIENCES_S))


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a run that nothing disturbs leaves, what it reads of each entity, and how long it takes."""

    content: Content
    read: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Survived:
    """How a schedule ended: its attempts' exit codes, and the rows that are lost and that are too many.

    `struck`: requests that the fault switch let fail; `killed`: kills that met their victim's time.
    """

    schedule: object
    codes: Sequence[int]
    lost: int
    doubled: int
    wrong: Sequence[str] = ()
    struck: int = 0
    killed: int = 0

    @property
    def is_well(self) -> bool:
        """Whether the run was completed and left exactly what an undisturbed one leaves."""
        return bool(self.codes) and self.codes[-1] == 0 and not (self.lost or self.doubled or self.wrong)


@dataclass(slots=True)
class Bed:
    """The systems that one run works with, and how they are killed and brought back."""

    cluster: Cluster
    folder: Path
    target: DatabaseAddress
    store: DatabaseAddress
    sandbox: SandboxServer
    served: "subprocess.Popen[bytes]"
    run: BaseProcess | None = None
    patience_s: float = 0.0
    values: Mapping[str, str] = field(default_factory=dict)
    faults: Faults = NO_FAULTS
    killed: int = 0

    def kill(self, victim: Victim) -> None:
        """Kills it with -9; one that is dead already stays so."""
        self.killed += 1
        if victim == "run" and self.run is not None:
            self.run.kill()
        elif victim == "sandbox":
            self.served.kill()
            self.served.wait()
        elif part := postgres_service.running(self.cluster):
            with suppress(psutil.NoSuchProcess):
                server = psutil.Process(part.pid)
                sessions = [one for one in server.children() if "seedbed" in " ".join(one.cmdline())]
                (server if victim == "postgres" or not sessions else sessions[-1]).kill()

    def mend(self) -> None:
        """Brings everything back: what an operator does before Retry."""
        self.cluster = postgres_service.start(self.cluster)
        until = time.monotonic() + postgres_service.START_S
        while not postgres_service.answers(self.cluster, self.cluster.port) and time.monotonic() < until:
            time.sleep(0.05)  # it recovers from a killed session
        if self.served.poll() is not None:
            self.served = serve(self.sandbox, self.folder)
            self.fail(self.faults)  # a restart has switched them off

    def fail(self, faults: Faults) -> None:
        """Puts faults into force: the seed and the rules."""
        self.faults = faults
        seed, rules = faults
        self.sandbox.fail(*rules, seed=seed)

    def attempt(self, kills: Sequence[Kill], undisturbed_s: float) -> int:
        """One attempt of the run under these kills; its exit code."""
        order = Order(self.values, self.folder, RUN, WaitLimits(targets_s=self.patience_s))
        return self.watch(start(order), kills, undisturbed_s)

    def watch(self, run: BaseProcess, kills: Sequence[Kill], undisturbed_s: float) -> int:
        """The exit code of an attempt that has just begun, under these kills; 1 where it has to be ended."""
        self.run = run
        began, events = time.monotonic(), self._events(kills, undisturbed_s)
        while self.run.is_alive() and time.monotonic() - began < ATTEMPT_S:
            while events and events[0][0] <= time.monotonic() - began:
                events.pop(0)[1]()
            self.run.join(0.005)
        if self.run.is_alive():
            self.run.kill()
            self.run.join()
            return 1
        return int(self.run.exitcode or 0)

    def _events(self, kills: Sequence[Kill], undisturbed_s: float) -> list[tuple[float, Callable[[], None]]]:
        events: list[tuple[float, Callable[[], None]]] = []
        for kill in kills:
            at = kill.at * undisturbed_s
            events.append((at, lambda victim=kill.victim: self.kill(victim)))
            if kill.victim != "run":
                events.append((at + kill.away_s, self.mend))
        return sorted(events, key=lambda event: event[0])

    def content(self) -> Content:
        """The rows of every table, and what the sandbox holds, without what servers make up."""
        with opened(self.target) as target, opened(self.store) as store:
            return {**tables_of(target), **documents_of(store)}

    def report(self, run: str = RUN) -> Report:
        """The run's last report."""
        return report_from_json(json.loads((self.folder / "output" / run / "report.json").read_text()))

    def close(self) -> None:
        """Ends the sandbox and removes its database and the run's."""
        self.served.kill()
        self.served.wait()
        with opened(self.cluster.address()) as admin, admin.engine.connect() as connection:
            for address in (self.target, self.store):
                with connection.connection.cursor() as cursor:
                    connection.connection.rollback()
                    connection.connection.driver_connection.autocommit = True
                    cursor.execute(f"DROP DATABASE {address.database} WITH (FORCE)")


def small_data(folder: Path) -> Path:
    """The shipped data with a few hundred addresses, and the shipped rules, in the folder."""
    shutil.copytree(ROOT / "data", folder / "data")
    (folder / "expectations").symlink_to(ROOT / "expectations")
    for name in CUT:
        path = folder / "data" / ENTITIES[name].path
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(lines[: MOST_ROWS + 1]), encoding="utf-8")
    return folder


def make_bed(cluster: Cluster, folder: Path, number: int) -> Bed:
    """Empty systems for one run; the folder gets its configuration and output."""
    user = ENTITIES["user"]
    roles = sorted(realm_roles_of(user, [ROOT / "data"], root=ROOT))
    target = clusters.create_database(cluster.address(), f"chaos_{number}", owner="seedbed", password="seedbed")
    sandbox, store = new_sandbox(cluster, folder, realm_roles=roles, user_attributes=list(attribute_names(user)))
    values = {
        "OAUTH2_TOKEN_URL": f"{sandbox.keycloak}/realms/{sandbox.realm}/protocol/openid-connect/token",
        "CLIENT_ID": sandbox.client_id,
        "CLIENT_SECRET": sandbox.client_secret,
        "CORTEX_API_URL": sandbox.cortex,
        "DEMOGRAPHIC_API_URL": f"{sandbox.url}/demographic",
        "KEYCLOAK_BASE_URL": sandbox.keycloak,
        "KEYCLOAK_REALM": sandbox.realm,
        "KEYCLOAK_DEFAULT_PASSWORD": "a-password-of-chaos",
        "KEYCLOAK_PASSWORD_TEMPORARY": "false",
        "POSTGRES_HOST": target.host,
        "POSTGRES_PORT": str(target.port),
        "POSTGRES_DB": target.database,
        "POSTGRES_USER": target.user,
        "POSTGRES_PASSWORD": target.password,
        "POSTGRES_SSL_MODE": target.ssl_mode,
    }
    return Bed(cluster, folder, target, store, sandbox, serve(sandbox, folder), values=values)


@contextmanager
def bed(cluster: Cluster, data: Path, number: int) -> Iterator[Bed]:
    """A bed whose folder borrows the data."""
    folder = data / f"bed-{number}"
    folder.mkdir()
    for name in ("data", "expectations"):
        (folder / name).symlink_to(data / name)
    made = make_bed(cluster, folder, number)
    try:
        yield made
    finally:
        made.mend()
        made.close()


def undisturbed(made: Bed) -> Undisturbed:
    """A whole run without a kill."""
    import_all()
    began = time.monotonic()
    code = made.attempt((), 0.0)
    seconds = time.monotonic() - began
    assert code == 0, (made.folder / LOG).read_text()
    return Undisturbed(made.content(), {one.entity: one.read for one in made.report().entities}, seconds)


def survive(made: Bed, plan: Schedule, wanted: Undisturbed) -> Survived:
    """The schedule from its first attempt to the last retry, and what it left."""
    made.patience_s = plan.patience_s
    codes: list[int] = []
    for number in range(1, LAST_ATTEMPT + 1):
        codes.append(made.attempt([kill for kill in plan.kills if kill.attempt == number], wanted.seconds))
        made.mend()
        if codes[-1] == 0:
            break
    found = compared(plan, made.content(), wanted, codes)
    return replace(found, wrong=[*found.wrong, *wrong_in(made, codes, wanted)], killed=made.killed)


def wrong_in(made: Bed, codes: Sequence[int], wanted: Undisturbed) -> list[str]:
    """What the exit codes and the last report say that they should not."""
    wrong = [f"attempt {number}: exit {code}" for number, code in enumerate(codes, 1) if code not in (0, 4, -9)]
    if codes[-1] != 0:
        return [*wrong, "never completed"]
    report = made.report()
    wrong += [f"{one.entity} does not add up: {one}" for one in report.entities if not one.adds_up or one.failed]
    read = {one.entity: one.read for one in report.entities}
    return wrong + ([] if read == wanted.read else [f"read {read}, not {wanted.read}"])


@contextmanager
def opened(address: DatabaseAddress) -> Iterator[Database]:
    """The database, closed afterwards."""
    database = open_database(address, pool_size=1)
    try:
        yield database
    finally:
        database.close()


def tables_of(target: Database) -> dict[str, Rows]:
    """Every table's rows as text, without bookkeeping and ids that a server made up."""
    found = {}
    with target.transaction() as cursor:
        for entity in ENTITIES.values():
            if entity.target == "postgres":
                names = ", ".join(f'"{column.name}"::text' for column in entity.columns if column.name != "user_id")
                cursor.execute(f'SELECT {names} FROM "{entity.relation}"')
                found[entity.relation] = Rows(repr(row) for row in cursor.fetchall())
    return found


def documents_of(store: Database) -> dict[str, Rows]:
    """The sandbox's documents by collection, without what it made up."""
    found: dict[str, Rows] = {}
    with store.transaction() as cursor:
        cursor.execute("SELECT collection, body FROM sandbox.document")
        for collection, body in cursor.fetchall():
            found.setdefault(collection, Rows())[json.dumps(_plain(body), sort_keys=True)] += 1
    return found


def _plain(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: _plain(value) for name, value in body.items() if name not in MADE_BY_SERVERS}
    return [_plain(value) for value in body] if isinstance(body, list) else body


def compared(plan: Schedule, found: Content, wanted: Undisturbed, codes: Sequence[int] = (0,)) -> Survived:
    """How the content differs from an undisturbed run's."""
    none = Rows()
    names = sorted({*found, *wanted.content})
    lost = {name: wanted.content.get(name, none) - found.get(name, none) for name in names}
    doubled = {name: found.get(name, none) - wanted.content.get(name, none) for name in names}
    wrong = [f"{name}: lost {list(lost[name])[:2]}, too many {list(doubled[name])[:2]}" for name in names]
    return Survived(
        plan,
        codes,
        sum(rows.total() for rows in lost.values()),
        sum(rows.total() for rows in doubled.values()),
        [line for name, line in zip(names, wrong, strict=True) if lost[name] or doubled[name]],
    )


@contextmanager
def own_cluster(folder: Path) -> Iterator[Cluster]:
    """A PostgreSQL that nobody else uses: it is killed."""
    started = postgres_service.start(postgres_service.install(folder))
    yield started
    postgres_service.remove_cluster(postgres_service.installed(started.state) or started)


@contextmanager
def tally(config: pytest.Config, what: str) -> Iterator[list[Survived]]:
    """Every schedule's outcome; the sum is printed at the end."""
    outcomes: list[Survived] = []
    yield outcomes
    lost, doubled = sum(one.lost for one in outcomes), sum(one.doubled for one in outcomes)
    line = f"{what}: {sum(one.is_well for one in outcomes)} of {len(outcomes)} schedules survived, {lost} rows lost, {doubled} doubled"
    attempts, struck = sum(len(one.codes) for one in outcomes), sum(one.struck for one in outcomes)
    said = f"{line}, {attempts} attempts, {sum(one.killed for one in outcomes)} kills, {struck} requests failed"
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        config.pluginmanager.getplugin("terminalreporter").write_line(f"\n{said}")
