"""Two versions of a file -> the rows that were added, removed and changed, by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np
import pandas as pd

from seedbed.core.differences import DIFFERENCES_SHOWN, Cell, FileComparison, FileState, RowDifference
from seedbed.core.spec import Entity
from seedbed.master_data.keys import display_key, key_texts


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One version of a file, whole: its rows as text under canonical names, and their row numbers.

    `faults`: position -> what a record with too many or too few cells has besides its cells under the header, by name.
    """

    text: pd.DataFrame
    rows: np.ndarray
    faults: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


def compare_versions(entity: Entity, file: str, before: FileVersion, after: FileVersion) -> FileComparison:
    """The rows of `after` beside those of `before`. Rows that share a key are paired in the order in which they stand.

    A column that one version lacks counts as empty there. Bytes are not seen here: a file that is the same in every cell and every
    order of rows is `rewritten`.
    """
    old, new = _numbered(entity, before.text), _numbered(entity, after.text)
    old_at, new_at = new.get_indexer(old), old.get_indexer(new)  # -1: not there
    removed, added = np.flatnonzero(old_at < 0), np.flatnonzero(new_at < 0)
    kept = np.flatnonzero(new_at >= 0)
    columns = list(dict.fromkeys([*after.text.columns, *before.text.columns]))
    was, now = _cells(before, columns)[new_at[kept]], _cells(after, columns)[kept]
    faults = _other_faults(before, after, new_at[kept], kept)
    differs = (was != now).any(axis=1)
    differs[list(faults)] = True
    changed = np.flatnonzero(differs)
    found = chain(
        (
            _changed(entity, after, int(kept[at]), (*_differing(columns, was[at], now[at]), *faults.get(int(at), ())))
            for at in changed
        ),
        (_added(entity, after, int(at)) for at in added),
        (_removed(entity, before, int(at)) for at in removed),
    )
    gained = tuple(name for name in after.text.columns if name not in before.text.columns)
    lost = tuple(name for name in before.text.columns if name not in after.text.columns)
    is_reordered = bool((np.diff(new_at[kept]) < 0).any())
    state: FileState = "changed" if len(added) + len(removed) + len(changed) or gained or lost else "rewritten"
    return FileComparison(
        entity.module_id,
        entity.id,
        file,
        "reordered" if state == "rewritten" and is_reordered else state,
        *(len(added), len(removed), len(changed)),
        gained,
        lost,
        "the rows stand in another order" if is_reordered else "",
        tuple(islice(found, DIFFERENCES_SHOWN)),
    )


def _numbered(entity: Entity, text: pd.DataFrame) -> pd.Index:
    """The rows' keys, each with how often it stood before: unique."""
    keys = key_texts(entity, text).astype("object").reset_index(drop=True)
    return pd.MultiIndex.from_arrays([keys, keys.groupby(keys).cumcount()])


def _cells(version: FileVersion, columns: list[str]) -> np.ndarray:
    return version.text.reindex(columns=columns, fill_value="").to_numpy(dtype=object)


def _differing(columns: list[str], was: np.ndarray, now: np.ndarray) -> tuple[Cell, ...]:
    pairs = zip(columns, was, now, strict=True)
    return tuple(Cell(column, str(old), str(new)) for column, old, new in pairs if old != new)


def _other_faults(
    before: FileVersion, after: FileVersion, old: np.ndarray, new: np.ndarray
) -> dict[int, tuple[Cell, ...]]:
    """Which of the pairs of rows have other faults -> how these differ."""
    if not before.faults and not after.faults:
        return {}
    pairs = enumerate(zip(old.tolist(), new.tolist(), strict=True))
    found = {at: _faults_differing(before.faults.get(was, {}), after.faults.get(now, {})) for at, (was, now) in pairs}
    return {at: cells for at, cells in found.items() if cells}


def _faults_differing(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[Cell, ...]:
    names = dict.fromkeys((*was, *now))
    return tuple(
        Cell(name, was.get(name, ""), now.get(name, "")) for name in names if was.get(name, "") != now.get(name, "")
    )


def _changed(entity: Entity, version: FileVersion, at: int, cells: tuple[Cell, ...]) -> RowDifference:
    return RowDifference(entity.id, "changed", _key(entity, version, at), int(version.rows[at]), cells)


def _added(entity: Entity, version: FileVersion, at: int) -> RowDifference:
    cells = tuple(Cell(name, None, cell) for name, cell in _filled(version, at))
    return RowDifference(entity.id, "added", _key(entity, version, at), int(version.rows[at]), cells)


def _removed(entity: Entity, version: FileVersion, at: int) -> RowDifference:
    cells = tuple(Cell(name, cell, None) for name, cell in _filled(version, at))
    return RowDifference(entity.id, "removed", _key(entity, version, at), int(version.rows[at]), cells)


def _filled(version: FileVersion, at: int) -> Iterator[tuple[str, str]]:
    cells = ((str(name), str(cell)) for name, cell in version.text.iloc[at].items() if cell != "")
    return chain(cells, version.faults.get(at, {}).items())


def _key(entity: Entity, version: FileVersion, at: int) -> str:
    return display_key(str(key_texts(entity, version.text.iloc[[at]]).iloc[0]))
