"""The profile `single`: nothing is sent twice blindly, whatever the outcome of the first time."""

import json
import threading
import time
from dataclasses import replace

import httpx
import pytest

from seedbed.core.errors import AuthError, UserError
from seedbed.database.ledger.leases import Overtaken
from seedbed.targets.http.concurrency import LOOK_S, DeliveryInterrupted
from tests.support.builders.cortex_double import drops_after, drops_before, file_of, status, times_out
from tests.support.builders.demographic_double import DemographicDouble, Ledger, Tokens, body_of, target, unit, wanted

UNKNOWN = [drops_before, times_out, status(500), status(503), status(408)]


def register(double, requests, ledger=None, *, maybe_sent=(), **options):
    ledger = ledger or Ledger()
    told = ledger.registering(sum(map(len, requests)), maybe_sent=maybe_sent)
    counts = target(double, "single", **options).register(requests, told)
    return dict(+counts), ledger


def failing(kind):
    def fault(_, request):
        raise kind("lost", request=request)

    return fault


def answering(body):
    return lambda _, __: httpx.Response(200, json=body)


@pytest.mark.parametrize("lanes", [1, 4])
def test_patients_are_created_and_noted_in_groups_in_order_by_the_thread_that_registers(lanes):
    double = DemographicDouble()
    counts, ledger = register(double, unit(13), lanes=lanes)
    assert counts == {"created": 13}
    assert [[one.row for one in note] for note in ledger.notes] == [[one.row for one in rows] for rows in unit(13)]
    assert {one.key: one.number for one in ledger} == {key: held["hn"] for key, held in double.people.items()}
    assert ledger.threads == {threading.get_ident()}
    assert double.seen == ["POST"] * 13


def test_a_patient_is_json_in_the_form_field_data_and_there_is_no_key():
    double = DemographicDouble()
    register(double, [[wanted(1)]])
    (request,) = double.requests
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert "Idempotency-Key" not in request.headers
    assert json.loads(file_of(request, "data")) == body_of(1)


# Lost answers


@pytest.mark.parametrize("fault", UNKNOWN)
def test_what_may_have_been_taken_is_looked_up_before_it_is_sent_again(fault):
    double, pauses = DemographicDouble({"POST": [fault]}), []
    assert register(double, [[wanted(0)]], pauses=pauses)[0] == {"created": 1}
    assert double.seen == ["POST", "GET", "POST"]
    assert 0.5 <= pauses[0] <= 0.75


def test_what_was_taken_is_created_and_not_sent_again():
    double = DemographicDouble({"POST": [drops_after]})
    counts, ledger = register(double, [[wanted(0)]])
    assert (counts, double.seen) == ({"created": 1}, ["POST", "GET"])
    assert (ledger.final[0].number, ledger.final[0].target_id, ledger.final[0].answer) == (
        "6900001",
        "ehr-1",
        {"age": 36},
    )


@pytest.mark.parametrize(
    "fault",
    [failing(httpx.ConnectError), failing(httpx.ConnectTimeout), failing(httpx.PoolTimeout), status(429), status(425)],
)
def test_what_was_not_taken_is_sent_again_without_a_look_up(fault):
    double = DemographicDouble({"POST": [fault] * 3})
    assert register(double, [[wanted(0)]], look_up=False)[0] == {"created": 1}
    assert double.seen == ["POST"] * 4


@pytest.mark.parametrize("fault", UNKNOWN)
def test_it_is_sent_four_times_in_all_and_looked_up_once_more(fault):
    double, ledger, pauses = DemographicDouble({"POST": [fault] * 9}), Ledger(), []
    with pytest.raises(DeliveryInterrupted, match="1 without an answer"):
        register(double, [[wanted(0)]], ledger, pauses=pauses)
    assert double.seen == ["POST", "GET"] * 4
    assert [round(pause - 0.125) for pause in pauses[1:]] == [1, 2, 4]
    assert ledger.outcomes == {"api_unavailable": 1}
    double.faults.clear()
    assert register(double, [[wanted(0)]], ledger, maybe_sent=range(20))[0] == {"created": 1}
    assert double.seen[8:] == ["GET", "POST"]


def test_the_fourth_try_may_have_been_taken_too():
    double = DemographicDouble({"POST": [status(429)] * 3 + [drops_after]})
    assert register(double, [[wanted(0)]])[0] == {"created": 1}


def test_a_patient_found_after_a_lost_answer_is_another_runs_where_that_run_made_it():
    double = DemographicDouble({"POST": [times_out]})
    double.add(body_of(0))
    assert register(double, [[wanted(0)]], Ledger(elsewhere={wanted(0).key}))[0] == {"exists": 1}


def test_another_person_under_the_id_is_id_taken():
    double = DemographicDouble({"POST": [times_out]})
    double.add(body_of(0, birthDate="1990-03-01"))
    _, ledger = register(double, [[wanted(0)]])
    assert ledger.outcomes == {"id_taken": 1}
    assert ledger.final[0].message == "the API holds this citizen id under another name or birth date"


def test_spaces_in_a_name_make_no_other_person():
    double = DemographicDouble({"POST": [times_out]})
    double.add(body_of(0, familyName=" ใจดี  "))
    assert register(double, [[wanted(0)]])[0] == {"created": 1}


def test_a_201_without_numbers_is_looked_up():
    double = DemographicDouble(silent={wanted(0).key})
    _, ledger = register(double, [[wanted(0)]])
    assert (ledger.final[0].outcome, ledger.final[0].number, double.seen) == ("created", "6900001", ["POST", "GET"])


# An earlier attempt


def test_what_an_earlier_attempt_may_have_sent_is_looked_up_first():
    double = DemographicDouble()
    double.add(body_of(0))
    double.add(body_of(1))
    counts, ledger = register(double, unit(3), Ledger(elsewhere={wanted(1).key}), maybe_sent=range(20))
    assert counts == {"created": 2, "exists": 1}
    assert (ledger.final[1].outcome, double.seen) == ("exists", ["GET", "GET", "GET", "POST"])


def test_without_a_look_up_what_may_have_been_sent_is_unknown_and_never_sent():
    double, ledger = DemographicDouble(), Ledger()
    counts, _ = register(double, unit(4), ledger, maybe_sent=range(20), look_up=False)
    assert (counts, ledger.outcomes, double.seen) == ({"skipped": 4}, {"unknown_outcome": 4}, [])
    assert ledger.final[2].message == (
        "whether the API holds this patient is not known: an earlier attempt may have sent it, and this API has no look-up; "
        "look for it there, and where it is missing register it with the command in the run's report, "
        "with `--offset 2 --count 1` in place of its own"
    )


def test_without_a_look_up_only_what_may_have_been_sent_is_unknown():
    double = DemographicDouble()
    _, ledger = register(double, unit(10), maybe_sent={2, 3}, look_up=False)
    assert ledger.outcomes == {"created": 8, "unknown_outcome": 2}
    assert wanted(2).key not in double.people


@pytest.mark.parametrize("look_up", [True, False])
def test_an_api_that_was_away_loses_nobody(look_up):
    double, ledger = DemographicDouble({"POST": [failing(httpx.ConnectError)] * 12}), Ledger()
    with pytest.raises(DeliveryInterrupted, match="3 without an answer, 17 not tried"):
        register(double, unit(20), ledger, look_up=look_up)
    assert (ledger.in_doubt, ledger.ended) == (set(), [3])
    assert register(double, unit(20), ledger, maybe_sent=ledger.in_doubt, look_up=look_up)[0] == {"created": 20}
    assert "GET" not in double.seen


def test_without_an_answer_only_what_may_have_been_taken_is_in_doubt():
    double, ledger = DemographicDouble({"POST": [failing(httpx.ConnectError)] * 4 + [times_out] * 4}), Ledger()
    with pytest.raises(DeliveryInterrupted, match="2 without an answer"):
        register(double, unit(5), ledger)
    assert ledger.in_doubt == {1}


@pytest.mark.parametrize("look_up", [True, False])
def test_who_was_there_before_and_was_not_sent_exists(look_up):
    double = DemographicDouble()
    double.add(body_of(7))
    _, ledger = register(double, unit(10), maybe_sent={2}, look_up=look_up)
    assert ledger.outcomes == (
        {"created": 9, "exists": 1} if look_up else {"created": 8, "unknown_outcome": 1, "rejected_by_api": 1}
    )


# Look-ups


@pytest.mark.parametrize(
    "listing",
    [
        lambda found: found,
        lambda found: {"data": found},
        lambda found: {"data": found[0]} if found else {"data": []},
        lambda found: {"items": found, "total": len(found), "next": None},
    ],
    ids=["list", "data list", "data object", "page"],
)
def test_what_a_look_up_answers_is_read_in_each_of_its_shapes(listing):
    double = DemographicDouble({"POST": [drops_after, drops_before]}, listing=listing)
    assert register(double, [[wanted(0), wanted(1)]])[0] == {"created": 2}
    assert double.seen == ["POST", "GET", "POST", "GET", "POST"]
    assert double.requests[1].url.params["idCardNo"] == wanted(0).key


@pytest.mark.parametrize(
    "answer",
    [
        status(404),
        status(405),
        status(501),
        status(422),
        lambda _, __: httpx.Response(200, text="<html>"),
        answering({"total": 0}),
        answering({"items": "x"}),
        answering(["x"]),
        answering([body_of(9, hn="6900009")]),
        answering([{"idCardNo": wanted(0).key, "hn": "6900001"}]),
        answering([body_of(0)]),
    ],
    ids=["404", "405", "501", "422", "html", "no items", "text", "texts", "others", "no name", "no number"],
)
def test_a_look_up_that_cannot_tell_leaves_the_outcome_unknown_and_nothing_is_sent_again(answer):
    double = DemographicDouble({"POST": [drops_before], "GET": [answer]})
    _, ledger = register(double, [[wanted(0)]])
    assert (ledger.outcomes, double.seen) == ({"unknown_outcome": 1}, ["POST", "GET"])
    assert "the last try ended with RemoteProtocolError, and the" in ledger.final[0].message


@pytest.mark.parametrize("maybe_sent", [(), range(20)], ids=["never", "maybe"])
def test_a_look_up_that_is_away_leaves_the_patient_to_the_next_attempt(maybe_sent):
    double, ledger = DemographicDouble({"POST": [drops_after], "GET": [status(503)] * 4}), Ledger()
    with pytest.raises(DeliveryInterrupted, match="1 without an answer"):
        register(double, [[wanted(0)]], ledger, maybe_sent=maybe_sent)
    assert double.seen == ["POST"] * (not maybe_sent) + ["GET"] * 4
    assert ledger.outcomes == {"api_unavailable": 1}


# Refusals


@pytest.mark.parametrize(
    ("held", "maybe_sent", "outcome"),
    [
        ({}, (), "exists"),
        ({}, range(20), "created"),
        ({"firstName": "อื่น"}, (), "id_taken"),
        ({"firstName": "อื่น"}, range(20), "id_taken"),
    ],
    ids=str,
)
def test_a_409_is_told_apart_by_a_look_up(held, maybe_sent, outcome):
    double = DemographicDouble()
    double.add(body_of(0, **held))
    assert register(double, [[wanted(0)]], maybe_sent=maybe_sent)[1].outcomes == {outcome: 1}


def test_a_409_after_a_lost_answer_is_the_late_work_of_the_first_request():
    def late(double, request):
        double.faults["GET"] = [lambda d, _: (d.add(body_of(0)), httpx.Response(200, json=[]))[1]]
        raise httpx.ReadTimeout("slow", request=request)

    double = DemographicDouble({"POST": [late]})
    assert register(double, [[wanted(0)]])[0] == {"created": 1}
    assert double.seen == ["POST", "GET", "POST", "GET"]


def test_a_doubt_stays_until_it_is_resolved():
    def at_capacity(double, _):
        double.faults["GET"] = [answering([])]
        return httpx.Response(429)

    double = DemographicDouble({"POST": [times_out, at_capacity], "GET": [answering([])]})
    double.add(body_of(0))
    assert register(double, [[wanted(0)]])[0] == {"created": 1}
    assert double.seen == ["POST", "GET", "POST", "GET", "POST", "GET"]


def test_a_409_that_no_look_up_explains_is_a_refusal():
    for options in ({"look_up": False}, {}):
        double = DemographicDouble({"POST": [status(409)]})
        _, ledger = register(double, [[wanted(0)]], **options)
        assert [(one.reason, one.message) for one in ledger] == [("rejected_by_api", "409 fault_409")]


@pytest.mark.parametrize("code", [400, 413, 422])
def test_a_refused_patient_is_skipped_with_the_servers_words_and_the_rest_goes_on(code):
    double = DemographicDouble({"POST": [status(code)]})
    counts, ledger = register(double, unit(4))
    assert counts == {"created": 3, "skipped": 1}
    assert (ledger.final[0].reason, ledger.final[0].message) == ("rejected_by_api", f"{code} fault_{code}")


def test_a_refusal_after_a_lost_answer_does_not_lose_who_was_taken_late():
    def late(double, request):
        double.faults["GET"] = [answering([])]
        double.add(body_of(0))
        raise httpx.ReadTimeout("slow", request=request)

    double = DemographicDouble({"POST": [late, status(422)]})
    assert register(double, [[wanted(0)]])[0] == {"created": 1}


@pytest.mark.parametrize("code", [302, 404, 405, 415])
def test_any_other_refusal_is_configuration_and_ends_the_unit(code):
    double, ledger = DemographicDouble({"POST": [status(code)]}), Ledger()
    with pytest.raises(UserError, match=f"POST /patients answered {code}") as caught:
        register(double, unit(20), ledger)
    assert "profile 'single'" in caught.value.next_step
    assert (double.seen, ledger.notes) == (["POST"], [])


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("code", [401, 403])
def test_after_a_refusal_nothing_more_is_sent_and_what_was_settled_is_noted(code, lanes):
    double, ledger = DemographicDouble({"POST": [lambda d, r: d.serve(r)] * 2 + [status(code)] * 999}), Ledger()
    with pytest.raises(AuthError, match="POST /patients"):
        register(double, unit(200), ledger, lanes=lanes)
    assert len(double.seen) <= 2 + 2 * lanes
    assert len(ledger.final) == len(double.people) == 2


def test_a_try_that_waits_is_not_sent_after_another_was_refused():
    refused, sent = threading.Event(), []

    def answer(request):
        row = int(json.loads(file_of(request, "data"))["idCardNo"])
        sent.append(row)
        if row == 0:
            assert refused.wait(10)
            return httpx.Response(429)
        refused.set()
        return httpx.Response(403)

    api = target(DemographicDouble(), "single", lanes=2)
    http = httpx.Client(transport=httpx.MockTransport(answer))
    api.client = replace(api.client, http=http, sleep=lambda _: time.sleep(0.2))
    with pytest.raises(AuthError, match="403"):
        api.register([[wanted(0), wanted(1), wanted(2)]], Ledger().registering(3))
    assert sorted(sent) == [0, 1]


@pytest.mark.parametrize("profile", ["single", "batch"])
@pytest.mark.parametrize("fault", [times_out, lambda double, request: double.serve(request)], ids=["time-out", "taken"])
def test_an_attempt_that_stood_still_and_was_overtaken_sends_and_asks_nothing_more(profile, fault):
    ledger = Ledger()

    def stands_still(double, request):
        ledger.lost = Overtaken("a newer attempt of this run has taken over")
        time.sleep(LOOK_S)
        return fault(double, request)

    double = DemographicDouble({"POST": [DemographicDouble.serve, stands_still]})
    with pytest.raises(Overtaken):
        target(double, profile).register(unit(20), ledger.registering(20))
    assert double.seen == ["POST", "POST"]


def test_a_token_that_is_refused_is_asked_for_once():
    double, tokens = DemographicDouble(), Tokens(*[AuthError("refused")] * 99)
    with pytest.raises(AuthError, match="refused"):
        register(double, unit(50), tokens=tokens, lanes=4)
    assert (tokens.asked, double.seen) == (1, [])


# An API that is away


def test_three_exhausted_patients_in_a_row_end_the_unit_and_the_rest_is_not_tried():
    double, ledger = DemographicDouble({"POST": [failing(httpx.ConnectError)] * 99}), Ledger()
    with pytest.raises(
        DeliveryInterrupted, match=r"3 without an answer, 17 not tried; 3 requests failed.*ConnectError \(lost\)"
    ):
        register(double, unit(20), ledger)
    assert (double.seen, ledger.outcomes) == (["POST"] * 12, {"api_unavailable": 3})


def test_an_api_that_is_away_and_has_no_look_up_does_not_use_up_all_patients():
    double, ledger = DemographicDouble({"POST": [times_out] * 99}), Ledger()
    with pytest.raises(DeliveryInterrupted, match="3 skipped, 17 not tried"):
        register(double, unit(20), ledger, look_up=False)
    assert (double.seen, ledger.outcomes) == (["POST"] * 3, {"unknown_outcome": 3})


def test_one_unknown_outcome_does_not_fail_the_unit():
    double = DemographicDouble({"POST": [times_out]})
    counts, ledger = register(double, unit(5), look_up=False)
    assert (counts, ledger.outcomes) == ({"created": 4, "skipped": 1}, {"created": 4, "unknown_outcome": 1})
