"""A run's report as artifacts in Prefect's UI."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from seedbed.actions.csv.sources import shown_path
from seedbed.core.report import EntityReport, File, Report, total
from seedbed.datasets.registry import PATIENT
from seedbed.settings import read_settings
from seedbed.wiring import app_context

SKIPS_IN_THE_UI = 50
OF_PATIENTS = (
    ("inserted", "created"),
    ("unchanged", "there already"),
    ("skipped", "skipped"),
    ("failed", "not made"),
    ("sent", "would be made"),
)
SHOWN_ELSEWHERE = ("report", "json")  # the report is what the summary links to
COUNTS = ("read", "inserted", "updated", "unchanged", "skipped", "sent", "failed", "removed", "retired", "deactivated")


def publish_artifacts(report: Report, test_results: list[dict[str, Any]]) -> None:
    """The report in Prefect's UI: a summary, entities, skips, changes, checks of the audit, and a link to the page."""
    url = f"{read_settings().REPORTS_URL.rstrip('/')}/{report.run}/report.html" if read_settings().REPORTS_URL else ""
    if url:
        create_link_artifact(
            link=url, link_text=f"Report of {report.run}", key="report", description="The run on one page"
        )
    create_markdown_artifact(key="summary", markdown=summary_markdown(report, url), description=f"Run {report.run}")
    for (key, description), rows in tables(report, test_results).items():
        if rows or key == "entities":
            create_table_artifact(key=key, table=rows, description=description)


def tables(report: Report, test_results: list[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The artifacts' keys and descriptions, and their rows."""
    shown = report.skips[:SKIPS_IN_THE_UI]
    return {
        ("entities", "Rows by entity"): [
            {"module": e.module, "entity": e.entity, "target": e.target, **{n: getattr(e, n) for n in COUNTS}}
            for e in report.entities
        ],
        ("skips-by-reason", "Skipped rows by entity and reason"): [asdict(count) for count in report.skip_counts],
        ("skips", f"{len(shown)} of {report.skipped_total} skipped rows"): [
            {name: value for name, value in asdict(skip).items() if name != "params"} for skip in shown
        ],
        ("changes", "Rows changed; every cell stands in changes.csv"): [
            {"entity": e.entity, "rows changed": e.updated} for e in report.entities if e.updated
        ],
        ("retired", "Keys that earlier runs wrote and the files no longer have; all of them in retired.csv"): [
            asdict(one) for one in report.retired[:SKIPS_IN_THE_UI]
        ],
        ("audit", "What the result suites found"): [
            {
                "entity": result["entity"],
                **{name: check[name] for name in ("rule", "status", "named_failures", "other_failures")},
            }
            for result in test_results
            for check in result["checks"]
        ],
    }


def summary_markdown(report: Report, url: str) -> str:
    """The run in a few lines of Markdown."""
    whole = total(report.entities)
    counts = ", ".join(f"{getattr(whole, name):,} {name}" for name in COUNTS if getattr(whole, name) or name == "read")
    lines = [f"# {report.verb} {report.run}: {report.state}", ""]
    patients = [patients_summary(e) for e in report.entities if e.entity == PATIENT.id]
    if len(report.entities) > len(patients):
        lines += [f"{len(report.entities)} entities: {counts}.", ""]
    lines += [f"{said}." for said in patients]
    if report.error:
        lines += ["", f"**{report.error.message}**", "", f"Next: {report.error.next}"]
    if report.skip_counts:
        lines += ["", "Skipped: " + ", ".join(f"{one.rows} {one.entity} ({one.reason})" for one in report.skip_counts)]
    lines += ["", *(f"- {file.kind}: {place}" for file, place in file_links(report.files, report.run, url))]
    lines += ["", *(f"- {note}" for note in report.notes)]
    lines += ["", *(f"- {name}: {place}" for name, place in report.targets.items())]
    if url:
        lines += ["", f"[Report]({url})"]
    return "\n".join(lines)


def patients_summary(patients: EntityReport) -> str:
    """What has become of patients, as in `200 patients: 180 created, 20 there already`."""
    said = ", ".join(f"{getattr(patients, name):,} {word}" for name, word in OF_PATIENTS if getattr(patients, name))
    return f"{patients.read:,} patient{'s' if patients.read != 1 else ''}: {said}"


def file_links(files: Iterable[File], run: str, url: str) -> Iterator[tuple[File, str]]:
    """The files beside the report with where they are: a link, where they lie in the folder whose page has the address `url`."""
    folder = shown_path(app_context().output / run, app_context().root)
    for file in files:
        if file.kind in SHOWN_ELSEWHERE:
            continue
        within = file.path.removeprefix(f"{folder}/")
        is_served = url and within != file.path
        yield file, f"[{file.path}]({url.rpartition('/')[0]}/{within})" if is_served else f"`{file.path}`"
