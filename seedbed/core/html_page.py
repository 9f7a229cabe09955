"""The content of an HTML page, before a template renders it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Headline:
    """The first thing that an operator reads: good, bad or not known yet, one sentence, the next step."""

    tone: Literal["good", "bad", "open"]
    sentence: str
    next_step: str


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A page: the name of its template (`patients.html.j2`) and the template's values."""

    template: str
    values: Mapping[str, Any]


def plural(count: int, one: str, many: str) -> str:
    """A count with its noun: `1 row`, `2,000 rows`."""
    return f"{count:,} {one if count == 1 else many}"
