"""The last step: the report as files, and as artifacts in Prefect's UI."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from seedbed.actions.house import Run
from seedbed.actions.report import Outcome, write_report
from seedbed.core.errors import SeedbedError
from seedbed.core.report import Check, Report, total
from seedbed.settings import read
from seedbed.wiring import house
from tasks.policy import EVERY_TIME, RETRIES

SKIPS_IN_THE_UI = 50
COUNTS = ("read", "inserted", "updated", "unchanged", "skipped", "sent", "failed")


@dataclass(frozen=True, slots=True)
class Ending:
    """What the flow knows at its end."""

    started: float
    data_dirs: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    checks: list[dict[str, Any]] = field(default_factory=list)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    error: SeedbedError | None = None


@task(name="report", task_run_name="report", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def publish_report(run: dict[str, Any], units: list[str], ending: Ending) -> dict[str, Any]:
    """Writes the run's files and artifacts; returns the report."""
    outcome = Outcome(
        time.time() - ending.started,
        tuple(Check(**check) for check in ending.checks),
        tuple(ending.verdicts),
        ending.notes,
        ending.error,
        ending.data_dirs,
    )
    report = write_report(house(), Run(**run), outcome, units=units)
    publish_artifacts(report, ending.verdicts)
    return report.to_json()


def publish_artifacts(report: Report, verdicts: list[dict[str, Any]]) -> None:
    """The report in Prefect's UI: a summary, entities, skips, changes, checks of the audit, and a link to the page."""
    url = f"{read().REPORTS_URL.rstrip('/')}/{report.run}/report.html" if read().REPORTS_URL else ""
    if url:
        create_link_artifact(
            link=url, link_text=f"Report of {report.run}", key="report", description="The run on one page"
        )
    create_markdown_artifact(key="summary", markdown=summary(report, url), description=f"Run {report.run}")
    rows = [
        {"module": e.module, "entity": e.entity, "target": e.target, **{n: getattr(e, n) for n in COUNTS}}
        for e in report.entities
    ]
    create_table_artifact(key="entities", table=rows, description="Rows by entity")
    if report.skips:
        shown = [
            {"entity": s.entity, "file": s.file, "row": s.row, "key": s.key, "reason": s.reason, "message": s.message}
            for s in report.skips[:SKIPS_IN_THE_UI]
        ]
        create_table_artifact(
            key="skips", table=shown, description=f"{len(shown)} of {report.skipped_total} skipped rows"
        )
    updated = [{"entity": e.entity, "rows changed": e.updated} for e in report.entities if e.updated]
    if updated:
        create_table_artifact(
            key="changes", table=updated, description="Rows changed; every cell stands in changes.csv"
        )
    checks = [
        {
            "entity": v["entity"],
            "rule": c["rule"],
            "status": c["status"],
            "rows": c["named_failures"],
            "other rows": c["other_failures"],
        }
        for v in verdicts
        for c in v["checks"]
    ]
    if checks:
        create_table_artifact(key="audit", table=checks, description="What the result suites found")


def summary(report: Report, url: str) -> str:
    """The run in a few lines of Markdown."""
    whole = total(report.entities)
    counts = ", ".join(f"{getattr(whole, name):,} {name}" for name in COUNTS if getattr(whole, name) or name == "read")
    lines = [f"# {report.verb} {report.run}: {report.state}", "", f"{len(report.entities)} entities: {counts}."]
    if report.error:
        lines += ["", f"**{report.error.message}**", "", f"Next: {report.error.next}"]
    reasons = Counter(skip.reason for skip in report.skips)
    if reasons:
        lines += ["", "Skipped: " + ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())]
    lines += [f"- {note}" for note in report.notes]
    lines += ["", *(f"- {name}: {place}" for name, place in report.targets.items())]
    if url:
        lines += ["", f"[Report]({url})"]
    return "\n".join(lines)
