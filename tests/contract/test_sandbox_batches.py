"""The sandbox's Demographic API: patients in batches, their idempotency, many clients at once."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from seedbed.stack.postgres_service import Cluster
from tests.support.builders.sandbox_patients import held, outcomes, patient, send_batch, send_one
from tests.support.stack.sandbox_server import SandboxServer, new_sandbox, serve


@pytest.fixture(scope="module")
def api(sandbox_server: SandboxServer) -> Iterator[httpx.Client]:
    with client_of(sandbox_server) as client:
        yield client


def client_of(server: SandboxServer) -> httpx.Client:
    headers = {"Authorization": f"Bearer {server.tokens().token()}"}
    return httpx.Client(base_url=f"{server.url}/demographic", headers=headers, timeout=60, trust_env=False)


def test_batch_answers_for_each_patient(api: httpx.Client) -> None:
    known, good = patient(), patient()
    send_one(api, known)
    batch = [
        good,
        {**patient(), "gender": "?", "birthDate": None},
        good,
        {**good, "birthDate": "1990-03-01"},
        known,
        {**known, "familyName": "อื่น"},
        1,
        patient(),
    ]
    answer = send_batch(api, batch)
    assert outcomes(answer) == [
        "created",
        "invalid",
        "exists",
        "id_taken",
        "exists",
        "id_taken",
        "invalid",
        "created",
    ]
    results = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(8))
    assert answer.json()["summary"] == {"created": 2, "exists": 2, "rejected": 4}
    assert [fault["field"] for fault in results[1]["fields"]] == ["gender", "birthDate"]
    assert results[0]["data"] == results[2]["data"]
    assert good["idCardNo"] in results[3]["reason"]


def test_created_and_existing_patients_come_with_the_numbers_that_a_look_up_finds(api: httpx.Client) -> None:
    given = patient()
    for outcome in ("created", "exists"):
        result = send_batch(api, [given]).json()["results"][0]
        (found,) = held(api, given["idCardNo"])
        assert result["outcome"] == outcome
        assert result["data"] == {name: found[name] for name in ("idCardNo", "hn", "ehrId", "age")}


def test_spaces_around_a_name_make_no_other_person(api: httpx.Client) -> None:
    given = patient()
    send_one(api, given)
    assert outcomes(send_batch(api, [{**given, "firstName": f" {given['firstName']} "}])) == ["exists"]


def test_hospital_numbers_follow_the_order_of_the_batch_without_a_gap(api: httpx.Client) -> None:
    batch = [patient(), patient(gender="?"), patient(), patient()]
    numbers = [int(r["data"]["hn"]) for r in send_batch(api, batch).json()["results"] if r["outcome"] == "created"]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_list_may_stand_in_an_object(api: httpx.Client) -> None:
    assert outcomes(api.post("/patients", json={"patients": [patient()]})) == ["created"]


def test_empty_list_has_an_empty_answer(api: httpx.Client) -> None:
    assert api.post("/patients", json=[]).json()["results"] == []


@pytest.mark.parametrize(
    "content", [b"{", b"{}", b"1", b'{"patients": {}}', b"[NaN]", b'["\\ud800"]', b"\xff"], ids=str
)
def test_body_that_is_no_list_of_patients_is_422(api: httpx.Client, content: bytes) -> None:
    answer = api.post("/patients", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


@pytest.mark.parametrize("value", ["a\0b", {"deep": ["\0"]}, 1e999], ids=["NUL", "NUL within", "infinite"])
def test_what_the_database_cannot_hold_is_one_patients_fault(api: httpx.Client, value: Any) -> None:
    body = json.dumps([patient(note=value), patient(note="\\u0000")]).replace("Infinity", "1e999")
    answer = api.post("/patients", content=body, headers={"Content-Type": "application/json"})
    assert outcomes(answer) == ["invalid", "created"]
    assert answer.json()["results"][0]["fields"][0]["field"] == "note"


def test_batch_of_more_than_1000_is_422_and_a_body_above_1_mib_413(api: httpx.Client) -> None:
    answer = api.post("/patients", json=[{}] * 1_001)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many")
    assert api.post("/patients", json=[patient(note="x" * (1 << 20))]).status_code == 413


# Idempotency-Key


def test_repeated_batch_with_its_key_gets_the_first_answer(api: httpx.Client) -> None:
    batch, key = [patient(), patient(gender="?"), patient()], uuid.uuid4().hex
    first, second = (send_batch(api, batch, key) for _ in range(2))
    assert first.content == second.content
    assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
    assert outcomes(second) == ["created", "invalid", "created"]
    assert outcomes(send_batch(api, batch)) == ["exists", "invalid", "exists"]


def test_key_with_other_content_is_409_and_has_no_effect(api: httpx.Client) -> None:
    key, other = uuid.uuid4().hex, patient()
    send_batch(api, [patient()], key)
    answer = send_batch(api, [other], key)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    assert held(api, other["idCardNo"]) == []


def test_key_of_a_refused_body_may_be_used_again(api: httpx.Client) -> None:
    key = uuid.uuid4().hex
    assert api.post("/patients", json={}, headers={"Idempotency-Key": key}).status_code == 422
    assert outcomes(send_batch(api, [patient()], key)) == ["created"]


@pytest.mark.parametrize("known_before", [False, True], ids=["created", "exists"])
def test_answer_is_not_given_again_once_one_of_its_patients_has_been_removed(
    api: httpx.Client, known_before: bool
) -> None:
    batch, key = [patient(), patient(gender="?"), patient()], uuid.uuid4().hex
    if known_before:
        send_batch(api, batch)
    first = send_batch(api, batch, key)
    gone = first.json()["results"][2]["data"]["hn"]
    assert api.delete(f"/patients/{gone}").status_code == 204
    second, third = (send_batch(api, batch, key) for _ in range(2))
    assert outcomes(second) == ["exists", "invalid", "created"]
    assert "Idempotent-Replayed" not in second.headers
    assert second.json()["results"][2]["data"]["hn"] != gone
    assert (third.content, third.headers["Idempotent-Replayed"]) == (second.content, "true")


def test_key_is_free_again_once_a_patient_of_its_answer_has_been_removed(api: httpx.Client) -> None:
    one, key = patient(), uuid.uuid4().hex
    hn = send_batch(api, [one], key).json()["results"][0]["data"]["hn"]
    assert send_batch(api, [patient()], key).status_code == 409
    api.delete(f"/patients/{hn}")
    assert outcomes(send_batch(api, [patient()], key)) == ["created"]


def test_removing_others_leaves_an_answer_as_it_is(api: httpx.Client) -> None:
    other = send_batch(api, [patient()]).json()["results"][0]["data"]["hn"]
    for batch in ([], [patient(gender="?")], [patient()]):
        key = uuid.uuid4().hex
        first = send_batch(api, batch, key)
        api.delete(f"/patients/{other}")
        assert send_batch(api, batch, key).headers["Idempotent-Replayed"] == "true", first.text


def test_patients_and_answers_survive_the_sandboxs_death(cluster: Cluster, tmp_path: Path) -> None:
    server, _ = new_sandbox(cluster, tmp_path)
    batch, answers = [patient(), patient()], []
    for _ in range(2):
        process = serve(server, tmp_path)
        with client_of(server) as api:
            answers.append(send_batch(api, batch, "the key"))
            last = send_batch(api, [patient()]).json()["results"][0]["data"]["hn"]
            assert api.delete(f"/patients/{last}").status_code == 204
            assert api.get("/patients/count").json() == {"total": 2}
        process.kill()
        process.wait(10)
    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert last[-5:] == "00004"


# Many at once


def at_once(calls: list[Any]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(*call) for call in calls]]


def test_of_equal_batches_at_once_one_creates_and_the_others_are_told(api: httpx.Client) -> None:
    batch = [patient() for _ in range(20)]
    answers = at_once([(send_batch, api, batch if turn % 2 else batch[::-1]) for turn in range(6)])
    tally = Counter(outcome for answer in answers for outcome in outcomes(answer))
    assert tally == {"created": 20, "exists": 100}
    numbers = {(r["data"]["idCardNo"], r["data"]["hn"]) for answer in answers for r in answer.json()["results"]}
    assert len(numbers) == 20


def test_of_two_persons_with_one_citizen_id_at_once_one_is_refused(api: httpx.Client) -> None:
    given = patient()
    answers = at_once([(send_batch, api, [{**given, "firstName": name}]) for name in ("หนึ่ง", "สอง")])
    assert sorted(outcome for answer in answers for outcome in outcomes(answer)) == ["created", "id_taken"]


def test_of_equal_forms_at_once_one_is_created(api: httpx.Client) -> None:
    given = patient()
    answers = at_once([(send_one, api, given)] * 6)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 5}
    assert len(held(api, given["idCardNo"])) == 1


def test_of_equal_keys_at_once_one_does_the_work(api: httpx.Client) -> None:
    batch, key = [patient() for _ in range(20)], uuid.uuid4().hex
    answers = at_once([(send_batch, api, batch, key)] * 8)
    assert len({answer.content for answer in answers}) == 1
    assert outcomes(answers[0]) == ["created"] * 20
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1


def test_of_equal_keys_at_once_one_does_the_work_anew_after_a_removal(api: httpx.Client) -> None:
    batch, key = [patient() for _ in range(20)], uuid.uuid4().hex
    for result in send_batch(api, batch, key).json()["results"]:
        api.delete(f"/patients/{result['data']['hn']}")
    answers = at_once([(send_batch, api, batch, key)] * 8)
    assert len({answer.content for answer in answers}) == 1
    assert outcomes(answers[0]) == ["created"] * 20
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1


def test_hospital_numbers_given_at_once_are_all_different(api: httpx.Client) -> None:
    answers = at_once([(send_batch, api, [patient() for _ in range(10)]) for _ in range(8)])
    numbers = [result["data"]["hn"] for answer in answers for result in answer.json()["results"]]
    assert len(set(numbers)) == 80
