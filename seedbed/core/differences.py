"""What changed between two versions of master data, as values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

DIFFERENCES_SHOWN = 1_000
FAULT = "(fault)"  # a cell's column: what is wrong with the row as a whole
DifferenceKind = Literal["added", "removed", "changed"]
FileState = Literal["unchanged", "changed", "reordered", "rewritten", "moved", "new", "gone", "unreadable"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a row that differs, as text; None where the row is not there."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row that was added, removed or changed, with its cells that differ; `row` is where it stands now, or stood."""

    entity: str
    kind: DifferenceKind
    key: str
    row: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class FileComparison:
    """One entity's file beside an earlier version of it.

    `state`: `reordered` where the same rows stand in another order, `rewritten` where only bytes differ (line ends, quotes, order of
    columns, ...), `moved` where the same bytes stand in another file, `unreadable` where a version cannot be read as a whole;
    `message` says what people should know of it. `differences`: the first ones; the counts are whole. `came_from`: the file that it
    was, where that was another, in another data directory for example. `counted_with`: the entity that reads the same file and whose
    rows count in the sums, "" where its own do.
    """

    module: str
    entity: str
    file: str
    state: FileState
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    message: str = ""
    differences: tuple[RowDifference, ...] = ()
    came_from: str = ""
    counted_with: str = ""

    @property
    def total(self) -> int:
        """How many rows differ."""
        return self.added + self.removed + self.changed


@dataclass(frozen=True, slots=True)
class Comparison:
    """The files beside a revision: `commits` says which commit it is in each data directory."""

    against: str
    commits: Mapping[str, str] = field(default_factory=dict)
    files: tuple[FileComparison, ...] = ()

    @property
    def unique_files(self) -> tuple[FileComparison, ...]:
        """Each file once."""
        return tuple(one for one in self.files if not one.counted_with)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: the files that differ in any way, how many are unchanged, and the first thousand differences."""
        differing = [{**asdict(one), "total": one.total} for one in self.files if one.state != "unchanged"]
        rows = [row for one in differing for row in one.pop("differences")]
        return {
            "against": self.against,
            "commits": dict(self.commits),
            "unchanged": sum(one.state == "unchanged" for one in self.unique_files),
            "entities": differing,
            "differences": rows[:DIFFERENCES_SHOWN],
            "differences_total": sum(one.total for one in self.unique_files),
        }
