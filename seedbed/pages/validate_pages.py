"""The page of a validation, in English or Thai: one self-contained HTML file for those who edit master data."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seedbed.core.differences import FAULT
from seedbed.core.html_page import Headline
from seedbed.core.messages.message import in_language
from seedbed.core.messages.sentence import MessageLanguage
from seedbed.pages.page_words import WORDS
from seedbed.pages.run_pages import render_page

Json = Mapping[str, Any]
DIFFERENCES_SHOWN = 200


def render_validation(
    report: Json, files: Sequence[Json], *, language: MessageLanguage, file_warnings: Sequence[Json] = ()
) -> str:
    """The page, from the validation's JSON document and its files' verdicts; their messages are in the language already.

    `beside`: those of the document's checks that warn of files, not of rows and rules.
    """
    words = WORDS[language]
    refused = [file for file in files if file["error"]]
    found = [file for file in files if file["rules"] or file["unlooked"]]
    warnings = sum(check["status"] == "WARN" for check in report.get("checks", ()))
    return render_page(
        "validate.html.j2",
        language=language,
        words=words,
        report=report,
        headline=_headline(words, report, files, warnings=warnings),
        file_count=_count(files),
        refused_count=_count(refused),
        read=sum(file["read"] for file in files),
        warnings=warnings,
        file_warnings=[f"{check['name']}: {in_language(check['message'], language)}" for check in file_warnings],
        notes=[in_language(note, language) for note in report.get("notes", ())],
        refused=refused,
        findings=sorted(map(_seen, found), key=lambda file: not file["skipped"]),
        sound=[file for file in files if file not in refused and file not in found],
        compared=_compared(report.get("comparison"), language),
    )


def _count(files: Iterable[Json]) -> int:
    """How many files the verdicts are of; one that several entities read counts once."""
    return len({file["file"] or file["entity"] for file in files})


def _headline(words: Json, report: Json, files: Sequence[Json], *, warnings: int) -> Headline:
    refused = _count(file for file in files if file["error"])
    skipped = report.get("skipped_total", 0)
    said = [words["refused_files"].format(refused)] if refused else []
    said += [words["bad_rows"].format(skipped)] if skipped else []
    said += [words["warnings"].format(warnings)] if warnings else []
    if report["state"] != "completed":
        step = words["mend_files"] if refused else words["mend_rows"] if skipped else words["mend_warnings"]
        return Headline("bad", words["bad"].format(words["and"].join(said)), step)
    right = words["all_right"].format(_count(files))
    return Headline("good", f"{right} {words['but_warns'].format(warnings)}" if warnings else right, words["go_on"])


def _seen(file: Json) -> dict[str, Any]:
    """A file's verdict; `shown`: how many of its rows stand beside the rules as examples."""
    return {**file, "shown": sum(len(rule["examples"]) for rule in file["rules"])}


def _compared(comparison: Json | None, language: MessageLanguage) -> Json | None:
    """The comparison with each file's first rows beside its counts."""
    if comparison is None:
        return None
    rows: dict[str, list[Json]] = {}
    for row in comparison["differences"]:
        rows.setdefault(row["entity"], []).append(row)
    entities = [
        {
            **one,
            "message": in_language(one["message"], language),
            "rows": [_said(row, language) for row in rows.get(one["entity"], [])[:DIFFERENCES_SHOWN]],
        }
        for one in comparison["entities"]
    ]
    return {**comparison, "entities": entities}


def _said(row: Json, language: MessageLanguage) -> dict[str, Any]:
    """A row that differs; what is said of it in brackets, and not by a column, is a sentence."""
    return {**row, "cells": [_sentence(cell, language) if cell["column"] == FAULT else cell for cell in row["cells"]]}


def _sentence(cell: Json, language: MessageLanguage) -> dict[str, Any]:
    return {
        **cell,
        **{name: in_language(cell[name], language) for name in ("before", "after")},
    }
