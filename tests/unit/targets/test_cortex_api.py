"""The fault table of requests to the Cortex API, row by row, and what the receipt of each is."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import httpx
import pytest

from seedbed.core.errors import AuthError, Transient, UserError
from seedbed.core.report import EntityReport
from seedbed.core.rows import PreparedBlock
from seedbed.database.ledger.leases import Overtaken
from seedbed.targets.cortex_api.target import CortexApi
from seedbed.targets.cortex_api.uploads import split_into_chunks
from seedbed.targets.http.client import ApiClient
from seedbed.targets.http.concurrency import LOOK_S, DeliveryInterrupted
from seedbed.targets.memory import MemoryRecorder
from seedbed.targets.port import Target
from tests.support.builders.cortex_double import CortexDouble, Fault, drops_after, drops_before, status, times_out
from tests.support.builders.deliveries import DELIVERY, LAB, labs, part_of

RETRIED = [status(408), status(425), status(429), status(500), status(503), times_out, drops_before, drops_after]


class Tokens:
    def token(self) -> str:
        return "t"

    def invalidate(self, token: str) -> None:
        pass

    def ping(self) -> None:
        """The service of tokens is well."""


def target(double: CortexDouble, pauses: list[float] | None = None) -> CortexApi:
    http = httpx.Client(transport=httpx.MockTransport(double))
    sleep: Callable[[float], None] = (pauses if pauses is not None else []).append
    return CortexApi(ApiClient("Cortex API", "http://cortex.test/api", Tokens(), http, sleep))


def deliver(
    double: CortexDouble,
    parts: Iterable[PreparedBlock],
    recorder: MemoryRecorder | None = None,
    *,
    dry_run: bool = False,
) -> EntityReport:
    delivery = replace(DELIVERY, dry_run=dry_run)
    return target(double).deliver(LAB, parts, delivery, recorder or MemoryRecorder())


def counts(report: EntityReport) -> dict[str, int]:
    assert report.adds_up
    names = ("read", "inserted", "updated", "unchanged", "skipped", "sent", "failed")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def reasons(recorder: MemoryRecorder) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in recorder.skips:
        found[row.skip.reason] = found.get(row.skip.reason, 0) + 1
    return found


def test_it_is_a_target():
    held: Target = target(CortexDouble())
    assert (held.name, held.describe()) == ("cortex_api", "http://cortex.test/api")


def test_new_rows_are_inserted_and_a_second_delivery_finds_them_unchanged():
    double = CortexDouble()
    assert counts(deliver(double, [part_of(LAB, labs(1201))])) == {"read": 1201, "inserted": 1201}
    again = target(double).deliver(LAB, [part_of(LAB, labs(1201))], replace(DELIVERY, run="run-2"), MemoryRecorder())
    assert counts(again) == {"read": 1201, "unchanged": 1201}
    assert sorted(count for _, count in double.uploads) == [201, 201, 500, 500, 500, 500]


def test_a_changed_row_is_updated():
    double = CortexDouble()
    deliver(double, [part_of(LAB, labs(10))])
    assert counts(deliver(double, [part_of(LAB, labs(9) + labs(1, start=9, name="ใหม่"))])) == {
        "read": 10,
        "unchanged": 9,
        "updated": 1,
    }


def test_an_upload_holds_the_entitys_columns_only_as_the_file_has_them():
    double = CortexDouble()
    deliver(double, [part_of(LAB, labs(2))])
    expected = {
        "code": "00001",
        "info.th.name": "ตรวจ 1",
        "info.en.name": 'Test, "1"\nline 2',
        "rank": "1",
        "active": "TRUE",
    }
    assert expected == double.rows["00001"]


def test_earlier_skips_are_counted_and_noted():
    recorder = MemoryRecorder()
    report = deliver(CortexDouble(), [part_of(LAB, labs(3), skipped=2), PreparedBlock(1, None)], recorder)
    assert (report.read, report.inserted, report.skipped) == (6, 3, 2)
    assert reasons(recorder) == {"invalid": 2}


def test_uploads_stay_below_half_a_mebibyte():
    wide = [{**row, "info.th.name": "ก" * 2_000} for row in labs(500)]
    block = part_of(LAB, wide).block
    assert block is not None
    uploads = list(split_into_chunks(LAB, block))
    assert sum(len(upload) for upload in uploads) == 500
    assert max(len(upload.body) for upload in uploads) <= 512 * 1024


def test_a_row_larger_than_the_limit_goes_alone_and_is_skipped_when_refused():
    double, recorder = CortexDouble(), MemoryRecorder()
    rows = labs(3)
    rows[1]["info.th.name"] = "ก" * 600_000
    assert counts(deliver(double, [part_of(LAB, rows)], recorder)) == {"read": 3, "inserted": 2, "skipped": 1}
    assert [row.skip.message for row in recorder.skips] == ["413 too_large"]


def test_the_key_names_run_unit_entity_and_content():
    double = CortexDouble()
    deliver(double, [part_of(LAB, labs(1))])
    key = double.uploads[0][0]
    assert key[:-32] == "run-1/lab/lab_item/"


def test_rows_of_which_the_answer_says_nothing_count_as_sent():
    assert counts(deliver(CortexDouble(says_rows=False), [part_of(LAB, labs(7))])) == {"read": 7, "sent": 7}


def test_an_answer_that_is_no_json_counts_as_sent():
    double = CortexDouble(faults=[lambda _, __: httpx.Response(204)])
    assert counts(deliver(double, [part_of(LAB, labs(2))])) == {"read": 2, "sent": 2}


def test_rejected_rows_are_skips_with_the_servers_words_and_the_files_cells():
    recorder = MemoryRecorder()
    report = deliver(CortexDouble(rejected={"00003"}), [part_of(LAB, labs(5), first_row=40)], recorder)
    assert counts(report) == {"read": 5, "inserted": 4, "skipped": 1}
    skip = recorder.skips[0]
    assert (
        skip.skip.reason,
        skip.skip.row,
        skip.skip.key,
        skip.skip.message,
    ) == ("rejected_by_api", 43, "00003", "unknown_unit: no such unit")
    assert dict(zip(skip.header, skip.cells, strict=True))["info.th.name"] == "ตรวจ 3"


# 400, 409, 422: the upload is split until the guilty rows are alone


@pytest.mark.parametrize("code", [400, 409, 422])
def test_a_refused_upload_is_split_until_the_guilty_rows_are_alone(code, monkeypatch):
    double, recorder = CortexDouble(wrong={"00007", "00300"}), MemoryRecorder()
    serve = double.serve
    monkeypatch.setattr(double, "serve", lambda request: _with_status(serve(request), 422, code))
    assert counts(deliver(double, [part_of(LAB, labs(400))], recorder)) == {"read": 400, "inserted": 398, "skipped": 2}
    assert {("00007", f"{code} bad_row: a row is wrong"), ("00300", f"{code} bad_row: a row is wrong")} == {
        (row.skip.key, row.skip.message) for row in recorder.skips
    }
    assert len(double.requests) < 40


def _with_status(answer: httpx.Response, from_: int, to: int) -> httpx.Response:
    return httpx.Response(to, json=answer.json()) if answer.status_code == from_ else answer


def test_413_halves_the_upload():
    double = CortexDouble(limit_bytes=9_000)
    assert counts(deliver(double, [part_of(LAB, labs(400))])) == {"read": 400, "inserted": 400}
    assert max(len(body) for body in double.bodies) <= 9_000


# 401, 403, other 4xx: the unit ends


def test_401_once_is_mended_without_a_trace():
    assert counts(deliver(CortexDouble(faults=[status(401)]), [part_of(LAB, labs(3))])) == {"read": 3, "inserted": 3}


@pytest.mark.parametrize(
    ("faults", "error", "said"),
    [
        ([status(401)] * 2, AuthError, "401, and again with a fresh token"),
        ([status(403)], AuthError, "403"),
        ([status(404)], UserError, r"POST /labs/import answered 404 fault_404; check that http://cortex.test/api"),
        ([status(405)], UserError, "405"),
        ([status(415)], UserError, "415"),
        ([status(302)], UserError, "302"),
    ],
)
def test_what_no_retry_mends_ends_the_unit_without_splitting(faults, error, said):
    double, recorder = CortexDouble(faults=list(faults)), MemoryRecorder()
    with pytest.raises(error, match=said):
        deliver(double, [part_of(LAB, labs(3))], recorder)
    assert len(faults) == len(double.requests)
    assert recorder.receipts == {}


def test_after_a_configuration_error_nothing_more_is_sent_but_what_was_answered_is_noted():
    double, recorder = CortexDouble(), MemoryRecorder()
    double.faults = [CortexDouble.serve, status(404), *[CortexDouble.serve] * 9]
    with pytest.raises(UserError):
        deliver(double, [part_of(LAB, labs(10_000))], recorder)
    assert len(double.requests) <= 6
    assert len(double.uploads) == len(recorder.answers)


# 408, 425, 429, 5xx, time-out, dropped connections: four tries


@pytest.mark.parametrize("fault", RETRIED)
@pytest.mark.parametrize("times", [1, 3])
def test_a_passing_fault_leaves_no_trace(fault: Fault, times: int):
    double, recorder = CortexDouble(faults=[fault] * times), MemoryRecorder()
    assert counts(deliver(double, [part_of(LAB, labs(9))], recorder)) == {"read": 9, "inserted": 9}
    assert recorder.skips == []
    assert len(double.rows) == 9


def test_tries_of_one_upload_are_the_same_request_byte_for_byte():
    double = CortexDouble(faults=[drops_after] * 3)
    deliver(double, [part_of(LAB, labs(9))])
    assert len(double.bodies) == 4
    assert len(set(double.bodies)) == 1
    assert len({key for key, _ in double.uploads}) == 1


def test_retry_after_is_obeyed():
    pauses: list[float] = []
    double = CortexDouble(faults=[status(429, **{"Retry-After": "11"})])
    target(double, pauses).deliver(LAB, [part_of(LAB, labs(1))], DELIVERY, MemoryRecorder())
    assert pauses == [11.0]


@pytest.mark.parametrize("fault", RETRIED)
def test_rows_of_an_exhausted_request_are_skips_the_rest_goes_on_and_the_unit_raises(fault: Fault):
    double, recorder = _failing_on("00001", fault), MemoryRecorder()
    with pytest.raises(
        DeliveryInterrupted, match=r"Cortex API took 700 of 1,200 rows, 500 were skipped, 0 not tried"
    ) as raised:
        deliver(double, [part_of(LAB, labs(1200))], recorder)
    assert counts(raised.value.report) == {"read": 1200, "inserted": 700, "skipped": 500}
    assert reasons(recorder) == {"api_unavailable": 500}
    assert isinstance(raised.value, Transient)
    assert raised.value.next_step
    assert recorder.receipts == {}
    assert len(recorder.answers) == 2


@pytest.mark.parametrize("fault", [status(503), times_out, drops_after])
def test_a_later_attempt_sends_only_what_has_no_answer_and_counts_as_if_undisturbed(fault: Fault):
    double, recorder = _failing_on("00001", fault), MemoryRecorder()
    with pytest.raises(DeliveryInterrupted):
        deliver(double, [part_of(LAB, labs(1200))], recorder)
    double.faults, before = [], len(double.uploads)
    report = deliver(double, [part_of(LAB, labs(1200))], recorder)
    assert counts(report) == {"read": 1200, "inserted": 1200}
    assert [count for _, count in double.uploads[before:]] == [500]
    assert ([], (report, "d1")) == (recorder.skips, recorder.receipts["lab_item"])


def _failing_on(code: str, fault: Fault) -> CortexDouble:
    """Every upload with this code fails, whenever it comes."""

    def step(double: CortexDouble, request: httpx.Request) -> httpx.Response:
        return fault(double, request) if code.encode() + b"," in request.content else double.serve(request)

    return CortexDouble(faults=[step] * 99)


# the breaker


def test_the_breaker_opens_after_three_exhausted_requests_in_a_row():
    double, recorder = CortexDouble(faults=[status(503)] * 10_000), MemoryRecorder()
    with pytest.raises(
        DeliveryInterrupted, match=r"took 0 of 10,003 rows, 3,003 were skipped, 7,000 not tried; 6 requests failed"
    ) as raised:
        deliver(double, [part_of(LAB, labs(10_000), skipped=3)], recorder)
    # Three in a row open it; the three that were under way by then end as they end.
    assert counts(raised.value.report) == {"read": 10_003, "skipped": 3_003, "failed": 7_000}
    assert len(double.requests) == 6 * 4
    assert reasons(recorder) == {"invalid": 3, "api_unavailable": 3_000}


def test_after_the_breaker_a_later_attempt_delivers_all():
    double, recorder = CortexDouble(faults=[status(503)] * 24), MemoryRecorder()
    with pytest.raises(DeliveryInterrupted):
        deliver(double, [part_of(LAB, labs(10_000))], recorder)
    assert counts(deliver(double, [part_of(LAB, labs(10_000))], recorder)) == {"read": 10_000, "inserted": 10_000}
    assert recorder.skips == []


def test_an_open_breaker_still_uses_what_an_earlier_attempt_had_answered():
    double, recorder = CortexDouble(), MemoryRecorder()
    deliver(double, [part_of(LAB, labs(10_000))], recorder)
    first = list(recorder.answers)[:8]
    recorder.answers = {key: answer for key, answer in recorder.answers.items() if key not in first}
    double.faults = [status(503)] * 10_000
    with pytest.raises(DeliveryInterrupted) as raised:
        deliver(double, [part_of(LAB, labs(10_000))], recorder)
    assert counts(raised.value.report) == {"read": 10_000, "inserted": 6_000, "skipped": 3_000, "failed": 1_000}


# dry runs, lists


def test_a_dry_run_compares_with_the_list_and_touches_nothing():
    double, recorder = CortexDouble(), MemoryRecorder()
    deliver(double, [part_of(LAB, labs(1_100))])
    before = dict(double.rows)
    rows = [*labs(1_098), *labs(2, start=1_098, name="ใหม่"), *labs(3, start=2_000)]
    double.requests.clear()
    report = deliver(double, [part_of(LAB, rows, skipped=1)], recorder, dry_run=True)
    assert counts(report) == {"read": 1_104, "inserted": 3, "updated": 2, "unchanged": 1_098, "skipped": 1}
    assert {"GET /api/labs"} == set(double.requests)
    assert (before, {}, {}) == (double.rows, recorder.receipts, recorder.answers)


def test_a_dry_run_knows_values_that_are_written_differently():
    double = CortexDouble(rows={"00001": {"code": "00001", "info": {"th": {"name": "ก"}}, "rank": 1, "active": True}})  # type: ignore[dict-item]
    rows = [{"code": "00001", "info.th.name": "ก", "info.en.name": "", "rank": "01", "active": "true"}]
    assert counts(deliver(double, [part_of(LAB, rows)], dry_run=True)) == {"read": 1, "unchanged": 1}


def test_ids_and_rows_come_from_all_pages():
    double = CortexDouble()
    deliver(double, [part_of(LAB, labs(1_234))])
    held = target(double)
    assert {f"{n:05}": f"ตรวจ {n}" for n in range(1_234)} == dict(held.ids(LAB, by="code", take="info"))
    frames = list(held.read(LAB))
    assert [len(frame) for frame in frames] == [500, 500, 234]
    assert list(LAB.headers) == list(frames[0].columns)


def test_a_list_that_is_not_there_names_the_url():
    with pytest.raises(UserError, match="GET /labs answered 404; check that the URL of the Cortex API"):
        target(CortexDouble(faults=[status(404)])).ids(LAB, by="code", take="code")


def test_an_attempt_that_was_overtaken_between_two_tries_sends_nothing_more():
    class Fenced(MemoryRecorder):
        lost = False

        def check_lease(self) -> None:
            if self.lost:
                raise Overtaken("a newer attempt of this run has taken over")

    recorder, seen = Fenced(), []

    def stands_still(_: CortexDouble, request: httpx.Request) -> httpx.Response:
        seen.append(request)
        recorder.lost = True
        time.sleep(LOOK_S)
        return httpx.Response(503)

    with pytest.raises(Overtaken):
        deliver(CortexDouble([stands_still] * 4), [part_of(LAB, labs(10))], recorder)
    assert len(seen) == 1


def test_the_same_rows_of_another_datasets_entity_are_another_upload_and_other_owned_keys() -> None:
    double, recorder = CortexDouble(), MemoryRecorder()
    for entity in (LAB, replace(LAB, dataset="other")):
        target(double).deliver(entity, [part_of(entity, labs(2))], DELIVERY, recorder)
    assert len({key for key, _ in double.uploads}) == 2
    assert {entity for entity, _ in recorder.holdings} == {"lab_item", "other/lab_item"}
    assert recorder.receipts.keys() == {"lab_item", "other/lab_item"}
