"""The sandbox's Demographic API: one patient in a form, reading, removing, code tables."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from seedbed.database.sandbox.patient_table import hospital_number_order
from seedbed.sandbox.demographic.patient_payload import check_digit
from tests.support.builders.sandbox_patients import ADDRESS, held, outcomes, patient, send_batch, send_one
from tests.support.stack.sandbox_server import SandboxServer


@pytest.fixture(scope="module")
def api(sandbox_server: SandboxServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox_server.tokens().token()}"}
    url = f"{sandbox_server.url}/demographic"
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
        yield client


def today() -> dt.date:
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()


# One patient


def test_patient_is_registered_with_hospital_number_id_and_age(api: httpx.Client) -> None:
    given = patient()
    answer = send_one(api, given)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["hn"].startswith(f"{(today().year + 543) % 100:02d}")
    assert data["age"] == today().year - 1990 - ((today().month, today().day) < (2, 28))
    assert {field: data[field] for field in given} == given
    for number in (data["hn"], data["ehrId"]):
        assert api.get(f"/patients/{number}").json()["data"] == data
    for look_up in ({"hn": data["hn"]}, {"idCardNo": given["idCardNo"]}):
        assert api.get("/patients", params=look_up).json() == {"items": [data], "total": 1, "next": None}


def test_data_may_come_in_a_url_encoded_form_too(api: httpx.Client) -> None:
    assert api.post("/patients", data={"data": json.dumps(patient())}).status_code == 201


def test_hospital_numbers_count_up_and_leave_no_gap(api: httpx.Client) -> None:
    given = patient()
    first = int(send_one(api, given).json()["data"]["hn"])
    assert send_one(api, given).status_code == 409
    assert int(send_one(api, patient()).json()["data"]["hn"]) == first + 1


@pytest.mark.parametrize("changes", [{}, {"firstName": "อื่น"}], ids=["same person", "another name"])
def test_known_citizen_id_is_409_and_its_holder_is_not_named(api: httpx.Client, changes: dict[str, Any]) -> None:
    given = patient()
    hn = send_one(api, given).json()["data"]["hn"]
    answer = send_one(api, {**given, **changes})
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")
    assert hn not in answer.text
    assert [item["firstName"] for item in held(api, given["idCardNo"])] == [given["firstName"]]


def test_single_profile_ignores_the_idempotency_key(api: httpx.Client) -> None:
    given, key = patient(), {"Idempotency-Key": uuid.uuid4().hex}
    assert [send_one(api, given, **key).status_code for _ in range(2)] == [201, 409]


def test_fields_that_nobody_documented_are_kept_as_they_came(api: httpx.Client) -> None:
    more = {
        "firstNameEn": "Somying",
        "phoneNumber": "0200000000",
        "contactPerson": {"name": "สมชาย", "relation": None, "phones": ["1", 2, 0.5, True]},
        "insurancePlanCode": "UCS",
        "deceased": True,
        "deceasedDate": "2020-02-29",
        "hn": "1",
        "age": 7,
    }
    given = patient(**more, officialAddress={**ADDRESS, "moo": "3"})
    data = send_one(api, given).json()["data"]
    assert data == {**given, **{name: data[name] for name in ("hn", "ehrId", "age")}}
    assert (data["hn"], data["age"]) != ("1", 7)
    assert held(api, given["idCardNo"]) == [data]


def test_what_may_be_left_out_gets_its_default(api: httpx.Client) -> None:
    names = ("idCardNo", "gender", "firstName", "familyName", "birthDate")
    data = send_one(api, {name: value for name, value in patient().items() if name in names}).json()["data"]
    assert (data["mode"], data["deceased"]) == ("cid", False)


# What is no patient


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("idCardNo", "123"),
        ("idCardNo", "๑๒๓๔๕๖๗๘๙๐๑๒๑"),
        ("idCardNo", 1_234_567_890_121),
        ("gender", "F"),
        ("mode", "face"),
        ("firstName", ""),
        ("firstName", " "),
        ("firstName", "a\nb"),
        ("familyName", "ก" * 101),
        ("birthDate", "28/02/1990"),
        ("birthDate", "19900228"),
        ("birthDate", "1990-02-30"),
        ("birthDate", 631_152_000),
        ("birthDate", "2999-01-01"),
        ("birthDate", "1800-01-01"),
        ("nationalityCode", 99),
        ("nationalityCode", " 099"),
        ("raceCode", ""),
        ("religionCode", "1"),
        ("religionCode.code", 1),
        ("aboBloodGroup", "C"),
        ("rhBloodGroup", "+"),
        ("officialAddress.stateCode", "1"),
        ("officialAddress.postalCode", 10_200),
        ("currentAddress.line", "1" * 201),
        ("informationGiverContact.categoryCode", 1),
        ("deceased", "yes"),
        ("deceasedDate", "yesterday"),
        ("nickname", "a\0b"),
    ],
    ids=str,
)
def test_wrong_field_is_422_and_named(api: httpx.Client, field: str, value: Any) -> None:
    given = patient()
    outer, _, inner = field.partition(".")
    given[outer] = {**given[outer], inner: value} if inner else value
    answer = send_one(api, given)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [fault["field"] for fault in answer.json()["fields"]] == [field]
    assert field in answer.json()["message"]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"officialAddress": {**ADDRESS, "districtCode": "1101"}}, "officialAddress", "lie in stateCode 10"),
        ({"currentAddress": {**ADDRESS, "cityCode": "100201"}}, "currentAddress", "lie in districtCode 1001"),
        ({"deceasedDate": "2020-01-01"}, "deceasedDate", "deceased is not true"),
        ({"deceased": True, "deceasedDate": "1990-02-27"}, "deceasedDate", "before birthDate"),
    ],
    ids=["district", "sub-district", "date of the living", "died before birth"],
)
def test_fields_that_contradict_each_other_are_422(
    api: httpx.Client, changes: dict[str, Any], field: str, reason: str
) -> None:
    (fault,) = send_one(api, patient(**changes)).json()["fields"]
    assert fault["field"] == field
    assert reason in fault["reason"]


def test_wrong_check_digit_is_422(api: httpx.Client) -> None:
    given = patient()
    wrong = str((int(given["idCardNo"][-1]) + 1) % 10)
    answer = send_one(api, {**given, "idCardNo": given["idCardNo"][:-1] + wrong})
    assert answer.json()["fields"] == [{"field": "idCardNo", "reason": "the check digit is wrong"}]


@pytest.mark.parametrize("number", ["1234567890121", "1101700230678"])
def test_check_digit_is_that_of_the_public_rule(number: str) -> None:
    # 1 x 13 + 1 x 12 + 1 x 10 + 7 x 9 + ... = 157, 157 mod 11 = 3, 11 - 3 = 8; and 352 mod 11 = 0, 11 mod 10 = 1
    assert check_digit(number[:12]) == number[12]


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({"files": {"other": (None, "{}")}}, "missing_field"),
        ({"files": {"data": (None, "{")}}, "malformed"),
        ({"files": {"data": (None, "[]")}}, "invalid"),
    ],
    ids=str,
)
def test_form_that_holds_no_patient_is_422(api: httpx.Client, request_body: dict[str, Any], code: str) -> None:
    answer = api.post("/patients", **request_body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    "media_type", ["application/json; profile=form", "application/x-form+json", "application/json", ""], ids=str
)
def test_json_is_read_as_json_whatever_else_its_media_type_says(api: httpx.Client, media_type: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = api.post("/patients", content=json.dumps([patient()]).encode(), headers=headers)
    assert outcomes(answer) == ["created"]


def test_media_type_of_a_form_may_be_written_in_capitals(api: httpx.Client) -> None:
    body = f'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n{json.dumps(patient())}\r\n--x--\r\n'
    headers = {"Content-Type": "Multipart/Form-Data; boundary=x"}
    assert api.post("/patients", content=body.encode(), headers=headers).status_code == 201


@pytest.mark.parametrize("media_type", ["multipart/form-data", "multipart/form-data; boundary=x"], ids=str)
@pytest.mark.parametrize("path", ["/patients", "/codes/gender/import"])
def test_form_that_cannot_be_read_is_400_as_other_refusals_are_worded(
    api: httpx.Client, path: str, media_type: str
) -> None:
    answer = api.post(path, content=b"--y\r\n", headers={"Content-Type": media_type})
    assert answer.status_code == 400
    assert (set(answer.json()), answer.json()["code"]) == ({"code", "message"}, "bad_request")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("PATCH", "/patients", 405, "method_not_allowed")],
)
def test_unknown_path_and_method_are_refused_as_the_rest_is(
    api: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["code"], set(answer.json())) == (status, code, {"code", "message"})


# Reading


def test_patients_are_listed_in_order_of_their_numbers_and_paged(api: httpx.Client) -> None:
    send_batch(api, [patient() for _ in range(5)])
    whole = api.get("/patients", params={"limit": 1_000}).json()
    numbers = [item["hn"] for item in whole["items"]]
    assert numbers == sorted(numbers, key=hospital_number_order)
    assert whole["total"] == len(numbers) == api.get("/patients/count").json()["total"]
    page = api.get("/patients", params={"offset": 2, "limit": 2}).json()["items"]
    assert [item["hn"] for item in page] == numbers[2:4]


def test_cursor_leads_through_all_patients_though_some_are_removed_on_the_way(api: httpx.Client) -> None:
    send_batch(api, [patient() for _ in range(7)])
    expected = [item["hn"] for item in api.get("/patients", params={"limit": 1_000}).json()["items"]]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/patients", params={"limit": 3, **cursor}).json()
        seen += [item["hn"] for item in page["items"]]
        if page["next"] is None:
            break
        assert page["next"] == seen[-1]
        assert api.delete(f"/patients/{seen[-1]}").status_code == 204
        cursor = {"cursor": page["next"]}
    assert seen == expected


def test_numbers_of_more_digits_come_after_those_of_fewer_and_before_the_next_year() -> None:
    numbers = ["6900001", "6999999", "69100000", "7000001"]
    assert sorted(numbers, key=hospital_number_order) == numbers != sorted(numbers)


def test_look_ups_are_exact_and_count_too(api: httpx.Client) -> None:
    given = patient()
    hn = send_one(api, given).json()["data"]["hn"]
    for look_up in ({"hn": hn}, {"idCardNo": given["idCardNo"]}, {"hn": hn, "idCardNo": given["idCardNo"]}):
        assert api.get("/patients/count", params=look_up).json() == {"total": 1}
    nobody = {"hn": hn, "idCardNo": patient()["idCardNo"]}
    assert api.get("/patients", params=nobody).json() == {"items": [], "total": 0, "next": None}
    assert api.get("/patients/count", params=nobody).json() == {"total": 0}


@pytest.mark.parametrize(
    "query",
    [
        {"idCardNo": ""},
        {"idCardNo": "123"},
        {"idCardNo": "\0"},
        {"idcardno": "1234567890121"},
        {"hn": ""},
        {"hn": "x"},
        {"cursor": "x"},
        {"limit": 0},
        {"limit": 1_001},
        {"offset": -1},
        {"offset": 2**63},
        {"offset": 10**25},
    ],
    ids=str,
)
def test_question_that_would_be_misunderstood_is_422(api: httpx.Client, query: dict[str, Any]) -> None:
    answer = api.get("/patients", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("path", ["/patients", "/codes/gender"])
def test_offset_ends_where_the_database_ends_and_says_so(api: httpx.Client, path: str) -> None:
    last = 2**63 - 1
    assert api.get(path, params={"offset": last, "limit": 1_000}).json()["items"] == []
    answer = api.get(path, params={"offset": 10**25})
    message = f"query.offset: Input should be less than or equal to {last}"
    assert (answer.status_code, answer.json()) == (422, {"code": "invalid_request", "message": message})


# Changing


@pytest.mark.parametrize("by", ["hn", "ehrId"])
def test_patient_is_set_inactive_and_active_again_and_stays_who_it_is(api: httpx.Client, by: str) -> None:
    given = patient()
    data = send_one(api, given).json()["data"]
    for active in (False, True):
        answer = api.patch(f"/patients/{data[by]}", json={"active": active})
        assert (answer.status_code, answer.json()["data"]) == (200, {**data, "active": active})
        assert held(api, given["idCardNo"]) == [{**data, "active": active}]
    assert outcomes(send_batch(api, [given])) == ["exists"]


@pytest.mark.parametrize(
    "change",
    [{}, [], None, {"active": "no"}, {"active": 0}, {"active": None}, {"active": False, "gender": "male"}],
    ids=str,
)
def test_nothing_but_active_can_be_changed(api: httpx.Client, change: Any) -> None:
    data = send_one(api, patient()).json()["data"]
    answer = api.patch(f"/patients/{data['hn']}", json=change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert api.get(f"/patients/{data['hn']}").json()["data"] == data


# Removing


def test_removed_patient_is_gone_and_its_citizen_id_free_but_its_number_is_not(api: httpx.Client) -> None:
    given = patient()
    data = send_one(api, given).json()["data"]
    assert [api.delete(f"/patients/{data['hn']}").status_code for _ in range(2)] == [204, 404]
    assert api.get(f"/patients/{data['hn']}").status_code == 404
    assert held(api, given["idCardNo"]) == []
    again = send_one(api, {**given, "firstName": "อื่น"}).json()["data"]
    assert hospital_number_order(again["hn"]) == hospital_number_order(data["hn"]) + 1
    assert again["ehrId"] != data["ehrId"]
    assert api.delete(f"/patients/{again['ehrId']}").status_code == 204


@pytest.mark.parametrize("number", ["nobody", "6900000", "%00", "7b5f8a2e-0000-5000-8000-000000000000"])
@pytest.mark.parametrize(("method", "body"), [("GET", None), ("DELETE", None), ("PATCH", {"active": False})])
def test_unknown_patient_is_404(api: httpx.Client, method: str, body: object, number: str) -> None:
    answer = api.request(method, f"/patients/{number}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# Code tables


def test_built_in_codes_are_there(api: httpx.Client) -> None:
    assert api.get("/codes/gender").json() == {"items": [{"code": "male"}, {"code": "female"}], "total": 2}


def test_imported_codes_are_found(api: httpx.Client) -> None:
    table = f"t{uuid.uuid4().hex[:8]}"
    assert api.get(f"/codes/{table}").status_code == 404
    answer = api.post(f"/codes/{table}/import", files={"file": ("c.csv", "code,info.th.name\n099,ไทย\n001,อื่น\n")})
    assert answer.json()["summary"]["created"] == 2
    codes = [{"code": "001", "info.th.name": "อื่น"}, {"code": "099", "info.th.name": "ไทย"}]
    assert api.get(f"/codes/{table}").json() == {"items": codes, "total": 2}
