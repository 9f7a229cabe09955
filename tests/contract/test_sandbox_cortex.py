"""The sandbox's Cortex API: what an import says of every row, and what it does not do twice."""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from seedbed.core.spec import Entity
from seedbed.datasets.registry import ENTITIES
from seedbed.sandbox.cortex.cortex_app import RESOURCES
from tests.support.stack.sandbox_server import SandboxServer


@pytest.fixture(scope="module")
def cortex(sandbox_server: SandboxServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox_server.tokens().token()}"}
    with httpx.Client(base_url=sandbox_server.cortex, headers=headers, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def code() -> str:
    return uuid.uuid4().hex[:10]


def send(cortex: httpx.Client, content: str | bytes, key: str = "", resource: str = "labs") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return cortex.post(f"/{resource}/import", files={"file": ("labs.csv", content)}, headers=headers)


def outcomes(answer: httpx.Response) -> list[tuple[int, str]]:
    assert answer.status_code == 200, answer.text
    return [(result["row"], result.get("code", result["outcome"])) for result in answer.json()["results"]]


def test_rows_are_created_then_unchanged_then_updated(cortex: httpx.Client, code: str) -> None:
    content = f"code,info.th.name\n{code}-1,หนึ่ง\n{code}-2,two\n"
    assert outcomes(send(cortex, content)) == [(2, "created"), (3, "created")]
    assert outcomes(send(cortex, content)) == [(2, "unchanged"), (3, "unchanged")]
    assert outcomes(send(cortex, content.replace("two", "2"))) == [(2, "unchanged"), (3, "updated")]
    assert cortex.get(f"/labs/{code}-2").json() == {"code": f"{code}-2", "info.th.name": "2"}


def test_a_column_that_the_file_lacks_is_left_alone(cortex: httpx.Client, code: str) -> None:
    send(cortex, f"code,name,unit\n{code},a,mg\n")
    assert outcomes(send(cortex, f"code,name\n{code},b\n")) == [(2, "updated")]
    assert cortex.get(f"/labs/{code}").json() == {"code": code, "name": "b", "unit": "mg"}


def test_wrong_rows_are_rejected_by_row_with_code_and_reason_and_the_others_go_on(
    cortex: httpx.Client, code: str
) -> None:
    rows = [
        f"{code}-1,a",
        "",
        ",b",
        f"{code}-1,c",
        f"{code}-2",
        f'{code}-3,"line\nbreak"',
        f"{'x' * 101},d",
        f"{code}-4,e",
    ]
    answer = send(cortex, "code,name\n" + "\n".join(rows) + "\n")
    assert outcomes(answer) == [
        (2, "created"),
        (4, "missing_key"),
        (5, "duplicate_in_upload"),
        (6, "wrong_cell_count"),
        (7, "created"),
        (8, "key_too_long"),
        (9, "created"),
    ]
    assert answer.json()["summary"] == {"rows": 7, "created": 3, "updated": 0, "unchanged": 0, "rejected": 4}
    assert all(result["reason"] for result in answer.json()["results"] if result["outcome"] == "rejected")
    assert cortex.get(f"/labs/{code}-1").json()["name"] == "a"


def test_character_nul_is_rejected(cortex: httpx.Client, code: str) -> None:
    assert outcomes(send(cortex, f"code,name\n{code},a\0b\n")) == [(2, "invalid_character")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "malformed_csv"),
        (b'code,name\nA,"open\n', "malformed_csv"),
        (b'code,name\nA,"a"b\n', "malformed_csv"),
        ("code,name\nA,ก\n".encode("cp874"), "malformed_csv"),
        (b"code,code\nA,B\n", "malformed_csv"),
        (b"name\nA\n", "missing_column"),
    ],
    ids=["empty", "open quote", "text after a quote", "windows-874", "column twice", "no key column"],
)
def test_file_that_is_wrong_as_a_whole_is_422(cortex: httpx.Client, content: bytes, code: str) -> None:
    answer = send(cortex, content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_byte_order_mark_and_crlf_are_understood(cortex: httpx.Client, code: str) -> None:
    assert outcomes(send(cortex, f"code,name\r\n{code},a\r\n".encode("utf-8-sig"))) == [(2, "created")]
    assert cortex.get(f"/labs/{code}").json() == {"code": code, "name": "a"}


def test_form_without_a_boundary_is_400_as_other_refusals_are_worded(cortex: httpx.Client) -> None:
    answer = cortex.post("/labs/import", content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert (answer.status_code, answer.json()["code"], set(answer.json())) == (400, "bad_request", {"code", "message"})


def test_offset_that_no_database_counts_to_is_422(cortex: httpx.Client) -> None:
    answer = cortex.get("/labs", params={"offset": 10**25})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert cortex.get("/labs", params={"offset": 2**63 - 1}).json()["items"] == []


def test_request_without_a_file_is_422(cortex: httpx.Client) -> None:
    assert cortex.post("/labs/import").json()["code"] == "invalid_request"


def test_same_idempotency_key_and_content_is_answered_once_and_word_for_word(cortex: httpx.Client, code: str) -> None:
    content = f"code,name\n{code},a\n"
    first, second = send(cortex, content, key=code), send(cortex, content, key=code)
    assert outcomes(first) == [(2, "created")]
    assert (first.content, "true") == (second.content, second.headers["Idempotent-Replayed"])
    assert outcomes(send(cortex, content, key=f"{code}-other")) == [(2, "unchanged")]


def test_same_idempotency_key_with_other_content_is_409(cortex: httpx.Client, code: str) -> None:
    send(cortex, f"code,name\n{code},a\n", key=code)
    answer = send(cortex, f"code,name\n{code},b\n", key=code)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    assert cortex.get(f"/labs/{code}").json()["name"] == "a"


def test_idempotency_key_of_a_refused_request_may_be_used_again(cortex: httpx.Client, code: str) -> None:
    assert send(cortex, "name\nA\n", key=code).status_code == 422
    assert outcomes(send(cortex, f"code,name\n{code},a\n", key=code)) == [(2, "created")]


def test_the_same_request_at_the_same_time_has_one_effect(cortex: httpx.Client, code: str) -> None:
    content = "code,name\n" + "".join(f"{code}-{number},a\n" for number in range(500))
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(send(cortex, content, key=code))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].json()["summary"]["created"] == 500


def test_imports_of_the_same_rows_at_the_same_time_create_each_row_once(cortex: httpx.Client, code: str) -> None:
    rows = [f"{code}-{number},a\n" for number in range(300)]
    contents = ["code,name\n" + "".join(order) for order in (rows, rows[::-1]) * 3]
    created: list[int] = []
    threads = [
        threading.Thread(target=lambda text=text: created.append(send(cortex, text).json()["summary"]["created"]))
        for text in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(created) == [0, 0, 0, 0, 0, 300]


def test_body_above_one_mebibyte_is_413_and_the_connection_stays_usable(cortex: httpx.Client, code: str) -> None:
    assert send(cortex, "code,name\n" + "x" * (1 << 20)).status_code == 413
    largest = f"code,name\n{code},"
    assert outcomes(send(cortex, largest + "x" * 100_000)) == [(2, "created")]


def test_list_is_in_order_of_keys_and_paged(cortex: httpx.Client, code: str) -> None:
    send(cortex, "code\n" + "".join(f"{code}-{letter}\n" for letter in "bca"), resource="inventory-uoms")
    listed: list[str] = []
    while True:
        page: dict[str, Any] = cortex.get("/inventory-uoms", params={"offset": len(listed), "limit": 2}).json()
        listed += [item["code"] for item in page["items"]]
        if len(listed) >= page["total"]:
            break
    assert listed == sorted(listed)
    assert [key for key in listed if key.startswith(code)] == [f"{code}-{letter}" for letter in "abc"]


def test_key_may_have_a_slash_and_thai_letters(cortex: httpx.Client, code: str) -> None:
    send(cortex, f"code\n{code}/ก ข\n")
    assert cortex.get(f"/labs/{code}/ก ข").json() == {"code": f"{code}/ก ข"}


def test_resources_do_not_mix(cortex: httpx.Client, code: str) -> None:
    send(cortex, f"code\n{code}\n", resource="labs")
    assert cortex.get(f"/imagings/{code}").json()["code"] == "not_found"


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("GET", "/nothing/x"), ("POST", "/nothing/import")])
def test_unknown_resource_is_404_and_lists_the_known_ones(cortex: httpx.Client, method: str, path: str) -> None:
    answer = cortex.request(method, path, files={"file": ("a.csv", "code\nA\n")} if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_resource")
    assert all(resource in answer.json()["message"] for resource in RESOURCES)


@pytest.mark.parametrize("params", [{"offset": -1}, {"limit": 0}, {"limit": 1_001}, {"limit": "many"}], ids=str)
def test_page_that_cannot_be_is_422(cortex: httpx.Client, params: dict[str, Any]) -> None:
    assert cortex.get("/labs", params=params).status_code == 422


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_resource_imports_lists_and_gets(cortex: httpx.Client, code: str, resource: str) -> None:
    header, cells = ",".join(RESOURCES[resource]), ",".join(code for _ in RESOURCES[resource])
    assert outcomes(send(cortex, f"{header}\n{cells}\n", resource=resource)) == [(2, "created")]
    assert cortex.get(f"/{resource}").json()["total"] >= 1


@pytest.mark.parametrize("entity", [e for e in ENTITIES.values() if e.target == "cortex_api"], ids=lambda e: e.name)
def test_resource_of_every_entity_is_known_and_has_the_entitys_key(entity: Entity) -> None:
    assert RESOURCES.get(entity.resource) == entity.key_headers
