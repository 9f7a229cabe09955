"""Patients a second that a cleanup removes from the sandbox, against a bare asynchronous client with as many connections."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import httpx

from benchmarks.machine import check_equal, progress, say
from benchmarks.patient_delivery import AT_ONCE, Bench, bare, bench_on, deliver
from benchmarks.refresh_runs import own_project
from seedbed.actions.cleanup.run_cleanup import CleanupRequest, cleanup
from seedbed.actions.context import Run
from seedbed.database.ledger.created_records import uncleaned_runs

COUNT, ROUNDS, WARM_UP, PAGE = 5_000, 3, 500, 1_000
AGAINST = (
    "a bare httpx.AsyncClient with as many connections: ratio: it sends the DELETEs alone; ratio_same_requests: it looks each "
    "patient up before, as a cleanup does; medians of the rounds' ratios"
)
Json = dict[str, Any]


def measure() -> None:
    """One line: the three ways in turn."""
    with own_project("patient cleanup") as project, bench_on(project) as bench:
        lanes = bench.house.registrar().at_once
        rounds_of(bench, WARM_UP, lanes)
        rounds = []
        for number in range(ROUNDS):
            progress(f"patient cleanup: round {number + 1} of {ROUNDS}")
            rounds.append(rounds_of(bench, COUNT, lanes))
        ours, deleted, same = (median(one) for one in zip(*rounds, strict=True))
        ratios = [floor / mine for mine, floor, _ in rounds]
        say(
            "patients_removed",
            patients=COUNT,
            at_once=lanes,
            seconds=ours,
            patients_s=COUNT / ours,
            bare_patients_s=COUNT / deleted,
            bare_same_requests_s=COUNT / same,
            ratio=median(ratios),
            ratio_same_requests=median(theirs / mine for mine, _, theirs in rounds),
            against=AGAINST,
            all_ratios=ratios,
        )


def rounds_of(bench: Bench, count: int, lanes: int) -> tuple[float, float, float]:
    """The seconds of a cleanup, of bare DELETEs, and of bare look-ups and DELETEs, each of as many patients."""
    return (
        removed(bench, count),
        deleted(bench, count, lanes, looks_up=False),
        deleted(bench, count, lanes, looks_up=True),
    )


def removed(bench: Bench, count: int) -> float:
    """The seconds of a cleanup, from its order to its report."""
    deliver(bench, count, *AT_ONCE[0])
    (name,) = uncleaned_runs(bench.house.database(), "", most=1)
    began = time.perf_counter()
    report = cleanup(bench.house, Run(f"cleanup-{name}", f"cleanup-{name}", "cleanup"), CleanupRequest(name))
    seconds = time.perf_counter() - began
    check_equal("patients that the cleanup removed", [one.removed for one in report.entities], [count])
    check_equal("patients left after the cleanup", len(list(held(bench))), 0)
    return seconds


def deleted(bench: Bench, count: int, lanes: int, *, looks_up: bool) -> float:
    """The seconds in which the bare client takes away patients of its own."""
    bare(bench, count, lanes)
    patients = list(held(bench))
    check_equal("patients of the bare client", len(patients), count)
    began = time.perf_counter()
    asyncio.run(sent(bench, patients, lanes, looks_up=looks_up))
    return time.perf_counter() - began


async def sent(bench: Bench, patients: Sequence[Json], lanes: int, *, looks_up: bool) -> None:
    """The requests for the patients, so many at once."""
    waiting, url = iter(patients), f"{bench.url}/patients"

    async def lane(client: httpx.AsyncClient) -> None:
        for one in waiting:
            if looks_up:
                (await client.get(url, params={"idCardNo": one["idCardNo"]})).raise_for_status()
            (await client.delete(f"{url}/{one['ehrId']}")).raise_for_status()

    async with httpx.AsyncClient(headers=bearer(bench), timeout=60, trust_env=False) as client:
        await asyncio.gather(*(lane(client) for _ in range(lanes)))


def held(bench: Bench) -> Iterator[Json]:
    """The patients that the API holds."""
    with httpx.Client(headers=bearer(bench), timeout=60, trust_env=False) as client:
        place: Json = {}
        while True:
            page = client.get(f"{bench.url}/patients", params={"limit": PAGE, **place}).raise_for_status().json()
            yield from page["items"]
            if not page["next"]:
                return
            place = {"cursor": page["next"]}


def bearer(bench: Bench) -> dict[str, str]:
    """The header that lets the bare client in."""
    return {"Authorization": f"Bearer {bench.tokens.token()}"}
