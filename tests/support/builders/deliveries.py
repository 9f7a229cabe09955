"""Entities, parts and deliveries for tests of targets."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from seedbed.core.report import Skip
from seedbed.core.rows import Block, PreparedBlock, SkippedRow, TextBlock
from seedbed.core.spec import Column, Entity
from seedbed.master_data.keys import key_texts
from seedbed.master_data.shape import shape
from seedbed.targets.port import Delivery

DELIVERY = Delivery("run-1", "lab", digest="d1")
LAB = Entity(
    "lab_item",
    "lab",
    (
        Column("code", required=True),
        Column("info", "json", parts=("info.th.name", "info.en.name")),
        Column("rank", "integer"),
        Column("active", "boolean", required=True, default=True),
    ),
    target="cortex_api",
    resource="labs",
)


def part_of(entity: Entity, rows: Iterable[dict[str, str]], *, skipped: int = 0, first_row: int = 2) -> PreparedBlock:
    """A part whose rows may all go on, after `skipped` rows that may not."""
    text = pd.DataFrame(list(rows), dtype="str")
    numbers = np.arange(first_row, first_row + len(text), dtype=np.int64)
    source = TextBlock(f"data/{entity.path}", numbers, text)
    block = Block(source, shape(entity, text)[0], key_texts(entity, text))
    skips = tuple(
        SkippedRow(Skip(entity.name, source.file, 900 + n, f"x{n}", "invalid", "bad"), ("code",), (f"x{n}",))
        for n in range(skipped)
    )
    return PreparedBlock(len(text) + skipped, block, skips)


def labs(count: int, *, start: int = 0, name: str = "ตรวจ") -> list[dict[str, str]]:
    """Rows of the lab entity, with a column of which the entity knows nothing."""
    return [
        {
            "code": f"{n:05}",
            "info.th.name": f"{name} {n}",
            "info.en.name": f'Test, "{n}"\nline 2',
            "rank": str(n),
            "active": "TRUE",
            "_row": str(n),
        }
        for n in range(start, start + count)
    ]
