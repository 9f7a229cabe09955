"""Patients that are to go: removed, else deactivated, else kept; and how the API is greeted before a run."""

import httpx
import pytest

from seedbed.core.errors import AuthError, Transient, UserError
from tests.support.builders.cortex_double import drops_after, status
from tests.support.builders.demographic_double import DemographicDouble, Tokens, body_of, target, wanted


def with_one(**faults):
    double = DemographicDouble(faults)
    double.add(body_of(1))
    return double, target(double, "batch")


@pytest.mark.parametrize("names", [("ehr-1", "6900001"), ("ehr-1", ""), ("", "6900001")])
def test_a_patient_is_removed_once(names):
    double, api = with_one()
    assert [api.remove(*names), api.remove(*names)] == ["removed", "absent"]
    assert double.people == {}


def test_a_removal_whose_answer_was_lost_is_a_removal():
    assert with_one(DELETE=[drops_after])[1].remove("ehr-1", "6900001") == "removed"


@pytest.mark.parametrize("code", [405, 409, 501])
def test_who_cannot_be_removed_is_deactivated(code):
    double, api = with_one(DELETE=[status(code)])
    assert api.remove("ehr-1", "6900001") == "deactivated"
    assert [one["active"] for one in double.people.values()] == [False]


@pytest.mark.parametrize("code", [404, 405, 422, 501])
def test_who_can_neither_be_removed_nor_deactivated_is_kept(code):
    double, api = with_one(DELETE=[status(405)], PATCH=[status(code)])
    assert api.remove("ehr-1", "6900001") == "kept"
    assert (double.seen, len(double.people)) == (["DELETE", "PATCH"], 1)


def test_who_has_no_number_is_kept_and_nothing_is_sent():
    double, api = with_one()
    assert (api.remove("", ""), double.seen) == ("kept", [])


def test_a_number_is_one_step_of_the_path_whatever_it_holds():
    double, api = with_one()
    api.remove("", "../codes?x")
    assert double.requests[0].url.raw_path == b"/patients/..%2Fcodes%3Fx"


def given_again():
    """The API is reset, and another patient gets the numbers of the first."""
    double, api = with_one()
    double.people.clear()
    double.add(body_of(2))
    return double, api


@pytest.mark.parametrize("names", [("ehr-1", "6900001"), ("ehr-1", ""), ("", "6900001")])
def test_nobody_else_is_removed_by_a_number_that_was_given_again(names):
    double, api = given_again()
    assert api.remove(*names, body_of(1)["idCardNo"]) == "absent"
    assert (list(double.people), double.seen) == ([body_of(2)["idCardNo"]], ["GET"])


def test_the_same_person_registered_anew_is_another_record():
    double, api = with_one()
    held = double.people[body_of(1)["idCardNo"]]
    held["ehrId"] = "ehr-of-others"
    assert api.remove("ehr-1", "6900001", held["idCardNo"]) == "absent"
    assert len(double.people) == 1


@pytest.mark.parametrize("names", [("ehr-1", "6900001"), ("ehr-1", "1"), ("", "6900001"), ("ehr-1", "")])
def test_whose_record_it_is_goes_by_its_id_and_else_by_its_number(names):
    double, api = with_one()
    assert api.remove(*names, body_of(1)["idCardNo"]) == "removed"
    assert double.seen == ["GET", "DELETE"]


def test_without_a_look_up_the_record_id_goes_before_the_number():
    double = DemographicDouble()
    double.add(body_of(1))
    api = target(double, "batch", look_up=False)
    assert api.remove("ehr-1", "6900009", body_of(1)["idCardNo"]) == "removed"
    assert double.seen == ["DELETE"]


@pytest.mark.parametrize(
    "listing", [lambda _: "nothing", lambda _: [body_of(7), body_of(8)]], ids=("no list", "others")
)
def test_nobody_is_removed_where_the_look_up_cannot_tell(listing):
    double, api = with_one()
    double.listing = listing
    with pytest.raises(UserError, match=r"does not return citizen ids.*SEEDBED_DEMOGRAPHIC_LOOK_UP=false"):
        api.remove("ehr-1", "6900001", body_of(1)["idCardNo"])
    assert len(double.people) == 1


def test_a_patient_in_doubt_is_found_with_numbers_or_not_held():
    double, api = with_one()
    double.add(body_of(2, firstName="อื่น"))
    found = [api.find(wanted(row)) for row in (1, 2, 3)]
    assert (found[0].outcome, found[0].number, found[0].target_id) == ("exists", "6900001", "ehr-1")
    assert found[1:] == [None, None], "held by somebody else, and by nobody"


def test_a_patient_in_doubt_stays_so_without_a_look_up():
    double = DemographicDouble()
    assert target(double, "batch", look_up=False).find(wanted(1)).reason == "unknown_outcome"
    assert double.seen == []


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ({"DELETE": [status(403)]}, AuthError),
        ({"DELETE": [status(400)]}, UserError),
        ({"DELETE": [status(503)] * 4}, Transient),
        ({"DELETE": [status(405)], "PATCH": [status(403)]}, AuthError),
        ({"DELETE": [status(405)], "PATCH": [status(415)]}, UserError),
        ({"DELETE": [status(405)], "PATCH": [status(503)] * 4}, Transient),
    ],
    ids=("403", "400", "503", "405 then 403", "405 then 415", "405 then 503"),
)
def test_what_is_not_about_the_patient_is_raised(faults, kind):
    with pytest.raises(kind, match="/patients/ehr-1"):
        with_one(**faults)[1].remove("ehr-1", "6900001")


@pytest.mark.parametrize("answer", [200, 404, 405, 422, 501])
def test_an_api_that_lets_us_in_is_greeted_whatever_it_answers(answer):
    double = DemographicDouble({"GET": [status(answer)]})
    target(double, "single").check_access()
    assert double.seen == ["GET"]


@pytest.mark.parametrize("code", [401, 403])
def test_an_api_that_does_not_let_us_in_is_an_auth_error(code):
    with pytest.raises(AuthError):
        target(DemographicDouble({"GET": [status(code)] * 2}), "batch").check_access()


def test_a_token_is_asked_for_where_there_is_no_look_up():
    with pytest.raises(AuthError, match="no"):
        target(DemographicDouble(), "batch", tokens=Tokens(AuthError("no")), look_up=False).check_access()


def test_original_system_is_sent_documented_fields_only():
    assert [target(DemographicDouble(), profile).accepts_extra_fields for profile in ("batch", "single")] == [
        True,
        False,
    ]


def test_ping_says_that_the_api_does_not_answer():
    double = DemographicDouble()

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    api = target(double, "batch")
    api.client.http._transport = httpx.MockTransport(away)
    with pytest.raises(Transient, match="does not answer"):
        api.ping()
    api.close()
    assert api.client.http.is_closed
