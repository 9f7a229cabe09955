"""What a validation warns of beside rows and rules: files that nobody reads, are absent, may have been cut off, or are gone."""

from collections.abc import Iterator, Sequence

from seedbed.actions.catalogue import catalogue_of
from seedbed.actions.context import AppContext
from seedbed.actions.csv.sources import shown_path
from seedbed.actions.validate.file_result import FileResult
from seedbed.content.unknown_files import UnknownFile
from seedbed.core.differences import Comparison
from seedbed.core.messages.message import Message
from seedbed.core.report import Check
from seedbed.core.spec import Entity


def entities_loaded_by_default(context: AppContext, entities: Sequence[Entity]) -> list[Entity]:
    """Those of the entities that a run of this context loads unless it is told otherwise."""
    usual = catalogue_of(context).usual
    return [entity for entity in entities if not usual or entity.id in usual]


def warning(file: str, message: Message) -> Check:
    """A warning of a file, with the next step of its message."""
    return Check(file, "WARN", message, message.next_step)


def warn_unknown_files(context: AppContext, unknown: Sequence[UnknownFile]) -> Iterator[Check]:
    """A warning for each file that belongs to no entity."""
    for stray in unknown:
        yield warning(shown_path(stray.path, context.root), Message("file-unknown", near=stray.similar_path))


def warn_missing_files(absent: Sequence[Entity]) -> Iterator[Check]:
    """One warning for all entities that a run would load and that have no file."""
    if absent:
        yield warning("files", Message("files-absent", entities=[entity.id for entity in absent]))


def warn_truncated_files(results: Sequence[FileResult]) -> Iterator[Check]:
    """A warning for each file that ends within a line; one that several entities read counts once."""
    for file in dict.fromkeys(file for result in results for file in result.cut):
        yield warning(file, Message("file-cut"))


def warn_deleted_files(comparison: Comparison | None) -> Iterator[Check]:
    """A warning for each file that stood at the revision and stands no more."""
    for one in comparison.unique_files if comparison else ():
        if one.state == "gone":
            yield warning(one.file, Message("file-gone"))
