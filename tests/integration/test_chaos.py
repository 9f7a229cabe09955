"""Kill -9 at seeded random points: after Retry, every table holds what an undisturbed run leaves, no row less and no row twice.

The gate runs two schedules in process and one through the worker, whose victims are together all that is ever killed.
`CHAOS_SCHEDULES` and `CHAOS_SEED` say how many schedules run in process, and the first one's seed; `make chaos` sets both.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedbed.stack import postgres_service
from seedbed.stack.postgres_service import Cluster
from tests.support.chaos import setup_chaos as chaos
from tests.support.chaos import stack_chaos
from tests.support.chaos.seeds import seeds, through_worker
from tests.support.chaos.setup_chaos import Survived, Undisturbed
from tests.support.stack.project import Project
from tests.support.stack.small_project import wait_for

GATE = (9, 14)
THROUGH_WORKER = {1001: ("worker", "run"), 1002: ("prefect", "postgres", "sandbox")}
REFRESH = "refresh-staging/adhoc"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hospital's data, with fewer addresses."""
    return chaos.small_data(tmp_path_factory.mktemp("chaos"))


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL that nobody else uses: it is killed."""
    with chaos.own_cluster(tmp_path_factory.mktemp("killed")) as started:
        yield started


@pytest.fixture(scope="module")
def wanted(own_cluster: Cluster, data: Path) -> Undisturbed:
    """What a run leaves that nobody disturbs."""
    with chaos.bed(own_cluster, data, 0) as made:
        return chaos.undisturbed(made)


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[list[Survived]]:
    """Every schedule's outcome; the sum is printed at the end."""
    with chaos.tally(request.config, "chaos") as outcomes:
        yield outcomes


@pytest.mark.parametrize("seed", seeds(GATE))
def test_a_killed_set_up_ends_after_retry_in_the_undisturbed_runs_tables(
    own_cluster: Cluster, data: Path, wanted: Undisturbed, tally: list[Survived], seed: int
) -> None:
    with chaos.bed(postgres_service.start(own_cluster), data, seed) as made:
        outcome = chaos.survive(made, chaos.schedule(seed), wanted)
        tally.append(outcome)
        log = [line for line in (made.folder / chaos.LOG).read_text().splitlines() if " INFO " not in line]
    assert outcome.is_well, f"`make chaos SEED={seed}` repeats it\n{outcome}\n" + "\n".join(log)


def test_a_seed_always_gives_the_same_schedule_and_together_they_kill_everything() -> None:
    made = [chaos.schedule(seed) for seed in range(1, 19)]
    assert made == [chaos.schedule(seed) for seed in range(1, 19)]
    assert {kill.victim for one in made for kill in one.kills} == set(chaos.VICTIMS)
    assert {kill.victim for seed in GATE for kill in chaos.schedule(seed).kills} == set(chaos.VICTIMS)


@pytest.mark.stack
@pytest.mark.parametrize("seed", through_worker(THROUGH_WORKER, gate=1002))
def test_a_killed_refresh_of_the_worker_ends_after_retry_in_the_undisturbed_runs_tables(
    project: Project, data: Path, wanted: Undisturbed, tally: list[Survived], seed: int
) -> None:
    stack_chaos.empty(project)
    run = project.start(REFRESH, data_dir=[str(data / "data")])
    wait_for(lambda: project.prefect("GET", f"flow_runs/{run}")["state_type"] == "RUNNING", 90)
    stack_chaos.pause(random.Random(seed).uniform(0.0, 1.0) * wanted.seconds)
    for victim in THROUGH_WORKER[seed]:
        stack_chaos.kill_part(project, victim, run)
    stack_chaos.recover(project, run)
    found = stack_chaos.content_of(project)
    outcome = chaos.compared(chaos.Schedule(seed, (), 0.0), found, wanted)
    tally.append(outcome)
    assert outcome.is_well, f"{outcome}\n{project.prefect('GET', f'flow_runs/{run}')['state']}"
