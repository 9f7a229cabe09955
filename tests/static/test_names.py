"""One name, one meaning; and the words that GLOSSARY.md replaces stand in no identifier and in no text for users."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("seedbed", "flows", "tasks")
ALLOWED = ROOT / "tests" / "allowed_names.txt"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEMPLATES = sorted((ROOT / "seedbed").rglob("*.j2"))

# Words of an identifier, in any of their forms.
BANNED_IN_NAMES = re.compile(
    r"(?:^|_)(house|beside|whoever|nobody|everybody|told|doubt(?:s|ed)?|brake[sd]?|let_pass|left_out"
    r"|judge[sd]?|judging|judge?ment|verdicts?|bench|guilty|misfits?|patience|impatient|portrait|invented"
    r"|retir(?:e|ed|ing)|called_off|hold(?:s|ing)?|held|settle[sd]?|settlement|places?|clinic|visit|seldom|shut_out"
    r"|tonights|strays?|tally)(?:_|$)"
)
# (file, name, reason): what keeps its name.
_KEY = "a key of a file or report that other programs read"
_OPTION = "a parameter of a flow or command: the old word is kept as an alias"
_RETIREMENT = "people who have retired from work, as the keys of the mix file name them"
_GEOGRAPHY = "a province, district or sub-district"
ALLOWED_IDENTIFIERS = [
    ("flows/refresh_staging.py", "brakes", _OPTION),
    ("flows/refresh_staging.py", "let_pass", _OPTION),
    ("flows/setup_hospital.py", "brakes", _OPTION),
    ("flows/setup_hospital.py", "let_pass", _OPTION),
    ("seedbed/cli/refresh.py", "brakes", _OPTION),
    ("seedbed/cli/refresh.py", "let_pass", _OPTION),
    ("seedbed/cli/setup.py", "brakes", _OPTION),
    ("seedbed/cli/setup.py", "let_pass", _OPTION),
    ("seedbed/actions/setup/select.py", "brakes", f"{_OPTION}; the request takes the flow's parameters by name"),
    ("seedbed/actions/setup/select.py", "let_pass", f"{_OPTION}; the request takes the flow's parameters by name"),
    ("seedbed/core/environment.py", "brakes", _KEY),
    ("seedbed/core/environment.py", "invented", _KEY),
    ("seedbed/content/file_sources.py", "invented", _KEY),
    ("seedbed/core/report.py", "retired", _KEY),
    ("seedbed/targets/memory.py", "retired", "named like the ledger's table `retired`, which it stands for"),
    ("seedbed/targets/port.py", "Braked", "the class name is the value of `error.class` in the JSON report"),
    ("seedbed/datasets/hospital/patients/mix.py", "retired_as", _RETIREMENT),
    ("seedbed/datasets/hospital/patients/mix.py", "retired_plans", _RETIREMENT),
    ("seedbed/datasets/hospital/patients/mix_keys.py", "retired_as", _RETIREMENT),
    ("seedbed/datasets/hospital/patients/mix_keys.py", "retired_plans", _RETIREMENT),
    ("seedbed/datasets/hospital/patients/home_addresses.py", "place", _GEOGRAPHY),
    ("seedbed/datasets/hospital/patients/home_addresses.py", "places_of", _GEOGRAPHY),
    ("seedbed/datasets/hospital/patients/read_vocabulary.py", "_places", _GEOGRAPHY),
    ("seedbed/datasets/hospital/patients/vocabulary.py", "Places", _GEOGRAPHY),
    ("seedbed/datasets/hospital/patients/vocabulary.py", "places", _GEOGRAPHY),
]

BANNED_IN_TEXTS = re.compile(
    r"\b(house(?! number)|beside|whoever|nobody|everybody|told of|in doubt|brakes?|let pass|left out|judge[sd]?|verdicts?"
    r"|guilty|misfits?|patience|portrait|invented|retired|called off|(?:is|are) away)\b",
    re.IGNORECASE,
)
# Keys and options inside a text: they keep the old word.
SERIALISED = re.compile(
    r"`[^`]*`|--(?:no-)?brakes|--let-pass|\bretired\.csv|seedbed\.retired|'invented'|^ *invented: .*$", re.MULTILINE
)
KEYS = {
    "brakes": "a key of environment files and a flow parameter",
    "invented": "a key of environment files and a column of data/README.md",
    "portrait": "a key of the JSON report",
    "retired": "a key of the JSON report, and a table of the ledger",
}
# (file, words of the text, reason)
_FROZEN = "a column's description in Parquet files: the bytes of patients stay as they are until they are drawn anew"
ALLOWED_TEXTS = [
    ("seedbed/stack/postgres_service.py", "nobody", "the name of the unprivileged user of Unix"),
    ("seedbed/datasets/hospital/patients/patient_entity.py", "nobody", _FROZEN),
    ("seedbed/datasets/hospital/patients/patient_entity.py", "everybody", _FROZEN),
]


@cache
def modules() -> dict[Path, ast.Module]:
    paths = sorted(path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py"))
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def in_words(name: str) -> str:
    """`in_doubt` and `InDoubt` are both "in_doubt"."""
    return "_".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)).lower()


def names_defined() -> dict[tuple[str, str], list[str]]:
    """(kind, name) -> the files that define it; methods and private functions are not listed."""
    files = defaultdict(list)
    for path, tree in modules().items():
        if path.stem != "__init__":
            files["module", path.stem].append(shown(path))
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                files["class", node.name].append(shown(path))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                files["function", node.name].append(shown(path))
    return files


def allowed_names() -> dict[tuple[str, str], str]:
    lines = [line for line in ALLOWED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    fields = [[field.strip() for field in line.split(",", 2)] for line in lines]
    assert [line for line, row in zip(lines, fields, strict=True) if len(row) < 3 or not all(row)] == []
    allowed = {(kind, name): reason for kind, name, reason in fields}
    assert len(allowed) == len(lines)
    return allowed


def identifiers(path: Path, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names and lines of a module, its classes, functions, methods, parameters and fields."""
    yield path.stem, 1
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        if isinstance(node, ast.ClassDef):
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield field.target.id, field.lineno


def texts(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """String literals other than docstrings: messages, help texts, log lines."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value, node.lineno


def banned_in(text: str) -> list[str]:
    if text in KEYS:
        return []
    return [match[0] for match in BANNED_IN_TEXTS.finditer(SERIALISED.sub(" ", text))]


def offending_identifiers() -> dict[tuple[str, str], int]:
    return {
        (shown(path), name): line
        for path, tree in modules().items()
        for name, line in identifiers(path, tree)
        if BANNED_IN_NAMES.search(in_words(name))
    }


def offending_texts() -> list[tuple[str, str]]:
    """ "<file>:<line>: <words>" and the text."""
    product = [
        (f"{shown(path)}:{line}: {', '.join(words)}", text)
        for path, tree in modules().items()
        for text, line in texts(tree)
        if (words := banned_in(text))
    ]
    pages = [
        (f"{shown(path)}:{number}: {', '.join(words)}", line)
        for path in [*DOCUMENTS, *TEMPLATES]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (words := banned_in(re.sub(r"\{[{%#].*?[}%#]\}", " ", line)))
    ]
    return product + pages


def allowing(place: str, text: str) -> list[tuple[str, str, str]]:
    return [entry for entry in ALLOWED_TEXTS if place.startswith(f"{entry[0]}:") and entry[1] in text]


def test_a_name_stands_twice_only_where_a_reason_is_given() -> None:
    twice = {key: files for key, files in names_defined().items() if len(files) > 1}
    allowed = allowed_names()
    assert {key: files for key, files in twice.items() if key not in allowed} == {}
    assert [key for key in allowed if key not in twice] == []


@pytest.mark.parametrize(
    ("name", "word"),
    [("in_doubt", "doubt"), ("AppHouse", "house"), ("benchmark", ""), ("replace", ""), ("_judge_frame", "judge")],
)
def test_a_banned_word_is_found_as_a_word_of_a_name(name: str, word: str) -> None:
    found = BANNED_IN_NAMES.search(in_words(name))
    assert (found[1] if found else "") == word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rows in doubt, as whoever reads it says", ["in doubt", "whoever"]),
        ("the key `retired`, --no-brakes and 'invented'", []),
        ("a house number", []),
        ("retired", []),
    ],
)
def test_a_banned_word_is_found_in_a_text_outside_of_keys(text: str, words: list[str]) -> None:
    assert banned_in(text) == words


def test_no_identifier_uses_a_banned_word() -> None:
    found = offending_identifiers()
    allowed = {(file, name) for file, name, reason in ALLOWED_IDENTIFIERS if reason}
    assert {key: line for key, line in found.items() if key not in allowed} == {}
    assert [key for key in allowed if key not in found] == []


def test_no_text_for_users_uses_a_banned_word() -> None:
    found = offending_texts()
    assert [(place, text) for place, text in found if not allowing(place, text)] == []
    used = {entry for place, text in found for entry in allowing(place, text)}
    assert [entry for entry in ALLOWED_TEXTS if entry not in used or not entry[2]] == []
