"""Patients as the Demographic API takes them, and how they are sent in both of its profiles."""

import itertools
import json
from typing import Any

import httpx

from seedbed.sandbox.demographic.patient_payload import check_digit

ADDRESS = {"line": "1/2", "stateCode": "10", "districtCode": "1001", "cityCode": "100101", "postalCode": "10200"}

_numbers = itertools.count(1)


def citizen_id() -> str:
    """A number with a right check digit that no other patient of this process has."""
    first_12 = f"9{next(_numbers):011d}"
    return first_12 + check_digit(first_12)


def patient(**more: Any) -> dict[str, Any]:
    return {
        "mode": "cid",
        "idCardNo": citizen_id(),
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
        "officialAddress": ADDRESS,
        "currentAddress": ADDRESS,
        "informationGiverContact": {"categoryCode": "1"},
        "deceased": False,
        **more,
    }


def send_one(api: httpx.Client, body: dict[str, Any], **headers: str) -> httpx.Response:
    """One patient as the single profile sends it."""
    return api.post("/patients", files={"data": (None, json.dumps(body))}, headers=headers)


def send_batch(api: httpx.Client, bodies: list[Any], key: str = "") -> httpx.Response:
    """Patients as the batch profile sends them."""
    return api.post("/patients", json=bodies, headers={"Idempotency-Key": key} if key else {})


def outcomes(answer: httpx.Response) -> list[str]:
    """What became of each patient of a batch: the code of a refusal, else the outcome."""
    assert answer.status_code == 200, answer.text
    return [result.get("code", result["outcome"]) for result in answer.json()["results"]]


def held(api: httpx.Client, number: str) -> list[dict[str, Any]]:
    """The patients with that citizen id."""
    items: list[dict[str, Any]] = api.get("/patients", params={"idCardNo": number}).json()["items"]
    return items
