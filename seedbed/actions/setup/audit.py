"""After loading: the result suites judge what the targets hold of the rows that this run's files name."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from seedbed.actions.context import AppContext, Run
from seedbed.actions.csv.sources import Source, sources_of
from seedbed.actions.setup.select import ModuleUnit, SetupRequest
from seedbed.content.csv_blocks import read_blocks
from seedbed.content.layouts import layout_of
from seedbed.content.suites import read_suite
from seedbed.core.errors import DataError, SeedbedError
from seedbed.core.report import EntityReport
from seedbed.core.spec import Entity
from seedbed.database.ledger.run_records import record_failed_tests
from seedbed.database.ledger.run_results import receipts_of, skips_of
from seedbed.validation.frame_tests import audit_frame
from seedbed.validation.table_reports import Key, TableAuditResult
from seedbed.validation.table_test_results import TableAudit
from seedbed.validation.table_tests import audit_tables

Skipped = Callable[[], Collection[tuple[str, int]]]  # file and row
ACCOUNTED = ("inserted", "updated", "unchanged", "sent")


def audit(context: AppContext, run: Run, request: SetupRequest, units: Sequence[ModuleUnit]) -> list[dict[str, Any]]:
    """A verdict an entity, as plain JSON; what is refused is noted, so that a retry loads it again."""
    receipts = {receipt.entity: receipt for receipt in receipts_of(context.database(), run.root)}
    audits = [
        _audit_of(context, run, request, entity, receipts[entity.id])
        for unit in units
        for entity in unit.entities
        if entity.id in receipts
    ]
    tables = [one for one in audits if one.entity.target == "postgres"]
    test_results = audit_tables(context.database(), tables, context.entities)
    test_results += [_audit_elsewhere(context, one) for one in audits if one.entity.target != "postgres"]
    refused = [result.entity for result in test_results if not result.success]
    if refused:
        record_failed_tests(context.database(), run.attempt_ref, refused)
    return [result.to_json() for result in test_results]


def _audit_of(
    context: AppContext, run: Run, request: SetupRequest, entity: Entity, receipt: EntityReport
) -> TableAudit:
    suite = read_suite(context.expectations, entity, "table")
    sources = sources_of(request.data_dirs, entity, root=context.root)

    def skipped() -> set[tuple[str, int]]:
        skips = (row.skip for row in skips_of(context.database(), run.root))
        return {(skip.file, skip.row) for skip in skips if skip.entity == entity.id}

    accounted = sum(getattr(receipt, name) for name in ACCOUNTED)
    return TableAudit(
        entity, suite, {"rows_accounted": accounted}, lambda keys: keys_in_files(entity, sources, keys, skipped)
    )


def keys_in_files(
    entity: Entity, sources: Sequence[Source], keys: Collection[Key], skipped: Skipped = frozenset
) -> set[Key]:
    """Those of the keys that the files name; read again only where the audit has found something.

    `skipped`: gives file and row of what this run left out, which is no reason to refuse the rows that stood there before.
    """
    wanted = set(keys)
    found: set[Key] = set()
    left_out = skipped() if wanted else frozenset()
    for source in sources if wanted else ():
        for block in read_blocks(source.path, layout_of(entity), shown_as=source.shown_as):
            cells = block.text.reindex(columns=list(entity.key_headers), fill_value="")
            rows = zip(block.rows.tolist(), cells.itertuples(index=False, name=None), strict=True)
            found |= {
                key
                for row, cell in rows
                if (key := tuple(map(str, cell))) in wanted and (block.file, row) not in left_out
            }
    return found


def _audit_elsewhere(context: AppContext, one: TableAudit) -> TableAuditResult:
    """The audit of an API's or Keycloak's rows, as it gives them back."""
    frames = list(context.target(one.entity.target).read(one.entity))
    frame = (
        pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(one.entity.headers), dtype="str")
    )
    return audit_frame(one, frame, dict(_known(context, one.entity)))


def _known(context: AppContext, entity: Entity) -> Iterator[tuple[str, Collection[str]]]:
    for column in entity.references:
        reference = column.references
        if reference:
            referred = context.entities[reference.entity]
            held: Mapping[str, str] = context.target(referred.target).ids(
                referred, by=reference.by, take=reference.take
            )
            yield column.headers[0], set(held)


def failed_tests_error(test_results: Sequence[dict[str, Any]]) -> SeedbedError | None:
    """The error that a refusal is; None where the audit passed."""
    refused = [result for result in test_results if not result["success"]]
    if not refused:
        return None
    rules = [check["rule"] for check in refused[0]["checks"] if check["status"] == "FAIL"]
    names = ", ".join(result["entity"] for result in refused)
    return DataError(
        f"the audit refuses {names}: {', '.join(rules[:3])}",
        next_step="correct the CSV or the rule, then retry",
        code="tests-failed",
    )
