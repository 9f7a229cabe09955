"""gen-mock under faults and kill -9: what remains is compared with what a run makes that nothing disturbs."""

import csv
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from seedbed.actions.generate.patient_request import PatientRequest
from seedbed.actions.runs.wait_for_targets import WaitLimits
from seedbed.core.environment import WireProtocol
from seedbed.core.errors import Transient
from seedbed.database.engines import Database, DatabaseAddress
from seedbed.datasets.hospital.patients.cohort import REFERENCE
from tests.support.chaos.patient_chaos_run import PatientOrder, start
from tests.support.chaos.patient_schedules import API_TIMEOUT_S, Schedule
from tests.support.chaos.setup_chaos import LAST_ATTEMPT, LOG, NO_FAULTS, RUN, Bed, Faults, Kill, Rows, Survived, opened
from tests.support.chaos.setup_chaos_run import Order, import_all
from tests.support.stack.project import ROOT

SEED = 42
POPULATION = {"seed": SEED, "as_of": REFERENCE.isoformat()}
BY_ARRIVAL = ("hn", "ehrId")  # the server gives them out in the order in which patients arrive
NOTHING_IS_TAKEN: Faults = (0, ({"path": "/demographic/patients", "method": "POST", "status": 403},))
Numbers = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Made:
    """What a run has made, as the API, the CSV and the ledger have it.

    `held`: the API's patients as they were sent (their hn, ehrId and age are the server's); `listed`: the CSV's lines without hn and
    ehrId; `numbers`: hn and ehrId by citizen id, at the API and in the CSV; `settled`: rows of the ledger by outcome.
    """

    held: Rows
    listed: Sequence[str]
    numbers: tuple[Numbers, Numbers]
    settled: Mapping[str, int]

    @property
    def checksums(self) -> tuple[str, str]:
        """SHA-256 of what the API holds, and of what the CSV lists."""
        return _digest(sorted(self.held.elements())), _digest(self.listed)


def linked_data(folder: Path) -> Path:
    """The folder with the shipped data and rules."""
    for name in ("data", "expectations"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def undisturbed(made: Bed, profile: WireProtocol, count: int) -> Made:
    """What a whole run makes at an API that holds nobody."""
    import_all()
    made.mend()
    forget_patients(made.target, made.store)
    run, plan = f"undisturbed-{profile}-{count}", Schedule(0, profile, count, 50)
    assert _attempt(made, plan, run=run) == 0, (made.folder / LOG).read_text()
    return made_by(made, run)


def forget_patients(target_at: DatabaseAddress, store_at: DatabaseAddress) -> None:
    """Takes all patients out of the API, whose store is the second database, and of the ledger in the first."""
    with opened(store_at) as store, store.transaction() as cursor:
        cursor.execute("TRUNCATE sandbox.patient, sandbox.answer")
    with opened(target_at) as target, target.transaction() as cursor:
        cursor.execute("SELECT to_regclass('seedbed.registered')")
        if cursor.fetchone()[0]:
            cursor.execute("TRUNCATE seedbed.registered, seedbed.sending")


def survive(made: Bed, plan: Schedule, wanted: Made) -> Survived:
    """The schedule from its first attempt to the last retry, what it left, and what one more attempt changes."""
    codes: list[int] = []
    struck = 0
    for number in range(1, LAST_ATTEMPT + 1):
        made.fail((plan.seed, plan.rules) if number <= plan.faulty else NO_FAULTS)
        kills = [kill for kill in plan.kills if kill.attempt == number]
        codes.append(_attempt(made, plan, kills))
        made.mend()
        struck += sum(made.sandbox.fired())
        if codes[-1] == 0:
            break
    wrong = [f"attempt {number}: exit {code}" for number, code in enumerate(codes, 1) if code not in (0, 4, -9)]
    if codes[-1] != 0:
        return Survived(plan, codes, 0, 0, [*wrong, "never completed"], struck, made.killed)
    found = compared(plan, made_by(made, RUN), wanted, codes)
    return replace(
        found, struck=struck, killed=made.killed, wrong=[*wrong, *found.wrong, *_wrong_after_one_more(made, plan)]
    )


def made_by(made: Bed, run: str) -> Made:
    """What the run has made at the bed's systems."""
    with opened(made.target) as target, opened(made.store) as store:
        return made_in(target, store, run, csv_of(made, run))


def csv_of(made: Bed, run: str) -> Path:
    """Where the run's patients are listed."""
    return made.folder / "output" / run / f"patients-{run}.csv"


def made_in(target: Database, store: Database, run: str, path: Path) -> Made:
    """What a run has made, whose ledger is in `target` and whose patients are in the sandbox's `store`."""
    with store.transaction() as cursor:
        cursor.execute("SELECT id_card_no, hn, ehr_id, body::text FROM sandbox.patient")
        patients = cursor.fetchall()
    with target.transaction() as cursor:
        cursor.execute("SELECT outcome, count(*) FROM seedbed.registered WHERE run = %s GROUP BY outcome", (run,))
        settled = dict(cursor.fetchall())
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    return Made(
        Rows(body for *_, body in patients),
        [json.dumps([cell for name, cell in line.items() if name not in BY_ARRIVAL]) for line in lines],
        (
            {number: (hn, record) for number, hn, record, _ in patients},
            {line["idCardNo"]: (line["hn"], line["ehrId"]) for line in lines},
        ),
        settled,
    )


def compared(plan: object, found: Made, wanted: Made, codes: Sequence[int] = (0,)) -> Survived:
    """How what was made differs from what an undisturbed run makes, and what is wrong with it in itself."""
    lost, doubled = wanted.held - found.held, found.held - wanted.held
    at_api, in_csv = found.numbers
    count = wanted.held.total()
    judged = {
        f"the API lacks {list(lost)[:2]}": not lost,
        f"the API has too many: {list(doubled)[:2]}": not doubled,
        f"the CSV differs at {_first_difference(found.listed, wanted.listed)}": found.listed == wanted.listed,
        f"checksums {found.checksums}, not {wanted.checksums}": found.checksums == wanted.checksums,
        f"{len(at_api)} citizen ids, {len(found.listed)} lines": len(at_api) == len(found.listed) == count,
        "a number is given twice": all(len(set(given)) == count for given in zip(*in_csv.values(), strict=True)),
        "the CSV has other numbers than the API": at_api == in_csv,
        f"the ledger says {dict(found.settled)}": dict(found.settled) == {"created": count},
    }
    return Survived(
        plan, codes, lost.total(), doubled.total(), [said for said, is_right in judged.items() if not is_right]
    )


def _attempt(made: Bed, plan: Schedule, kills: Sequence[Kill] = (), *, run: str = RUN) -> int:
    settings = {"SEEDBED_DEMOGRAPHIC_PROFILE": plan.profile}
    settings |= {"SEEDBED_API_TIMEOUT_S": str(API_TIMEOUT_S)} if plan.seed else {}
    order = Order({**made.values, **settings}, made.folder, run, WaitLimits(targets_s=plan.patience_s))
    request = PatientRequest(
        count=plan.count, batch=plan.batch, seed=SEED, as_of=REFERENCE, data_dirs=(made.folder / "data",)
    )
    with opened(made.store) as store:
        before = patients_held(store)
        made.run = start(PatientOrder(order, request, plan.pace))
        for kill in kills:
            _kill(made, kill, store, before + kill.at * (plan.count - before))
    return made.watch(made.run, (), 0.0)


def _kill(made: Bed, kill: Kill, store: Database, after: float) -> None:
    """Kills once the API holds so many patients, unless the run ends before; and brings back what was killed."""
    while made.run and made.run.is_alive():
        with suppress(Transient):  # it recovers from a killed session
            if patients_held(store) >= after:
                made.kill(kill.victim)
                time.sleep(kill.away_s if kill.victim != "run" else 0.0)
                made.mend()
                return
        time.sleep(0.01)


def patients_held(store: Database) -> int:
    """How many patients the API holds."""
    with store.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM sandbox.patient")
        return int(cursor.fetchone()[0])


def _wrong_after_one_more(made: Bed, plan: Schedule) -> list[str]:
    """What one more attempt of the completed run changes, or sends: an API that takes nobody would end it."""
    path = csv_of(made, RUN)
    before = path.read_bytes()
    made.fail(NOTHING_IS_TAKEN)
    code = _attempt(made, plan)
    wrong = [] if code == 0 else [f"one more attempt: exit {code}"]
    report = made.report()
    (counts,) = report.entities
    wrong += [] if (counts.inserted, report.skipped_total) == (plan.count, 0) else [f"the report says {counts}"]
    return wrong + ([] if path.read_bytes() == before else ["one more attempt has changed the CSV"])


def _first_difference(found: Sequence[str], wanted: Sequence[str]) -> str:
    pairs = zip(found, wanted, strict=False)
    return next((f"{one} for {other}" for one, other in pairs if one != other), f"line {min(len(found), len(wanted))}")


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
