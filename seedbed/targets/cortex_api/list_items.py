"""What a Cortex-style API lists: pages of items, read as the text of CSV cells, and compared with it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from seedbed.core.errors import DataError, UserError
from seedbed.core.spec import Entity, Kind
from seedbed.targets.http.client import ApiClient

PAGE = 500
Item = Mapping[str, Any]


def pages(client: ApiClient, entity: Entity) -> Iterator[list[Item]]:
    """Everything that the API holds of an entity, a page at a time."""
    offset = 0
    before: list[Item] = []
    while True:
        items, total = _page(client, entity, offset)
        if items and items == before:
            raise DataError(
                f"{client.name} lists the same page of {entity.id} for every offset", code="unexpected-answer"
            )
        before = items
        if items:
            yield items
        offset += len(items)
        if not items or (total is not None and offset >= total):
            return


def _page(client: ApiClient, entity: Entity, offset: int) -> tuple[list[Item], int | None]:
    path = f"/{entity.resource.strip('/')}"
    answer = client.request("GET", path, params={"offset": offset, "limit": PAGE})
    if not answer.is_success:
        next_step = f"check that the URL of the {client.name} is the API's root"
        raise UserError(
            f"{client.name}: GET {path} answered {answer.status_code}", next_step=next_step, code="unexpected-answer"
        )
    try:
        body = answer.json()
    except ValueError:
        body = None
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise DataError(f"{client.name}: GET {path} did not answer with a list of items", code="unexpected-answer")
    total = body.get("total") if isinstance(body, dict) else None
    return items, total if isinstance(total, int) else None


def cell(item: Item, header: str) -> str:
    """The item's value for a CSV header as the cell's text: `info.th.name` stands flat or nested."""
    if header in item:
        return _text(item[header])
    value: Any = item
    for step in header.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, list):
        return ",".join(_text(part) for part in value)
    return str(value)


def kinds(entity: Entity) -> dict[str, Kind]:
    """The kind of each CSV header."""
    return {header: column.kind for column in entity.columns for header in column.headers}


def same(kind: Kind, left: str, right: str) -> bool:
    """Whether two cells mean the same value."""
    if left == right:
        return True
    if kind == "boolean":
        return left.lower() == right.lower()
    if kind in ("integer", "decimal") and left and right:
        try:
            return Decimal(left) == Decimal(right)
        except InvalidOperation:
            return False
    return kind == "list" and [part.strip() for part in left.split(",")] == [part.strip() for part in right.split(",")]
