"""The sandbox's Demographic API: patients and code tables."""

import datetime as dt
import itertools
import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.sandbox_server import SandboxServer

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def api(sandbox_server: SandboxServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox_server.tokens().token()}"}
    url = f"{sandbox_server.url}/demographic"
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
        yield client


def patient(**more: Any) -> dict[str, Any]:
    address = {"line": "1/2", "stateCode": "10", "districtCode": "1001", "cityCode": "100101", "postalCode": "10200"}
    return {
        "mode": "cid",
        "idCardNo": f"9{next(_numbers):012d}",
        "gender": "female",
        "namePrefixCode": {"code": "004"},
        "firstName": "สมหญิง",
        "familyName": "ใจดี",
        "birthDate": "1990-02-28",
        "nationalityCode": "099",
        "religionCode": {"code": "1"},
        "categoryCode": {"code": "general"},
        "aboBloodGroup": "O",
        "rhBloodGroup": "positive",
        "officialAddress": address,
        "currentAddress": address,
        "informationGiverContact": {"categoryCode": "1"},
        "deceased": False,
        **more,
    }


def send_one(api: httpx.Client, body: dict[str, Any], key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return api.post("/patients", files={"data": (None, json.dumps(body))}, headers=headers)


def test_patient_is_registered_with_hospital_number_id_and_age(api: httpx.Client) -> None:
    given = patient()
    answer = send_one(api, given)
    assert answer.status_code == 201
    data = answer.json()["data"]
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()
    assert data["hn"].startswith(f"{(today.year + 543) % 100:02d}")
    assert data["age"] == today.year - 1990 - ((today.month, today.day) < (2, 28))
    assert {field: data[field] for field in given} == given
    assert api.get(f"/patients/{data['ehrId']}").json()["data"] == data
    for look_up in ({"hn": data["hn"]}, {"idCardNo": given["idCardNo"]}):
        assert api.get("/patients", params=look_up).json() == {"items": [data], "total": 1}


def test_data_may_come_in_a_url_encoded_form_too(api: httpx.Client) -> None:
    assert api.post("/patients", data={"data": json.dumps(patient())}).status_code == 201


def test_hospital_numbers_count_up_and_leave_no_gap(api: httpx.Client) -> None:
    given = patient()
    first = int(send_one(api, given).json()["data"]["hn"])
    assert send_one(api, given).status_code == 409
    assert int(send_one(api, patient()).json()["data"]["hn"]) == first + 1


def test_known_identity_number_is_409(api: httpx.Client) -> None:
    given = patient()
    send_one(api, given)
    answer = send_one(api, {**given, "firstName": "อื่น"})
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")


@pytest.mark.parametrize(
    "changes",
    [
        {"idCardNo": "123"},
        {"gender": "F"},
        {"firstName": ""},
        {"birthDate": "28/02/1990"},
        {"birthDate": "2999-01-01"},
        {"aboBloodGroup": "C"},
        {"religionCode": "1"},
        {"officialAddress": {"stateCode": "1"}},
    ],
    ids=str,
)
def test_wrong_patient_is_422_and_the_message_names_the_field(api: httpx.Client, changes: dict[str, Any]) -> None:
    answer = send_one(api, patient(**changes))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert next(iter(changes)) in answer.json()["message"]


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({"files": {"other": (None, "{}")}}, "missing_field"),
        ({"files": {"data": (None, "{")}}, "invalid"),
        ({"content": b"{"}, "invalid"),
        ({"json": {}}, "invalid"),
        ({"json": [1]}, "invalid"),
    ],
    ids=str,
)
def test_body_that_is_no_patient_is_422(api: httpx.Client, request_body: dict[str, Any], code: str) -> None:
    answer = api.post("/patients", **request_body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_text_that_the_database_cannot_hold_is_422(api: httpx.Client) -> None:
    assert send_one(api, patient(firstName="a\0b")).status_code == 422


def test_batch_answers_for_each_patient(api: httpx.Client) -> None:
    good = patient()
    answer = api.post("/patients", json=[good, {**patient(), "gender": "?"}, good, patient()])
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result.get("code", result["outcome"]) for result in results] == [
        "created",
        "invalid",
        "duplicate",
        "created",
    ]
    assert [result["index"] for result in results] == [0, 1, 2, 3]
    assert answer.json()["summary"] == {"created": 2, "rejected": 2}
    assert results[0]["data"]["idCardNo"] == good["idCardNo"]


def test_repeated_batch_with_its_key_creates_nothing_twice(api: httpx.Client) -> None:
    batch, key = [patient(), patient()], uuid.uuid4().hex
    first, second = (api.post("/patients", json=batch, headers={"Idempotency-Key": key}) for _ in range(2))
    assert first.content == second.content
    assert first.json()["summary"] == {"created": 2, "rejected": 0}
    other = api.post("/patients", json=[patient()], headers={"Idempotency-Key": key})
    assert other.status_code == 409


def test_repeated_patient_with_its_key_gets_the_first_answer(api: httpx.Client) -> None:
    given, key = patient(), uuid.uuid4().hex
    first, second = send_one(api, given, key), send_one(api, given, key)
    assert (first.status_code, first.content) == (second.status_code, second.content)


def test_batch_of_more_than_1000_is_422(api: httpx.Client) -> None:
    answer = api.post("/patients", json=[{}] * 1_001)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many")


def test_patients_are_listed_in_order_of_their_numbers_and_paged(api: httpx.Client) -> None:
    api.post("/patients", json=[patient() for _ in range(5)])
    whole = api.get("/patients", params={"limit": 1_000}).json()
    numbers = [item["hn"] for item in whole["items"]]
    assert numbers == sorted(numbers)
    assert whole["total"] == len(numbers)
    page = api.get("/patients", params={"offset": 2, "limit": 2}).json()["items"]
    assert [item["hn"] for item in page] == numbers[2:4]


def test_unknown_patient_is_404(api: httpx.Client) -> None:
    assert api.get("/patients/nobody").status_code == 404


def test_built_in_codes_are_there(api: httpx.Client) -> None:
    assert api.get("/codes/gender").json() == {"items": [{"code": "male"}, {"code": "female"}], "total": 2}


def test_imported_codes_are_found(api: httpx.Client) -> None:
    table = f"t{uuid.uuid4().hex[:8]}"
    assert api.get(f"/codes/{table}").status_code == 404
    answer = api.post(f"/codes/{table}/import", files={"file": ("c.csv", "code,info.th.name\n099,ไทย\n001,อื่น\n")})
    assert answer.json()["summary"]["created"] == 2
    codes = [{"code": "001", "info.th.name": "อื่น"}, {"code": "099", "info.th.name": "ไทย"}]
    assert api.get(f"/codes/{table}").json() == {"items": codes, "total": 2}
