"""Quality rules from `expectations/`: YAML -> checked plain dicts, without Great Expectations.

A suite is `{"name", "expectations": [{"type", "kwargs", "severity", "description", "meta": {"rule", ...}}]}`. Whether a type of
expectation exists, and takes these kwargs, is judged where the suite is compiled (`validation/suites.py`).
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Literal

from seedbed.content.strict_yaml import read_yaml
from seedbed.core.errors import DataError, unknown_name

SuiteKind = Literal["rows", "table"]
Suite = dict[str, Any]

SUITE_KEYS = ("name", "description", "expectations")
RULE_KEYS = ("type", "kwargs", "severity", "description", "meta")
META_KEYS = ("rule", "source", "note")
SEVERITIES = ("critical", "warning", "info")


def suite_path(directories: Sequence[Path], module: str, entity: str, kind: SuiteKind) -> Path:
    """Where an entity's suite stands: `<module>/<entity>.yaml` for its CSV rows, `results/<entity>.yaml` for its table.

    A file of a later directory stands for the same file of an earlier one.
    """
    paths = [folder / (module if kind == "rows" else "results") / f"{entity}.yaml" for folder in directories]
    return next((path for path in reversed(paths) if path.exists()), paths[0])


def read_suite(directories: Sequence[Path], module: str, entity: str, kind: SuiteKind) -> Suite:
    """An entity's suite, checked strictly; DataError names file, place and next step. A result suite may be absent: no rules."""
    path = suite_path(directories, module, entity, kind)
    if kind == "table" and not path.exists():
        return {"name": entity, "expectations": []}
    suite = _read_suite_file(path)
    _check_keys(path, "the suite", suite, SUITE_KEYS, required=("name", "expectations"))
    if suite["name"] != entity:
        raise _fault(path, f"its name is '{suite['name']}'", f"name it '{entity}', as the file is named")
    rules = suite["expectations"]
    if not isinstance(rules, list) or not rules:
        raise _fault(
            path, "it has no expectations", "list at least one under 'expectations:', or delete a result suite"
        )
    for number, rule in enumerate(rules, start=1):
        _check_rule(path, f"expectation {number}", rule)
    _check_unique(path, rules)
    return suite


def digest(directories: Sequence[Path], module: str, entity: str) -> str:
    """The sha256 of the suites that judge an entity, row and result rules; changes when either file does."""
    hashed = hashlib.sha256()
    for kind in ("rows", "table"):
        path = suite_path(directories, module, entity, kind)
        content = path.read_bytes() if path.exists() else b""
        hashed.update(f"{kind}:{len(content)}:".encode() + content)
    return hashed.hexdigest()


def _read_suite_file(path: Path) -> Suite:
    try:
        content = read_yaml(path)
    except FileNotFoundError as error:
        raise _fault(path, "the suite does not exist", "write one: every entity's rows are judged") from error
    except ValueError as error:
        raise _fault(path, str(error), "mend that line") from error
    if not isinstance(content, dict):
        raise _fault(path, "it is not a mapping", "start with 'name:' and 'expectations:'")
    return content


def _check_rule(path: Path, where: str, rule: Any) -> None:
    if not isinstance(rule, dict):
        raise _fault(path, f"{where} is not a mapping", f"give it {', '.join(RULE_KEYS)}")
    _check_keys(path, where, rule, RULE_KEYS, required=RULE_KEYS)
    for name, kind in (("type", str), ("description", str), ("kwargs", dict), ("meta", dict)):
        if not isinstance(rule[name], kind) or (kind is str and not rule[name].strip()):
            wanted = "text" if kind is str else "a mapping"
            raise _fault(path, f"{where}: '{name}' is not {wanted}", f"write {wanted} there")
    if rule["severity"] not in SEVERITIES:
        raise _unknown(path, f"severity in {where}", rule["severity"], SEVERITIES)
    _check_keys(path, f"'meta' of {where}", rule["meta"], META_KEYS, required=("rule",))
    if not isinstance(rule["meta"]["rule"], str) or not rule["meta"]["rule"].strip():
        raise _fault(path, f"{where}: 'meta.rule' is not text", "give the rule a short name, unique in the file")


def _check_keys(
    path: Path, where: str, mapping: dict[Any, Any], known: Collection[str], *, required: Collection[str]
) -> None:
    for key in mapping:
        if key not in known:
            raise _unknown(path, f"key in {where}", key, known)
    missing = [key for key in required if key not in mapping]
    if missing:
        raise _fault(path, f"{where} lacks '{missing[0]}'", f"add it: {', '.join(required)} are needed")


def _check_unique(path: Path, rules: list[dict[str, Any]]) -> None:
    times = Counter(rule["meta"]["rule"] for rule in rules)
    twice = [name for name, count in times.items() if count > 1]
    if twice:
        raise _fault(path, f"the rule '{twice[0]}' stands twice", "give each rule its own 'meta.rule'")


def _fault(path: Path, message: str, next_step: str) -> DataError:
    return DataError(f"{path.as_posix()}: {message}", next_step=next_step)


def _unknown(path: Path, what: str, name: object, known: Collection[str]) -> DataError:
    refusal = unknown_name(what, str(name), known)
    return DataError(f"{path.as_posix()}: {refusal.message}", next_step=refusal.next_step)
