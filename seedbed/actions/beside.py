"""What a validation warns of beside rows and rules: files that nobody reads, are absent, may have been cut off, or are gone."""

from collections.abc import Iterator, Sequence

from seedbed.actions.house import House
from seedbed.actions.select import catalogue_of
from seedbed.actions.sources import shown_path
from seedbed.actions.verdict import Verdict
from seedbed.content.strays import Stray
from seedbed.core.differences import Comparison
from seedbed.core.report import Check
from seedbed.core.spec import Entity

CUT = "ends without a line end: it may have been cut off"
NO_FILE = "no file, and not judged"


def loaded_of(house: House, entities: Sequence[Entity]) -> list[Entity]:
    """Those of the entities that a run of this house loads unless it is told otherwise."""
    usual = catalogue_of(house).usual
    return [entity for entity in entities if not usual or entity.id in usual]


def warn_of_strays(house: House, strays: Sequence[Stray]) -> Iterator[Check]:
    """A warning for each file that belongs to no entity."""
    for stray in strays:
        meant = f"did you mean {stray.near}? " if stray.near else ""
        shown = shown_path(stray.path, house.root)
        yield Check(shown, "WARN", "belongs to no entity: nobody reads it", f"{meant}rename it, or keep it elsewhere")


def warn_of_absent(absent: Sequence[Entity]) -> Iterator[Check]:
    """One warning for all entities that a run would load and that have no file."""
    if absent:
        names = ", ".join(entity.id for entity in absent)
        step = "bring their files: a run fails where one is not there; or name in the environment's file what it loads"
        yield Check("files", "WARN", f"{NO_FILE}: {names}", step)


def warn_of_cut(verdicts: Sequence[Verdict]) -> Iterator[Check]:
    """A warning for each file that ends within a line; one that several entities read counts once."""
    for file in dict.fromkeys(file for verdict in verdicts for file in verdict.cut):
        yield Check(file, "WARN", CUT, "look at its last row; where that is whole, end it with a line end")


def warn_of_gone(comparison: Comparison | None) -> Iterator[Check]:
    """A warning for each file that stood at the revision and stands no more."""
    for one in comparison.counted if comparison else ():
        if one.state == "gone":
            step = "bring it back, or let a reviewer say that it is no longer wanted"
            yield Check(one.file, "WARN", "the file is gone", step)
