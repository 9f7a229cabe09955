"""Judges master data without loading it: files are read, typed, judged and looked up in each other; no server is asked."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from seedbed.actions.catalogue import Catalogue, catalogue_of
from seedbed.actions.context import AppContext, Run
from seedbed.actions.csv.sources import shown_path
from seedbed.actions.runs.start_run import check_output
from seedbed.actions.runs.write_report import write_skips
from seedbed.actions.setup.select import SetupRequest, entities_of, select
from seedbed.actions.validate.check_files import FileChecker
from seedbed.actions.validate.compare import compare_files, had_file, open_revisions
from seedbed.actions.validate.file_result import WARNING, FileResult, count_files
from seedbed.actions.validate.file_warnings import (
    entities_loaded_by_default,
    warn_deleted_files,
    warn_missing_files,
    warn_truncated_files,
    warn_unknown_files,
)
from seedbed.content.find_files import REJECTS_ALONE, check_directories, has_corrections, has_file
from seedbed.content.suites import Language
from seedbed.content.unknown_files import find_unknown_files
from seedbed.core.differences import Comparison
from seedbed.core.errors import DataError, SeedbedError, UserError, failure_of
from seedbed.core.messages.message import Message
from seedbed.core.report import SKIPS_SHOWN, Check, File, Report, Skip, SkipCount
from seedbed.core.rows import SkippedRow
from seedbed.core.spec import Entity
from seedbed.pages.validate_pages import render_validation

PAGE = "validate.html"


@dataclass(frozen=True, slots=True)
class ValidateRequest:
    """What a validation was asked for; without entities and modules: every entity that has a file. `against`: a git revision.

    `is_all`: whether the data directories are all that a run loads, so that an entity without a file is warned of.
    """

    entities: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    data_dirs: tuple[Path, ...] = ()
    against: str | None = None
    language: Language = "en"
    strict: bool = False
    is_all: bool = False


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation's report, and what only people and reviews want: each file's verdict, and the comparison.

    `beside`: those of the report's checks that warn of files, not of rows and rules.
    """

    report: Report
    file_results: tuple[FileResult, ...]
    comparison: Comparison | None = None
    file_warnings: tuple[Check, ...] = ()

    @property
    def warnings(self) -> int:
        """How many things only warn."""
        return sum(check.status == "WARN" for check in self.report.checks)

    def to_json(self) -> dict[str, Any]:
        """The JSON document: the report's, and the comparison where one was asked for."""
        compared = {"comparison": self.comparison.to_json()} if self.comparison else {}
        return {**self.report.to_json(), **compared}


def validate(context: AppContext, run: Run, request: ValidateRequest) -> Validation:
    """Judges the files, compares them with a revision where one is named, and writes the page and the bad rows.

    A bad row or file is in the report, not raised; UserError where the request is wrong.
    """
    began = time.monotonic()
    check_directories(request.data_dirs)
    revisions = open_revisions(request.data_dirs, request.against) if request.against is not None else []
    catalogue = replace(catalogue_of(context), withholds_fictitious=False, usual=frozenset())
    chosen, absent = _chosen(context, request, catalogue)
    check_output(context)
    bench = FileChecker(context, request.data_dirs, frozenset(entity.id for entity in chosen), request.language)
    kept = _Kept()
    files = write_skips(context, run, kept.passing(bench.check_files()))
    results = tuple(bench.results[entity.id] for entity in chosen)
    compared = [*chosen, *(entity for entity in absent if had_file(revisions, entity))]
    comparison = compare_files(context, revisions, compared) if revisions else None
    missing = entities_loaded_by_default(context, absent) if request.is_all else []
    strays = find_unknown_files(request.data_dirs, context.entities.values(), _open_to(context, request, catalogue))
    file_warnings = (
        *warn_unknown_files(context, strays),
        *warn_missing_files(missing),
        *warn_truncated_files(results),
        *warn_deleted_files(comparison),
    )
    report = _report(run, request, results, kept, file_warnings)
    page = context.output / run.name / PAGE
    report = replace(
        report,
        seconds=round(time.monotonic() - began, 3),
        files=(*files, File("page", shown_path(page, context.root))),
        notes=tuple(_notes([entity for entity in absent if entity not in missing], results)),
    )
    done = Validation(report, results, comparison, file_warnings)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(_page(done, request), encoding="utf-8")
    return done


class _Kept:
    """The first skips and how many there are for each reason, kept while the rows pass on their way into files."""

    def __init__(self) -> None:
        self.first: list[Skip] = []
        self.counted: Counter[tuple[str, str]] = Counter()

    def passing(self, rows: Iterator[SkippedRow]) -> Iterator[SkippedRow]:
        for row in rows:
            self.counted[row.skip.entity, row.skip.reason] += 1
            if len(self.first) < SKIPS_SHOWN:
                self.first.append(row.skip)
            yield row


def _chosen(context: AppContext, request: ValidateRequest, catalogue: Catalogue) -> tuple[list[Entity], list[Entity]]:
    """What is judged, in order, and the entities that nobody named and that have no file."""
    named = _named(request, catalogue)
    open_to = _open_to(context, request, catalogue)
    absent = [entity for entity in open_to if not has_file(request.data_dirs, entity)]
    judged = named | {entity.id for entity in open_to if entity not in absent}
    if not judged:
        folders = f"its folders are called {', '.join(dict.fromkeys(e.path.split('/')[0] for e in open_to))}"
        raise UserError(
            f"no file of a known entity in {', '.join(str(folder) for folder in request.data_dirs)}",
            next_step=REJECTS_ALONE if has_corrections(request.data_dirs, open_to) else folders,
            code="data-directory",
        )
    wanted = SetupRequest("entity", entities=tuple(sorted(judged)), data_dirs=request.data_dirs)
    return entities_of(select(wanted, catalogue)), absent


def _named(request: ValidateRequest, catalogue: Catalogue) -> set[str]:
    return {name for given in request.entities for name in catalogue.resolve(given)}


def _open_to(context: AppContext, request: ValidateRequest, catalogue: Catalogue) -> list[Entity]:
    """The entities that nobody named and that are judged where they have a file."""
    named = _named(request, catalogue)
    modules = {catalogue.module(given) for given in request.modules}
    asks = bool(named or modules)
    return [e for e in context.entities.values() if e.id not in named and (not asks or e.module_id in modules)]


def _report(
    run: Run, request: ValidateRequest, results: Sequence[FileResult], kept: _Kept, file_warnings: Sequence[Check]
) -> Report:
    checks = (*(check for result in results for check in _checks(result, request.language)), *file_warnings)
    error = _error(request, results, sum(check.status == "WARN" for check in checks))
    return Report(
        verb=run.verb,
        run=run.name,
        state="failed" if error else "completed",
        entities=tuple(result.report for result in results),
        skips=tuple(kept.first),
        skipped_total=sum(result.skipped for result in results),
        skip_counts=tuple(SkipCount(*what, rows) for what, rows in kept.counted.most_common()),
        checks=checks,
        error=failure_of(error) if error else None,
    )


def _error(request: ValidateRequest, results: Sequence[FileResult], warned: int) -> SeedbedError | None:
    """What ends the validation with exit code 3."""
    refused = [result for result in results if result.error]
    skipped = sum(result.skipped for result in results)
    counted = warned if request.strict else 0
    if not (refused or skipped or counted):
        return None
    of_rules = [result.error.code == "suite-invalid" for result in refused if result.error]
    what = "files"
    if any(of_rules):
        what = "rules" if all(of_rules) and not skipped else "rules-and-files"
    counts: dict[str, Any] = {"refused": count_files(refused), "skipped": skipped, "warned": counted or ""}
    return DataError(Message("validation-failed", step=Message(f"correct-{what}"), **counts))


def _checks(result: FileResult, language: Language) -> Iterator[Check]:
    """A file that is refused fails; a rule that only warns, and a column that nobody could look up, warn."""
    if result.error:
        error = result.error
        yield Check(result.entity, "FAIL", *error.said_in(language), code=error.code, params=error.params)
    for rule in result.rules:
        if rule.severity == WARNING:
            numbers = [str(row.row) for row in rule.examples] + (["..."] if rule.rows > len(rule.examples) else [])
            said = Message("rule-warns", language, rows=rule.rows, examples=numbers, sentence=rule.sentence)
            yield Check(result.entity, "WARN", said if rule.rows else rule.sentence)
    for column, (entity, why) in result.unlooked.items():
        yield Check(result.entity, "WARN", Message(f"reference-file-{why}", language, column=column, entity=entity))


def _notes(absent: Sequence[Entity], results: Sequence[FileResult]) -> Iterator[str]:
    if absent:
        yield Message("files-absent", entities=[entity.id for entity in absent])
    for result in results:
        if result.lacks:
            yield Message("rules-without-columns", file=result.file, columns=list(result.lacks))


def _page(done: Validation, request: ValidateRequest) -> str:
    files = [_plain(result, request.language) for result in done.file_results]
    file_warnings = [asdict(check) for check in done.file_warnings]
    return render_validation(done.to_json(), files, language=request.language, file_warnings=file_warnings)


def _plain(result: FileResult, language: Language) -> Mapping[str, Any]:
    message, step = result.error.said_in(language) if result.error else ("", "")
    return {**asdict(replace(result, error=None)), "error": {"message": message, "next": step} if message else None}
