"""What a server's response says: its JSON, its results, its reasons."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx


def rejection_message(answer: httpx.Response) -> str:
    """Why a server refused a whole upload, in its own words as far as it has any."""
    body = response_json(answer)
    detail = body.get("detail", body) if isinstance(body, Mapping) else {}
    said = reason_of(detail) if isinstance(detail, Mapping) else str(detail)[:300]
    return f"{answer.status_code} {said}".strip()


def results_of(answer: httpx.Response, *, by: str) -> Mapping[int, Mapping[str, Any]]:
    """The entries of an answer's `results`, each under its number, which stands in the field `by`."""
    body = response_json(answer)
    listed = body.get("results") if isinstance(body, Mapping) else None
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return {}
    return {item[by]: item for item in listed if isinstance(item, Mapping) and isinstance(item.get(by), int)}


def reason_of(result: Mapping[str, Any]) -> str:
    """Why a server refused something, in its own words: code and reason, as far as it has them."""
    said = (result.get("code"), result.get("reason") or result.get("message") or result.get("error"))
    return ": ".join(str(word) for word in said if word)[:300]


def response_json(answer: httpx.Response) -> Any:
    """What an answer holds as JSON; None where it is none."""
    try:
        return answer.json()
    except ValueError:
        return None
