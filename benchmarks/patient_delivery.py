"""Patients a second registered at the sandbox, against a bare asynchronous client that posts the same kind of ready-made bodies."""

import asyncio
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import httpx
import numpy as np

from benchmarks.machine import check_equal, progress, say
from benchmarks.patient_file import AS_OF
from benchmarks.refresh_runs import Project, own_project
from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate.patient_request import PatientRequest, Population, population_of
from seedbed.actions.generate.patient_units import source_of
from seedbed.actions.generate.run_gen_mock import patient_stage
from seedbed.actions.runs.direct_executor import RUN_NOW, direct_executor
from seedbed.actions.runs.lease import lease_of, renewing_lease, take_lease
from seedbed.actions.runs.start_run import start_run
from seedbed.datasets.registry import PATIENTS
from seedbed.settings import Settings, read_settings
from seedbed.targets.demographic_api.target import DemographicApi
from seedbed.targets.http.bearer_tokens import ClientCredentials, TokenService
from seedbed.wiring import open_app_context

COUNT, BATCH, ROUNDS, WARM_UP = 5_000, 50, 5, 1_000
AT_ONCE = ((4, 4), (1, 1), (2, 1), (4, 1), (8, 1))  # units, and requests of each; first what is usual
AGAINST = "a bare httpx.AsyncClient posting ready-made bodies, as many requests at once; median of the rounds' ratios"


@dataclass(frozen=True, slots=True)
class Bench:
    """A stack's house, where its patients are posted, and who may post them; each population is asked for once."""

    house: AppContext
    url: str
    tokens: TokenService
    seeds: Iterator[int]

    def population(self, count: int) -> Population:
        """So many patients whom nobody has asked for before."""
        return population_of(self.request(count), "", AS_OF)

    def request(self, count: int) -> PatientRequest:
        """The request for patients of the next seed."""
        return PatientRequest(
            count=count, batch=BATCH, seed=next(self.seeds), as_of=AS_OF, data_dirs=self.house.data_dirs
        )

    def on(self, lanes: int) -> AppContext:
        """The house, where a unit's patients go out in so many requests at once."""
        target = self.house.registrar()
        assert isinstance(target, DemographicApi)
        return replace(self.house, registrar=lambda: replace(target, lanes=lanes))


def measure() -> None:
    """A line for each number of requests at once."""
    with own_project("patient delivery") as project, bench_on(project) as bench:
        deliver(bench, WARM_UP, *AT_ONCE[0])
        bare(bench, WARM_UP, 4)
        for units, lanes in AT_ONCE:
            progress(f"patient delivery: {units} units at once, {lanes} requests of each")
            say_delivered(bench, units, lanes)


@contextmanager
def bench_on(project: Project) -> Iterator[Bench]:
    """What measures on that project's stack."""
    settings = read_settings({}, root=project.root)
    house = replace(open_app_context(settings), root=project.root)
    with closing(house.database()):
        yield Bench(house, settings.DEMOGRAPHIC_API_URL, tokens_of(settings), iter(range(1, 1_000)))


def tokens_of(settings: Settings) -> TokenService:
    """The stack's token service."""
    secret = settings.CLIENT_SECRET.get_secret_value()
    return TokenService(ClientCredentials(settings.OAUTH2_TOKEN_URL, settings.CLIENT_ID, secret))


def say_delivered(bench: Bench, units: int, lanes: int) -> None:
    """The two ways in turn, with as many requests at once."""
    rounds = [(*deliver(bench, COUNT, units, lanes), bare(bench, COUNT, units * lanes)) for _ in range(ROUNDS)]
    ours, _, floor = (median(one) for one in zip(*rounds, strict=True))
    ratios = [theirs / mine for mine, _, theirs in rounds]
    say(
        "patients_delivered",
        patients=COUNT,
        batch=BATCH,
        units_at_once=units,
        requests_of_each=lanes,
        seconds=ours,
        patients_s=COUNT / ours,
        bare_patients_s=COUNT / floor,
        ratio=median(ratios),
        ratio_with_report_and_csv=median(theirs / all_of_it for _, all_of_it, theirs in rounds),
        against=AGAINST,
        all_ratios=ratios,
    )


def deliver(bench: Bench, count: int, units: int, lanes: int) -> tuple[float, float]:
    """The seconds of Seedbed's own path: drawn, looked through, sent, noted; and those up to the CSV's end."""
    request = bench.request(count)
    house, run = bench.on(lanes), Run(f"bench-{request.seed}", f"bench-{request.seed}", "gen-mock")
    start_run(house, run, ())
    lease = lease_of(run)
    take_lease(house, lease, max_wait_s=0)
    with renewing_lease(house.database(), lease):
        executor = direct_executor(house, run, RUN_NOW, at_once=units)
        stage = patient_stage(house, run, request, AS_OF, executor, None)
        began = time.perf_counter()
        results = executor.map_units(stage.units, stage.tracker, at_once=stage.at_once)
        seconds = time.perf_counter() - began
        outcome = stage.tests(results)
        whole = time.perf_counter() - began
    check_equal("error of the delivery", outcome.error, None)
    return seconds, whole


def bare(bench: Bench, count: int, lanes: int) -> float:
    """The seconds of posting as many patients that are JSON already, and of nothing else."""
    bodies = list(bodies_of(bench, bench.population(count)))
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bench.tokens.token()}"}
    began = time.perf_counter()
    answers = asyncio.run(posted(f"{bench.url}/patients", headers, bodies, lanes))
    seconds = time.perf_counter() - began
    created = sum(answer.json()["summary"]["created"] for answer in answers)
    check_equal("patients that the bare client created", created, count)
    return seconds


def bodies_of(bench: Bench, population: Population) -> Iterator[bytes]:
    """The requests' bodies."""
    table = source_of(bench.house.data_dirs, population).table(np.array(population.rows, dtype=np.uint64))
    everybody = [one.body for one in PATIENTS.to_register(table, True)]
    for place in range(0, len(everybody), population.batch):
        several = everybody[place : place + population.batch]
        yield json.dumps(several, ensure_ascii=False, separators=(",", ":")).encode()


async def posted(url: str, headers: dict[str, Any], bodies: Sequence[bytes], lanes: int) -> list[httpx.Response]:
    """The answers to the bodies, so many at once; each has a key as ours have, so that the server's work is the same."""
    waiting, answers = iter(bodies), []

    async def lane(client: httpx.AsyncClient) -> None:
        for body in waiting:
            key = {"Idempotency-Key": hashlib.sha256(body).hexdigest()}
            answers.append((await client.post(url, content=body, headers=headers | key)).raise_for_status())

    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        await asyncio.gather(*(lane(client) for _ in range(lanes)))
    return answers
