"""Pages for people: one self-contained HTML file a run, and one that lists the runs. Nothing in them is fetched from anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from seedbed.core.html_page import Headline, HtmlPage, plural
from seedbed.database.ledger.registered_rows import DRAWN

Json = Mapping[str, Any]
SKIPS_SHOWN = 50
COUNTS = ("read", "inserted", "updated", "unchanged", "skipped", "sent", "failed")
REMOVED = "removed"  # by a cleanup: a column of its pages alone
LEFT = ("retired", "deactivated")  # keys that are no longer in the files: no part of the rows read
LINKED = {"portrait": "Charts", "patients": "Patients"}  # kinds of files that a run's page leads to
ORDER = {"FAIL": 0, "WARN": 1, "SKIP": 2, "PASS": 3}


def render(report: Json, test_results: Sequence[Json]) -> str:
    """The page of one run, from its report (`Report.to_json`) and the verdicts of its audit (`TableVerdict.to_json`)."""
    entities = report.get("entities", ())
    totals = _totals(entities)
    return render_page(
        "run.html.j2",
        report=report,
        headline=run_headline(report, test_results),
        counts=(*COUNTS, REMOVED) if totals[REMOVED] else COUNTS,
        totals=totals,
        modules=_by_module(entities),
        links=_links(report.get("files", ())),
        left=_left(entities),
        gone=_gone(entities),
        retired=report.get("retired", ())[:SKIPS_SHOWN],
        skips=report.get("skips", ())[:SKIPS_SHOWN],
        reasons=report.get("skip_counts", ()),
        test_results=sorted(map(_seen, test_results), key=lambda result: (ORDER[result["status"]], result["entity"])),
        checks=sorted(report.get("checks", ()), key=lambda check: ORDER[check["status"]]),
    )


def index_entry(report: Json, test_results: Sequence[Json], href: str) -> dict[str, Any]:
    """One run as a line of the index, plain JSON; `href`: its page, relative to the index."""
    totals = _totals(report.get("entities", ()))
    facts = {name: report[name] for name in ("run", "verb", "state", "seconds")}
    counts = {"read": totals["read"], "changed": totals["inserted"] + totals["updated"]}
    return {
        **facts,
        **counts,
        "skipped": report.get("skipped_total", 0),
        "href": href,
        **asdict(run_headline(report, test_results)),
    }


def index_entry_without_report(run: str, verb: str, state: str, said: Headline, href: str) -> dict[str, Any]:
    """A run that has no report, or none of its last attempt, as a line of the index; `href`: where to look instead, "" for nowhere."""
    counts = dict.fromkeys(("seconds", "read", "changed", "skipped"))
    return {"run": run, "verb": verb, "state": state, **counts, "href": href, **asdict(said)}


def render_index(runs: Sequence[Json]) -> str:
    """The page that lists runs, given their summaries; the latest first."""
    return render_page("index.html.j2", runs=sorted(runs, key=lambda run: run["run"], reverse=True))


def run_headline(report: Json, test_results: Sequence[Json]) -> Headline:
    """What the run comes to, and what to do now."""
    error = report.get("error")
    refused = [result for result in test_results if not result["success"]]
    if error:
        return Headline("bad", f"The run failed: {error['message'].rstrip('.')}.", sentence(error["next"]) or LOOK)
    if refused:
        return Headline(
            "bad", f"The audit refuses {_listed([result['entity'] for result in refused])}{_broken(refused)}.", RETRY
        )
    if report["state"] != "completed":
        return Headline("bad", "The run failed.", LOOK)
    return _good(report, test_results)


LOOK = "Read the log of the task that failed, then press Retry: what is done stays done."
RETRY = "Correct the rows named below in their files, then press Retry: only what changed is loaded again."


def _good(report: Json, test_results: Sequence[Json]) -> Headline:
    entities = report.get("entities", ())
    skipped = report.get("skipped_total", 0)
    warned = sum(check["status"] == "WARN" for result in test_results for check in result["checks"])
    totals = _totals(entities)
    done = f"{plural(len(entities), 'entity', 'entities')} with {plural(totals['read'], 'row', 'rows')}"
    removed = f"; {plural(totals[REMOVED], 'row', 'rows')} removed" if totals[REMOVED] else ""
    skipped_words = f"{plural(skipped, 'row was', 'rows were')} skipped" if skipped else "none skipped"
    warning = f"; {plural(warned, 'rule warns', 'rules warn')}" if warned else ""
    quiet = "Look at the warnings below when you have time." if warned else "Nothing to do."
    gone = _gone(entities)
    inactive = f"; {plural(gone['deactivated'], 'row', 'rows')} set inactive" if gone["deactivated"] else ""
    look = "Look whether the keys listed below should have left the files." if gone["retired"] else quiet
    step = _corrections(report) if skipped else look
    return Headline("good", f"The run completed: {done}, {skipped_words}{removed}{inactive}{warning}.", step)


def _broken(refused: Sequence[Json]) -> str:
    rows = sum(check["named_failures"] for result in refused for check in result["checks"] if check["status"] == "FAIL")
    return f": {plural(rows, 'row of this run breaks', 'rows of this run break')} a rule" if rows else ""


def sentence(text: str) -> str:
    """The text as a sentence; "" stays."""
    return text[:1].upper() + text[1:].rstrip(".") + "." if text else ""


def _corrections(report: Json) -> str:
    drawn = {skip["entity"] for skip in report.get("skips", ()) if skip["file"] == DRAWN}
    paths = [PurePosixPath(file["path"]) for file in report.get("files", ()) if file["kind"] == "rejects"]
    rejects = [path for path in paths if path.stem not in drawn]
    if drawn and not rejects:
        return "The rows listed below say why; they were drawn, so that no file can be corrected."
    if not rejects:
        return "Correct the rows listed below in their files; the next run takes them in."
    return f"Correct them in {rejects[0]} and load that folder as a second --data-dir."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 5 else ""
    return ", ".join(names[:4] if more else names) + more


def _totals(entities: Sequence[Json]) -> dict[str, int]:
    """Sums of the counts; a report of an older version does not say what was removed."""
    return {name: sum(entity.get(name, 0) for entity in entities) for name in (*COUNTS, REMOVED)}


def _links(files: Sequence[Json]) -> list[tuple[str, str]]:
    """What to call it, and where it is, of each file beside the run's page, or below, that one wants to open."""
    folder = next((PurePosixPath(file["path"]).parent for file in files if file["kind"] == "report"), None)
    return [
        (LINKED[file["kind"]], PurePosixPath(file["path"]).relative_to(folder).as_posix())
        for file in files
        if folder and file["kind"] in LINKED and PurePosixPath(file["path"]).is_relative_to(folder)
    ]


def _gone(entities: Sequence[Json]) -> dict[str, int]:
    return {name: sum(entity[name] for entity in _left(entities)) for name in LEFT}


def _left(entities: Sequence[Json]) -> list[Json]:
    """The entities of which keys have left the files; a report of an older version says nothing of them."""
    return [{**dict.fromkeys(LEFT, 0), **entity} for entity in entities if entity.get("retired")]


def _by_module(entities: Sequence[Json]) -> dict[str, list[Json]]:
    modules: dict[str, list[Json]] = {}
    for entity in entities:
        modules.setdefault(entity["module"], []).append(entity)
    return modules


def _seen(result: Json) -> dict[str, Any]:
    """A verdict with its worst status, its rules sorted by theirs."""
    checks = sorted(result["checks"], key=lambda check: ORDER[check["status"]])
    return {**result, "checks": checks, "status": checks[0]["status"] if checks else "PASS"}


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


@cache
def _environment() -> Environment:
    loader = PackageLoader("seedbed.pages", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "duration": _duration,
        "number": "{:,}".format,
        "words": lambda name: name.replace("_", " "),
    }
    return environment


def html(page: HtmlPage) -> str:
    """The page as HTML."""
    return render_page(page.template, **page.values)


def render_page(template: str, **values: Any) -> str:
    """A page from one of our templates; what is filled in is escaped."""
    return _environment().get_template(template).render(**values)
