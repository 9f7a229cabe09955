"""gen-mock under faults and kill -9: after Retry, API and CSV hold by checksum what an undisturbed run makes, nobody less and nobody twice.

The gate runs one schedule of each profile in process and one through the worker.
`CHAOS_SCHEDULES` and `CHAOS_SEED` say how many schedules run in process, and the first one's seed; `make chaos-patients` sets both.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import pytest

from seedbed.core.environment import WireProtocol
from seedbed.stack import postgres_service
from seedbed.stack.postgres_service import Cluster
from tests.support.chaos import patient_chaos, stack_chaos
from tests.support.chaos import setup_chaos as chaos
from tests.support.chaos.patient_chaos import Made
from tests.support.chaos.patient_schedules import FAULTS, KINDS, PROFILES, schedule
from tests.support.chaos.seeds import seeds, through_worker
from tests.support.chaos.setup_chaos import Survived
from tests.support.stack.project import Json, Project, seen

GATE = (4, 11)
UNDISTURBED = 9_000  # the number of its bed
PATIENTS = {"path": "/demographic/patients", "method": "POST", "by": "content", "count": 1}
SLOW: Json = {
    **PATIENTS,
    "latency_s": 0.3,
    "latency_at": "after",
}  # so that what is killed has sent what it has not noted
CUT: Json = {**PATIENTS, "drop": "after", "rate": 0.2}
THROUGH_WORKER: dict[int, tuple[WireProtocol, int, tuple[str, ...], tuple[Json, ...]]] = {
    2001: ("batch", 1_000, ("run", "worker"), (SLOW,)),
    2002: ("single", 200, ("prefect", "postgres"), (CUT, SLOW)),
}

Wanted = Callable[[WireProtocol, int], Made]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hospital's data."""
    return patient_chaos.linked_data(tmp_path_factory.mktemp("chaos"))


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL that nobody else uses: it is killed."""
    with chaos.own_cluster(tmp_path_factory.mktemp("killed")) as started:
        yield started


@pytest.fixture(scope="module")
def wanted(own_cluster: Cluster, data: Path) -> Iterator[Wanted]:
    """What a run of a profile and a count makes that nobody disturbs; made once for each."""
    with chaos.bed(own_cluster, data, UNDISTURBED) as made:
        yield lru_cache(partial(patient_chaos.undisturbed, made))


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[list[Survived]]:
    """Every schedule's outcome; the sum is printed at the end."""
    with chaos.tally(request.config, "patients' chaos") as outcomes:
        yield outcomes


@pytest.mark.parametrize("seed", seeds(GATE))
def test_disturbed_patients_are_after_retry_those_of_an_undisturbed_run(
    own_cluster: Cluster, data: Path, wanted: Wanted, tally: list[Survived], seed: int
) -> None:
    plan = schedule(seed)
    usual = wanted(plan.profile, plan.count)
    with chaos.bed(postgres_service.start(own_cluster), data, seed) as made:
        outcome = patient_chaos.survive(made, plan, usual)
        tally.append(outcome)
        log = [line for line in (made.folder / chaos.LOG).read_text().splitlines() if " INFO " not in line]
    assert outcome.is_well, f"`make chaos-patients SEED={seed}` repeats it\n{outcome}\n" + "\n".join(log)


def test_a_seed_always_gives_the_same_schedule_and_together_they_have_every_kind_in_both_profiles() -> None:
    made = [schedule(seed) for seed in range(1, 19)]
    assert made == [schedule(seed) for seed in range(1, 19)]
    assert {(one.profile, kind) for one in made for kind in one.kinds} == {
        (p, kind) for p in PROFILES for kind in KINDS
    }
    assert {schedule(seed).profile for seed in GATE} == set(PROFILES)
    assert all({kill.victim for kill in one.kills} == set(one.kinds) - set(FAULTS) for one in made)
    assert all(len(one.rules) == len(set(one.kinds) & set(FAULTS)) for one in made)


@pytest.mark.stack
@pytest.mark.parametrize("seed", through_worker(THROUGH_WORKER, gate=2001))
def test_disturbed_patients_of_the_worker_are_after_retry_those_of_an_undisturbed_run(
    project: Project, wanted: Wanted, tally: list[Survived], seed: int
) -> None:
    profile, count, victims, rules = THROUGH_WORKER[seed]
    stack_chaos.forget_patients(project)
    (project.root / ".env").write_text(f"SEEDBED_DEMOGRAPHIC_PROFILE={profile}\n")
    project.faults(*rules)
    try:
        run = project.start("gen-mock/adhoc", count=count, batch=25, **patient_chaos.POPULATION)
        some = random.Random(seed).uniform(0.1, 0.7) * count
        seen(lambda: stack_chaos.patients_held(project) >= some, within_s=120)
        for victim in victims:
            stack_chaos.kill_part(project, victim, run)
        attempts, struck = stack_chaos.recover(project, run), project.struck()
    finally:
        (project.root / ".env").unlink()
        project.faults()
    outcome = patient_chaos.compared(f"seed {seed}", stack_chaos.patients_of(project, run), wanted(profile, count))
    tally.append(replace(outcome, struck=struck, killed=len(victims)))
    state = project.prefect("GET", f"flow_runs/{run}")["state"]
    again = f"`python -m pytest -m stack -k {seed} tests/integration/test_patient_chaos.py` repeats it"
    assert outcome.is_well, f"{again}\n{outcome}\n{state}"
    assert struck, "no request failed"
    assert attempts > 1 or "run" not in victims, "the run was not killed"
