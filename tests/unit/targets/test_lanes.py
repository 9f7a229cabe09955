import threading
import time

import pytest

from seedbed.core.errors import AuthError, Transient
from seedbed.targets.http.concurrency import Breaker, at_most_every, map_ordered


def test_results_come_in_the_order_taken_and_no_more_run_at_once_than_there_are_lanes():
    jobs, running, peak = iter(range(20)), [0], [0]
    lock = threading.Lock()

    def work(job: int) -> int:
        with lock:
            running[0] += 1
            peak[0] = max(peak[0], running[0])
        time.sleep(0.01 if job % 2 else 0.001)
        with lock:
            running[0] -= 1
        return job * job

    assert [(n, n * n) for n in range(20)] == list(map_ordered(lambda: next(jobs, None), work, lanes=4))
    assert 1 < peak[0] <= 4


def test_jobs_that_a_result_makes_are_done_too():
    jobs, seen = [8], []
    for job, result in map_ordered(lambda: jobs.pop(0) if jobs else None, lambda job: job // 2, lanes=2):
        seen.append(job)
        if isinstance(result, int) and result:
            jobs.append(result)
    assert seen == [8, 4, 2, 1]


def test_what_is_checked_seldom_is_checked_at_once_and_again_after_its_time_or_a_failure():
    seen: list[float] = []

    def check() -> None:
        seen.append(time.monotonic())
        if len(seen) == 2:
            raise AuthError("lost")

    checked = at_most_every(check, every_s=0.1)
    checked()
    checked()
    assert len(seen) == 1
    time.sleep(0.11)
    with pytest.raises(AuthError, match="lost"):
        checked()
    checked()
    checked()
    assert len(seen) == 3


def test_our_errors_are_results_and_others_are_raised():
    def work(job: str) -> str:
        raise {"auth": AuthError("no"), "bug": KeyError("bug")}[job]

    jobs = iter(["auth", "bug"])
    results = map_ordered(lambda: next(jobs, None), work, lanes=1)
    assert str(next(results)[1]) == "no"
    with pytest.raises(KeyError):
        next(results)


def test_the_breaker_opens_after_three_failures_in_a_row():
    breaker = Breaker()
    states = []
    for failed in (True, True, False, True, True, True):
        breaker.failed(Transient("gone")) if failed else breaker.answered()
        states.append(breaker.is_open)
    assert states == [False, False, False, False, False, True]
    assert breaker.exhausted == 5


def test_what_no_retry_mends_opens_the_breaker_at_once_and_the_first_cause_stays():
    breaker, first = Breaker(), AuthError("first")
    breaker.failed(first)
    breaker.failed(AuthError("second"))
    assert (True, first) == (breaker.is_open, breaker.fatal)
