"""Suites of rules from `expectations/`: YAML -> checked plain dicts, without Great Expectations.

A suite is `{"name", "use": [sets of shared rules], "expectations": [{"type", "kwargs", "severity", "description", "meta": {"rule",
"th", ...}}]}`. `use` names files of `expectations/shared/`, which are expanded here; a set that is written for any column
(`{column}`) is given its columns: `use: [rows, {text: [display, abbr]}]`. `description` says in English why the rule is there,
`meta.th` in Thai. Whether a type of expectation exists, and takes these kwargs, is judged where the suite is compiled
(`validation/suites.py`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from seedbed.content.suite_files import check_unique, fault, read_suite_file
from seedbed.core.errors import DataError, unknown_name
from seedbed.core.spec import Entity

SuiteKind = Literal["rows", "table"]
Language = Literal["en", "th"]
Suite = dict[str, Any]

SHARED = "shared"
COLUMN = "{column}"


def suite_path(directories: Sequence[Path], entity: Entity, kind: SuiteKind) -> Path:
    """Where an entity's suite stands: `<module>/<entity>.yaml` for its CSV rows, `results/<entity>.yaml` for its table.

    Suites of other datasets than the first stand in a folder of the dataset's name. A file of a later directory stands for the
    same file of an earlier one.
    """
    folder = f"{entity.dataset}/" if entity.dataset else ""
    return _latest(directories, f"{folder}{entity.module if kind == 'rows' else 'results'}/{entity.name}.yaml")


def read_suite(directories: Sequence[Path], entity: Entity, kind: SuiteKind, language: Language = "en") -> Suite:
    """An entity's suite with the shared rules that it uses, checked strictly; DataError names file, place and next step.

    A result suite may be absent: no rules. `language`: that of the descriptions; a rule without a Thai sentence keeps its own.
    """
    path = suite_path(directories, entity, kind)
    if kind == "table" and not path.exists():
        return {"name": entity.id, "expectations": []}
    suite = read_suite_file(path, entity.name)
    rules = [*_shared_rules(directories, path, entity.id, suite.get("use", [])), *suite["expectations"]]
    if not rules:
        raise fault(path, "it has no expectations", "list at least one under 'expectations:', or delete a result suite")
    check_unique(path, rules)
    return {"name": entity.id, "expectations": [_in(language, rule) for rule in rules]}


def suites_digest(directories: Sequence[Path], entity: Entity) -> str:
    """The sha256 of the suites that judge an entity, row and result rules, and of all shared rules; changes when a file does."""
    hashed = hashlib.sha256()
    paths = [suite_path(directories, entity, kind) for kind in ("rows", "table")]
    shared = {path.name for folder in directories for path in (folder / SHARED).glob("*.yaml")}
    paths += [_latest(directories, f"{SHARED}/{name}") for name in sorted(shared)]
    for path in paths:
        content = path.read_bytes() if path.exists() else b""
        hashed.update(f"{path.parent.name}/{path.name}:{len(content)}:".encode() + content)
    return hashed.hexdigest()


def _latest(directories: Sequence[Path], name: str) -> Path:
    paths = [folder / name for folder in directories]
    return next((path for path in reversed(paths) if path.exists()), paths[0])


def _shared_rules(
    directories: Sequence[Path], path: Path, entity: str, used: Sequence[Any], above: tuple[str, ...] = ()
) -> Iterator[dict[str, Any]]:
    """The rules of the sets that a file uses, those that these use themselves first."""
    for use in used:
        name, columns = next(iter(use.items())) if isinstance(use, dict) else (use, [])
        shared = _latest(directories, f"{SHARED}/{name}.yaml")
        if name in above or not shared.exists():
            known = {file.stem for folder in directories for file in (folder / SHARED).glob("*.yaml")} - set(above)
            refusal = unknown_name("set of shared rules", name, sorted(known))
            raise DataError(f"{path.as_posix()}: {refusal.message}", next_step=refusal.next_step, code="suite-invalid")
        if bool(columns) != (COLUMN in shared.read_text("utf-8")):
            step = f"write {{{name}: [columns]}}" if not columns else f"write '{name}' alone"
            raise fault(path, f"'use' of {name} {'names columns' if columns else 'lacks columns'}", step)
        suite = read_suite_file(shared, name)
        yield from _shared_rules(directories, shared, entity, suite.get("use", []), (*above, name))
        for column in columns or [""]:
            yield from (_named(entity, _for_column(rule, column)) for rule in suite["expectations"])


def _for_column(part: Any, column: str) -> Any:
    """A rule, or a part of one, with a column in the place that is kept for it."""
    if isinstance(part, dict):
        return {key: _for_column(value, column) for key, value in part.items()}
    if isinstance(part, list):
        return [_for_column(value, column) for value in part]
    return part.replace(COLUMN, column) if isinstance(part, str) else part


def _named(entity: str, rule: dict[str, Any]) -> dict[str, Any]:
    """A shared rule under a name of the entity's own: reports list the rules of all entities together."""
    name = f"{entity}-{rule['meta']['rule']}".replace("_", "-").replace(".", "-").replace("/", "-")
    return {**rule, "meta": {**rule["meta"], "rule": name}}


def _in(language: Language, rule: dict[str, Any]) -> dict[str, Any]:
    sentence = rule["meta"].get(language)
    return {**rule, "description": sentence} if sentence else rule
