"""One file of rules, read strictly: a misspelt word is an error, never a rule that is not judged."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from seedbed.core.errors import DataError, unknown_name
from seedbed.core.strict_yaml import read_yaml

SUITE_KEYS = ("name", "description", "use", "expectations")
RULE_KEYS = ("type", "kwargs", "severity", "description", "meta")
META_KEYS = ("rule", "th", "source", "note")
SEVERITIES = ("critical", "warning", "info")


def read_suite_file(path: Path, name: str) -> dict[str, Any]:
    """A suite, or a set of shared rules, of this name; DataError names file, place and next step."""
    suite = _read(path)
    _check_keys(path, "the suite", suite, SUITE_KEYS, required=("name",))
    if suite["name"] != name:
        raise fault(path, f"its name is '{suite['name']}'", f"name it '{name}', as the file is named")
    _check_uses(path, suite.get("use", []))
    rules = suite.setdefault("expectations", [] if "use" in suite else None)
    if not isinstance(rules, list) or not (rules or "use" in suite):
        raise fault(path, "it has no expectations", "list at least one under 'expectations:', or delete a result suite")
    for number, rule in enumerate(rules, start=1):
        _check_rule(path, f"expectation {number}", rule)
    return suite


def check_unique(path: Path, rules: Sequence[dict[str, Any]]) -> None:
    """DataError where two rules have one name."""
    times = Counter(rule["meta"]["rule"] for rule in rules)
    twice = [name for name, count in times.items() if count > 1]
    if twice:
        raise fault(path, f"the rule '{twice[0]}' stands twice", "give each rule its own 'meta.rule'")


def fault(path: Path, message: str, next_step: str) -> DataError:
    """What is wrong with a file of rules."""
    return DataError(f"{path.as_posix()}: {message}", next_step=next_step, code="suite-invalid")


def _check_uses(path: Path, uses: Any) -> None:
    for use in uses if isinstance(uses, list) else [uses]:
        columns = list(use.values()) if isinstance(use, dict) and len(use) == 1 else []
        if not isinstance(uses, list) or not (
            isinstance(use, str) or (columns and isinstance(columns[0], list) and columns[0])
        ):
            raise fault(path, f"'use' does not name sets of shared rules: {use}", "write [rows, {text: [column]}]")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = read_yaml(path)
    except FileNotFoundError as error:
        raise fault(path, "the suite does not exist", "write one: the rows of every entity are checked") from error
    except ValueError as error:
        raise fault(path, str(error), "mend that line") from error
    if not isinstance(content, dict):
        raise fault(path, "it is not a mapping", "start with 'name:' and 'expectations:'")
    return content


def _check_rule(path: Path, where: str, rule: Any) -> None:
    if not isinstance(rule, dict):
        raise fault(path, f"{where} is not a mapping", f"give it {', '.join(RULE_KEYS)}")
    _check_keys(path, where, rule, RULE_KEYS, required=RULE_KEYS)
    for name, kind in (("type", str), ("description", str), ("kwargs", dict), ("meta", dict)):
        if not isinstance(rule[name], kind) or (kind is str and not rule[name].strip()):
            wanted = "text" if kind is str else "a mapping"
            raise fault(path, f"{where}: '{name}' is not {wanted}", f"write {wanted} there")
    if rule["severity"] not in SEVERITIES:
        raise _unknown(path, f"severity in {where}", rule["severity"], SEVERITIES)
    _check_keys(path, f"'meta' of {where}", rule["meta"], META_KEYS, required=("rule",))
    if not isinstance(rule["meta"]["rule"], str) or not rule["meta"]["rule"].strip():
        raise fault(path, f"{where}: 'meta.rule' is not text", "give the rule a short name, unique in the file")
    if not isinstance(rule["meta"].get("th", ""), str):
        raise fault(path, f"{where}: 'meta.th' is not text", "write the rule's sentence in Thai there, or leave it out")


def _check_keys(
    path: Path, where: str, mapping: dict[Any, Any], known: Collection[str], *, required: Collection[str]
) -> None:
    for key in mapping:
        if key not in known:
            raise _unknown(path, f"key in {where}", key, known)
    missing = [key for key in required if key not in mapping]
    if missing:
        raise fault(path, f"{where} lacks '{missing[0]}'", f"add it: {', '.join(required)} are needed")


def _unknown(path: Path, what: str, name: object, known: Collection[str]) -> DataError:
    refusal = unknown_name(what, str(name), known)
    return DataError(f"{path.as_posix()}: {refusal.message}", next_step=refusal.next_step, code="suite-invalid")
