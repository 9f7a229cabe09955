"""The house rules: sizes and names, as docs/design.md has them."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("seedbed", "flows", "tasks", "deployments", "benchmarks", "data")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
CODE = [path for path in FILES if "versions" not in path.parts]
VAGUE = {"util", "utils", "helper", "helpers", "common", "base", "manager", "handler", "handlers", "misc"}
DOORS = ("cli", "flows")
SUFFIXES = {".py", ".md", ".yaml", ".toml", ".lock", ".sample"}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_a_module_has_at_most_300_lines() -> None:
    lines = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    assert {name: count for name, count in lines.items() if count > 300} == {}


def test_a_function_has_at_most_40_lines() -> None:
    long = {
        f"{shown(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in CODE
        if not any(door in path.relative_to(ROOT).parts for door in DOORS)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 40
    }
    assert long == {}


def test_a_room_has_a_name_that_says_what_it_holds() -> None:
    parts = {path: {part.removesuffix(".py") for part in path.relative_to(ROOT).parts} for path in FILES}
    assert [shown(path) for path, names in parts.items() if names & VAGUE] == []


def test_a_flow_file_is_verb_object_and_hides_no_other_module() -> None:
    taken = sys.stdlib_module_names | set(ROOMS)
    stems = [path.stem for path in (ROOT / "flows").glob("[!_]*.py")]
    assert len(stems) >= 5
    assert [stem for stem in stems if "_" not in stem or stem in taken] == []


def test_no_file_speaks_of_the_machine_that_it_was_written_on() -> None:
    words = ("/work" + "/", "/root" + "/")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    own = [
        ROOT / name for name in listed.stdout.splitlines() if Path(name).suffix in SUFFIXES and (ROOT / name).is_file()
    ]
    assert [
        shown(p) for p in own if p.name != "test_house.py" and any(w in p.read_text(encoding="utf-8") for w in words)
    ] == []


def imported_packages(tree: ast.AST) -> set[str]:
    """The top-level packages that a module imports, also by `importlib.import_module("name")`."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func) and node.args:
            names |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return {name.partition(".")[0] for name in names}


def test_the_product_uses_the_packages_that_its_user_named() -> None:
    # Faker supplies names once the vocabularies of patients are made with it.
    named = {"prefect", "pandas", "sqlalchemy", "psycopg2", "httpx", "keycloak", "great_expectations"}
    product = [path for path in CODE if path.relative_to(ROOT).parts[0] in ("seedbed", "flows", "tasks")]
    used = {package for path in product for package in imported_packages(ast.parse(path.read_text(encoding="utf-8")))}
    assert named - used == set()
