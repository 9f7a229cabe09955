"""Judges entities' files one after the other; what they refer to is looked up in the files."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from seedbed.actions.context import AppContext
from seedbed.actions.csv.entity_parts import EntityBlocks
from seedbed.actions.csv.sources import sources_of
from seedbed.actions.validate.file_result import FileResult, FileResultBuilder, UncheckedReason
from seedbed.content.csv_blocks import ends_with_newline
from seedbed.content.find_files import has_file
from seedbed.content.suites import Language, read_suite
from seedbed.core.errors import SeedbedError
from seedbed.core.messages.message import Message, in_language
from seedbed.core.rows import PreparedBlock, SkippedRow
from seedbed.core.spec import Entity, sort_by_dependency
from seedbed.master_data.prepare import Lookup
from seedbed.validation.row_rules import COUNT_RULES, header_kinds, row_rule

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FileChecker:
    """What one validation judges and has found so far.

    `held`: entity and column -> the cells of its right rows, for columns that others point at. `lacking`: entity -> why nothing can
    be looked up in its file. `left_out`: as `held`, of its rows that are left out -> file and row.
    """

    context: AppContext
    data_dirs: Sequence[Path]
    chosen: frozenset[str]
    language: Language = "en"
    valid_cells: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    skipped_cells: dict[tuple[str, str], dict[str, tuple[str, int]]] = field(default_factory=lambda: defaultdict(dict))
    unavailable: dict[str, UncheckedReason] = field(default_factory=dict)
    results: dict[str, FileResult] = field(default_factory=dict)

    def check_files(self) -> Iterator[SkippedRow]:
        """Judges the chosen files and, for their keys, those that they refer to; gives the chosen files' bad rows, as they are found."""
        for entity in sort_by_dependency(self._needed()):
            if entity.id in self.chosen:
                yield from self._check_file(entity)
            elif has_file(self.data_dirs, entity):
                log.debug("read for its keys only entity=%s", entity.id)
                for _ in self._check_file(entity):
                    pass  # whoever asks for this entity is told of its rows
            else:
                self.unavailable[entity.id] = "absent"

    def _needed(self) -> list[Entity]:
        """The chosen entities and all that they refer to, directly or through others."""
        found: dict[str, Entity] = {}
        waiting = [self.context.entities[name] for name in self.context.entities if name in self.chosen]
        while waiting:
            entity = waiting.pop()
            if entity.id not in found:
                found[entity.id] = entity
                waiting += [self.context.entities[c.references.entity] for c in entity.references if c.references]
        return [entity for name, entity in self.context.entities.items() if name in found]

    def _check_file(self, entity: Entity) -> Iterator[SkippedRow]:
        lookup, unlooked = self._lookup(entity)
        builder = FileResultBuilder(entity, self.language, unlooked)
        try:
            for found in self._parts(entity, lookup, builder):
                part = replace(found, skips=tuple(self._traced(entity, row) for row in found.skips))
                builder.lacks = builder.lacks or self._lacks(entity, part)
                builder.add(part)
                self._remember_valid(entity, part)
                self._remember_skipped(entity, part)
                yield from (self._translated(row) for row in part.skips)
        except SeedbedError as error:
            log.info("file refused entity=%s error=%s", entity.id, error)
            builder.fail(error)
            self.unavailable[entity.id] = "refused" if has_file(self.data_dirs, entity) else "absent"
        result = builder.build()
        log.info("checked entity=%s read=%d skipped=%d", entity.id, result.read, result.skipped)
        if entity.id in self.chosen:
            self.results[entity.id] = result

    def _parts(self, entity: Entity, lookup: Lookup, builder: FileResultBuilder) -> Iterator[PreparedBlock]:
        sources = sources_of(self.data_dirs, entity, root=self.context.root)
        builder.file = sources[0].shown_as
        builder.cut = tuple(s.shown_as for s in sources if not ends_with_newline(s.path, shown_as=s.shown_as))
        yield from EntityBlocks(
            self.context,
            entity,
            sources,
            lookup,
            language=self.language,
            on_row_warnings=builder.warn,
            on_file_warning=builder.warn_of_file,
        )

    def _lookup(self, entity: Entity) -> tuple[Lookup, dict[str, tuple[str, UncheckedReason]]]:
        """For each reference column the cells that are right; and the columns of which nobody can say."""
        lookup: dict[str, Mapping[str, str]] = {}
        unlooked: dict[str, tuple[str, UncheckedReason]] = {}
        for column in entity.references:
            reference = column.references
            if reference is None:
                continue
            if why := self.unavailable.get(reference.entity):
                unlooked[column.headers[0]] = (reference.entity, why)
                lookup[column.name] = defaultdict(str)  # every cell is taken for right: the cause is said once
            else:
                lookup[column.name] = dict.fromkeys(self.valid_cells[reference.entity, reference.by], "")
        return lookup, unlooked

    def _remember_valid(self, entity: Entity, part: PreparedBlock) -> None:
        if part.block is None:
            return
        text = part.block.source.text
        for name in self._pointed_at(entity):
            header = entity.column(name).headers[0]
            if header in text.columns:
                self.valid_cells[entity.id, name].update(text[header].tolist())

    def _remember_skipped(self, entity: Entity, part: PreparedBlock) -> None:
        named = {name: entity.column(name).headers[0] for name in self._pointed_at(entity)}
        for row in part.skips if named else ():
            cells = dict(zip(row.header, row.cells, strict=True))
            for name, header in named.items():
                if cells.get(header):
                    self.skipped_cells[entity.id, name].setdefault(cells[header], (row.skip.file, row.skip.row))

    def _traced(self, entity: Entity, row: SkippedRow) -> SkippedRow:
        """The same row; where it refers to a row that is itself left out, it says so: the fault is there."""
        params = row.skip.params
        for column in entity.references if row.skip.code == "reference-unknown" else ():
            reference = column.references
            if reference is None or column.headers[0] != params["column"]:
                continue
            if place := self.skipped_cells[reference.entity, reference.by].get(params["value"]):
                what = {"column": params["column"], "value": params["value"], "file": place[0], "row": place[1]}
                return _with_message(row, Message("reference-skipped", **what))
        return row

    def _lacks(self, entity: Entity, part: PreparedBlock) -> tuple[str, ...]:
        """The columns that the entity's rules judge and that its file does not have."""
        headers = part.block.source.text.columns if part.block else part.skips[0].header if part.skips else ()
        flags = {c.headers[0] for c in entity.columns if c.kind == "boolean" and c.default is not None}  # default holds
        absent = header_kinds(entity).keys() - flags - {*headers}
        if not (len(headers) and absent):
            return ()
        suite = read_suite(self.context.expectations, entity, "rows", self.language)
        kinds = header_kinds(entity)
        rules = [rule for rule in suite["expectations"] if rule["type"] not in COUNT_RULES]
        judged = {column for rule in rules for column in row_rule(entity.id, rule, kinds).columns}
        return tuple(sorted(absent & judged))

    def _pointed_at(self, entity: Entity) -> set[str]:
        pointing = (column.references for other in self.context.entities.values() for column in other.references)
        return {reference.by for reference in pointing if reference and reference.entity == entity.id}

    def _translated(self, row: SkippedRow) -> SkippedRow:
        return _with_message(row, in_language(row.skip.message, self.language))


def _with_message(row: SkippedRow, message: str) -> SkippedRow:
    return replace(row, skip=replace(row.skip, message=message, code=""))
