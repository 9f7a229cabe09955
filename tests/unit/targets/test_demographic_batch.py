"""The profile `batch`: what each answer makes of patients, what is ours after a lost answer, and what ends a unit."""

import hashlib
import json
import threading

import httpx
import pytest

from seedbed.core.errors import AuthError, Transient, UserError
from seedbed.core.registration import RegisterResult
from seedbed.targets.http.concurrency import DeliveryInterrupted
from seedbed.targets.port import Registrar
from tests.support.builders.cortex_double import drops_after, drops_before, status, times_out
from tests.support.builders.demographic_double import DemographicDouble, Ledger, Tokens, body_of, target, unit, wanted


def register(double, requests, ledger=None, *, maybe_sent=(), partial=(), **options):
    ledger = ledger or Ledger()
    told = ledger.registering(sum(map(len, requests)), maybe_sent=maybe_sent, partial=partial)
    counts = target(double, "batch", **options).register(requests, told)
    return dict(+counts), ledger


def unreachable(_, request):
    raise httpx.ConnectError("refused", request=request)


def test_it_is_a_registrar():
    held: Registrar = target(DemographicDouble(), "batch")
    assert (held.name, held.describe()) == ("demographic_api", "http://demographic.test")


@pytest.mark.parametrize("lanes", [1, 4])
def test_patients_are_created_with_their_numbers_and_noted_in_order_by_the_thread_that_registers(lanes):
    double = DemographicDouble()
    counts, ledger = register(double, unit(23), lanes=lanes)
    assert counts == {"created": 23}
    assert [[one.row for one in note] for note in ledger.notes] == [[one.row for one in rows] for rows in unit(23)]
    for settled in ledger:
        held = double.people[settled.key]
        assert settled == RegisterResult(settled.row, settled.key, "created", held["hn"], held["ehrId"], {"age": 36})
    assert ledger.threads == {threading.get_ident()}


def test_body_is_compact_json_and_the_key_names_run_unit_and_body():
    double = DemographicDouble()
    register(double, [[wanted(1), wanted(2)]])
    (request,) = double.requests
    assert request.content == json.dumps([body_of(1), body_of(2)], ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256(request.content).hexdigest()
    assert request.headers["Idempotency-Key"] == f"run-1/patients [0-20)/{digest}"
    assert request.headers["Content-Type"] == "application/json"


def test_each_outcome_of_a_patient_is_told_apart():
    double = DemographicDouble()
    double.add(body_of(1))
    double.add(body_of(2, firstName="อื่น"))
    counts, ledger = register(double, [[wanted(0), wanted(1), wanted(2), wanted(3, firstName="")]])
    assert counts == {"created": 1, "exists": 1, "skipped": 2}
    assert [(one.outcome, one.reason, one.message) for one in ledger] == [
        ("created", None, ""),
        ("exists", None, ""),
        ("skipped", "id_taken", "id_taken: it is held by somebody else"),
        ("skipped", "rejected_by_api", "invalid: firstName: a name is not empty"),
    ]
    assert ledger.final[1].number == double.people[wanted(1).key]["hn"]


@pytest.mark.parametrize("forgets_keys", [False, True], ids=["key honoured", "key ignored"])
@pytest.mark.parametrize("fault", [drops_after, drops_before, times_out, status(500), status(503), status(408)])
def test_after_a_lost_answer_the_patients_are_ours(fault, forgets_keys):
    double = DemographicDouble({"POST": [fault]}, forgets_keys=forgets_keys)
    counts, _ = register(double, unit(10))
    assert counts == {"created": 10}
    assert len(double.people) == 10


def test_a_replayed_answer_tells_who_was_there_before():
    double = DemographicDouble({"POST": [drops_after]})
    double.add(body_of(0))
    assert register(double, unit(5))[0] == {"exists": 1, "created": 4}
    double = DemographicDouble({"POST": [drops_after]}, forgets_keys=True)
    double.add(body_of(0))
    assert register(double, unit(5))[0] == {"created": 5}


def test_a_replayed_answer_of_a_half_does_not_hide_what_the_whole_created():
    double = DemographicDouble({"POST": [drops_after, status(422), drops_after]})
    assert register(double, unit(4))[0] == {"created": 4}


@pytest.mark.parametrize("fault", [unreachable, status(429), status(425)])
def test_what_was_never_taken_leaves_no_doubt(fault):
    double = DemographicDouble({"POST": [fault]})
    double.add(body_of(0))
    counts, _ = register(double, unit(5))
    assert counts == {"exists": 1, "created": 4}


def test_what_an_earlier_attempt_may_have_sent_is_ours_unless_another_run_made_it():
    double = DemographicDouble()
    for row in range(3):
        double.add(body_of(row))
    ledger = Ledger(elsewhere={wanted(2).key, wanted(4).key})
    counts, _ = register(double, unit(5), ledger, maybe_sent=range(20))
    assert counts == {"created": 4, "exists": 1}
    assert ledger.final[2].outcome == "exists"


def test_a_replayed_answer_to_what_an_earlier_attempt_sent_as_a_whole_tells_who_was_there_before():
    double = DemographicDouble()
    double.add(body_of(0))
    assert register(double, unit(5))[0] == {"exists": 1, "created": 4}
    assert register(double, unit(5), maybe_sent=range(5))[0] == {"exists": 1, "created": 4}
    assert register(double, unit(5), maybe_sent=range(5), partial=range(5))[0] == {"created": 5}
    double.forgets_keys = True
    assert register(double, unit(5), maybe_sent=range(5))[0] == {"created": 5}


def test_only_requests_with_a_row_in_doubt_are_unclear():
    double = DemographicDouble()
    for row in range(15):
        double.add(body_of(row))
    _, ledger = register(double, unit(15), maybe_sent={7})
    assert [row for row, one in ledger.final.items() if one.outcome == "created"] == list(range(5, 10))


def rejecting(double, request):
    bodies = json.loads(request.content)
    said = [{"index": n, "outcome": "rejected", "code": "duplicate"} for n in range(len(bodies))]
    return httpx.Response(200, json={"results": said})


def test_who_is_rejected_after_a_lost_answer_is_looked_up():
    double = DemographicDouble({"POST": [drops_after, rejecting]})
    assert register(double, unit(3))[0] == {"created": 3}
    double = DemographicDouble({"POST": [rejecting]})
    double.add(body_of(0))
    double.add(body_of(1, firstName="อื่น"))
    _, ledger = register(double, unit(3), maybe_sent=range(3))
    assert ledger.outcomes == {"created": 1, "id_taken": 1, "rejected_by_api": 1}
    assert ledger.final[2].message == "duplicate"


def test_a_look_up_of_the_rejected_that_is_away_leaves_them_in_doubt():
    double, ledger = DemographicDouble({"POST": [drops_after, rejecting], "GET": [status(503)] * 4}), Ledger()
    with pytest.raises(DeliveryInterrupted, match="1 created, 1 without an answer; 1 request failed"):
        register(double, unit(2), ledger)
    assert (ledger.in_doubt, ledger.ended) == ({0}, [2])


@pytest.mark.parametrize(
    ("fault", "in_doubt"),
    [(unreachable, False), (status(429), False), (status(503), True), (times_out, True), (drops_after, True)],
)
def test_without_an_answer_only_what_may_have_been_taken_is_in_doubt(fault, in_doubt):
    ledger = Ledger()
    with pytest.raises(DeliveryInterrupted, match="5 without an answer"):
        register(DemographicDouble({"POST": [fault] * 4}), unit(10), ledger)
    assert ledger.in_doubt == (set(range(5)) if in_doubt else set())
    assert ledger.ended == [10]


def test_what_was_in_doubt_before_stays_so_until_it_is_heard_of():
    ledger = Ledger()
    with pytest.raises(DeliveryInterrupted):
        register(DemographicDouble({"POST": [unreachable] * 4}), unit(10), ledger, maybe_sent={2})
    assert ledger.in_doubt == set(range(5))


def test_a_refusal_for_good_after_a_lost_answer_leaves_the_doubt():
    ledger = Ledger()
    with pytest.raises(AuthError):
        register(DemographicDouble({"POST": [drops_after, status(403)]}), unit(10), ledger)
    assert (ledger.in_doubt, ledger.outcomes) == (set(range(5)), {"api_unavailable": 5})


def test_halves_that_are_not_sent_any_more_stay_in_doubt_where_the_whole_was():
    ledger = Ledger()
    double = DemographicDouble({"POST": [drops_after, status(422), status(403)]})
    with pytest.raises(AuthError):
        register(double, unit(4, batch=4), ledger)
    assert ledger.in_doubt == set(range(4))


def test_nothing_is_drawn_once_sending_has_stopped():
    drawn = []

    def requests():
        for rows in unit(100):
            drawn.append(rows[0].row)
            yield rows

    with pytest.raises(DeliveryInterrupted, match="15 without an answer, 85 not tried; 3 requests failed"):
        target(DemographicDouble({"POST": [unreachable] * 99}), "batch").register(requests(), Ledger().registering(100))
    assert drawn == [0, 5, 10]


@pytest.mark.parametrize("code", [400, 409, 422, 413])
def test_a_whole_batch_refused_is_split_until_it_passes(code):
    double = DemographicDouble({"POST": [status(code)] * 3})
    counts, ledger = register(double, unit(8, batch=8))
    assert counts == {"created": 8}
    assert sorted(one.row for one in ledger) == list(range(8))


def test_the_guilty_stand_alone_and_are_skipped_with_the_servers_words():
    double = DemographicDouble(wrong={wanted(3).key, wanted(7).key})
    counts, ledger = register(double, unit(10, batch=10))
    assert counts == {"created": 8, "skipped": 2}
    assert {(one.row, one.reason, one.message) for one in ledger if one.outcome == "skipped"} == {
        (row, "rejected_by_api", "422 malformed: no patients") for row in (3, 7)
    }


def test_413_halves_until_requests_are_small_enough():
    double = DemographicDouble(limit=2)
    assert register(double, unit(9, batch=9))[0] == {"created": 9}


def test_a_refusal_after_a_lost_answer_does_not_lose_who_was_taken():
    double = DemographicDouble({"POST": [drops_after, status(422)]})
    counts, _ = register(double, [[wanted(0)]])
    assert counts == {"created": 1}
    double = DemographicDouble({"POST": [drops_before, status(422)]})
    assert register(double, [[wanted(0)]])[1].outcomes == {"rejected_by_api": 1}


@pytest.mark.parametrize("code", [301, 404, 405, 415])
def test_any_other_refusal_is_configuration_and_ends_the_unit(code):
    double, ledger = (
        DemographicDouble({"POST": [lambda *_: httpx.Response(200, json={"results": []}), status(code)]}),
        Ledger(),
    )
    double.faults["POST"].pop(0)
    with pytest.raises(UserError, match=f"POST /patients answered {code}") as caught:
        register(double, unit(20), ledger)
    assert "profile 'batch'" in caught.value.next_step
    assert (double.seen, ledger.notes) == (["POST"], [])


# Answers that say nothing of a patient


def test_who_is_missing_in_the_answer_is_looked_up():
    silent = {wanted(row).key for row in (1, 3)}
    double, ledger = DemographicDouble(silent=silent), Ledger()
    counts, _ = register(double, unit(5), ledger)
    assert counts == {"created": 5}
    assert [one.row for one in ledger] == list(range(5))
    assert double.seen == ["POST", "GET", "GET"]
    assert ledger.final[3].number == double.people[wanted(3).key]["hn"]


def test_who_is_missing_in_the_answer_and_of_another_run_exists():
    double = DemographicDouble(silent={wanted(1).key})
    double.add(body_of(1))
    assert register(double, unit(2), Ledger(elsewhere={wanted(1).key}))[0] == {"created": 1, "exists": 1}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"results": "x"},
        {"results": [{"index": "0", "outcome": "created"}]},
        {"results": [{"index": 0, "outcome": "?"}]},
    ],
    ids=str,
)
def test_an_answer_that_is_not_understood_is_followed_by_a_look_up_and_a_second_request(answer):
    double = DemographicDouble({"POST": [lambda *_: httpx.Response(200, json=answer)]})
    assert register(double, [[wanted(0)]])[0] == {"created": 1}
    assert double.seen == ["POST", "GET", "POST"]


@pytest.mark.parametrize(
    "data", [None, {}, {"hn": "", "ehrId": None}, {"hn": "6900009", "idCardNo": "another"}], ids=str
)
def test_created_without_numbers_or_with_those_of_another_is_not_believed(data):
    said = {"results": [{"index": 0, "outcome": "created", "data": data}]}
    double = DemographicDouble({"POST": [lambda *_: httpx.Response(200, json=said)]})
    double.add(body_of(0))
    _, ledger = register(double, [[wanted(0)]])
    assert ledger.final[0].number == "6900001"


def test_an_api_that_says_nothing_twice_leaves_the_outcome_unknown():
    double = DemographicDouble({"POST": [lambda *_: httpx.Response(200, text="<html>")] * 9})
    counts, ledger = register(double, [[wanted(0), wanted(1)]])
    assert (counts, ledger.outcomes, double.seen.count("POST")) == ({"skipped": 2}, {"unknown_outcome": 2}, 2)
    assert "twice, and a look-up does not find it" in ledger.final[0].message


def test_without_a_look_up_the_outcome_is_unknown_and_nothing_is_sent_again():
    double = DemographicDouble(silent={wanted(1).key})
    _, ledger = register(double, unit(3), look_up=False)
    assert ledger.outcomes == {"created": 2, "unknown_outcome": 1}
    assert ledger.final[1].message == (
        "whether the API holds this patient is not known: the API's answer says nothing of it, and this API has no look-up; "
        "look for it there, and where it is missing register it with the command in the run's report, "
        "with `--offset 1 --count 1` in place of its own"
    )
    assert double.seen == ["POST"]


def test_a_look_up_that_is_away_leaves_the_patient_to_the_next_attempt():
    double, ledger = DemographicDouble({"GET": [status(503)] * 4}, silent={wanted(1).key}), Ledger()
    with pytest.raises(DeliveryInterrupted, match="2 created, 1 without an answer; 1 request failed"):
        register(double, unit(3), ledger)
    assert ledger.outcomes == {"created": 2, "api_unavailable": 1}
    counts, _ = register(double, [[wanted(1)]], ledger, maybe_sent=range(20))
    assert counts == {"created": 1}


# Requests that are exhausted


def test_an_exhausted_request_is_not_final_and_the_unit_goes_on():
    double, ledger, pauses = DemographicDouble({"POST": [status(503)] * 4}), Ledger(), []
    with pytest.raises(DeliveryInterrupted) as caught:
        register(double, unit(15), ledger, pauses=pauses)
    assert caught.value.message == (
        "patients [0-20): 10 created, 5 without an answer; 1 request failed, the last: "
        "Demographic API: POST /patients failed in 4 tries, at last with status 503"
    )
    assert "doctor" in caught.value.next_step
    assert sorted(ledger.final) == list(range(5, 15))
    assert {one.reason for one in ledger if not one.is_final} == {"api_unavailable"}
    assert [0.5 <= pauses[0] <= 0.75, 1 <= pauses[1] <= 1.25, 2 <= pauses[2] <= 2.25] == [True] * 3


def test_three_exhausted_requests_in_a_row_end_the_unit_and_the_rest_is_not_tried():
    double, ledger = DemographicDouble({"POST": [times_out] * 99}), Ledger()
    with pytest.raises(DeliveryInterrupted, match="15 without an answer, 10 not tried; 3 requests failed"):
        register(double, unit(25), ledger)
    assert (double.seen.count("POST"), ledger.outcomes) == (12, {"api_unavailable": 15})


def test_retry_after_is_obeyed():
    pauses = []
    double = DemographicDouble({"POST": [status(429, **{"Retry-After": "7"}), status(503, **{"Retry-After": "600"})]})
    register(double, unit(5), pauses=pauses)
    assert pauses == [7.0, 60.0]


# Refusals for good


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("faults", [[status(403)] * 99, [status(401)] * 99], ids=["403", "401 twice"])
def test_after_a_refusal_nothing_more_is_sent(faults, lanes):
    double, ledger = DemographicDouble({"POST": list(faults)}), Ledger()
    with pytest.raises(AuthError, match="POST /patients"):
        register(double, unit(500), ledger, lanes=lanes)
    assert len(double.seen) <= 2 * lanes
    assert ledger.notes == []


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_token_that_is_refused_is_asked_for_once(lanes):
    double, tokens = DemographicDouble(), Tokens(*[AuthError("the token service refused client 'x'")] * 99)
    with pytest.raises(AuthError, match="the token service refused"):
        register(double, unit(100), tokens=tokens, lanes=lanes)
    assert (tokens.asked, double.seen) == (1, [])


def test_what_was_settled_before_a_refusal_is_noted():
    double, ledger = DemographicDouble(), Ledger()
    first = double.faults["POST"] = [lambda d, r: d.serve(r), status(403)]
    with pytest.raises(AuthError):
        register(double, unit(20), ledger)
    assert (first, sorted(ledger.final)) == ([], list(range(5)))


def test_a_token_service_that_is_away_leaves_rows_to_the_next_attempt():
    tokens = Tokens(*[Transient("token service away", next_step="start it")] * 2)
    ledger = Ledger()
    with pytest.raises(DeliveryInterrupted, match=r"10 without an answer.*token service away"):
        register(DemographicDouble(), unit(15), ledger, tokens=tokens)
    assert ledger.outcomes == {"created": 5, "api_unavailable": 10}


def test_no_rows_are_no_requests():
    assert register(DemographicDouble(), [[], []])[0] == {}
