"""The documents say what the code says: messages, reasons, checks, verbs, options, settings, deployments."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from flows.check_targets import check_targets
from flows.cleanup_run import cleanup_run
from flows.generate_patients import generate_patients
from flows.refresh_staging import refresh_staging
from flows.setup_hospital import setup_hospital
from seedbed.cli.app import app
from seedbed.core import errors
from seedbed.core.report import SKIP_REASONS
from seedbed.doctor.registry import PROBES
from seedbed.settings import Settings, read

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK, CLI, SCHEDULE, ENV_SAMPLE = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("docs/runbook.md", "docs/cli.md", "docs/schedule.md", ".env.sample")
)
VERBS: dict[str, Any] = dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
FLOWS = {flow.name: flow for flow in (check_targets, cleanup_run, generate_patients, refresh_staging, setup_hospital)}
SAYING = (
    "UserError",
    "LeaseLost",
    "Overtaken",
    "DataError",
    "Transient",
    "AuthError",
    "UnitsFailed",
    "NotRun",
    "Interrupted",
    "failed",
    "warned",
)
LEAST_LETTERS = 5  # fewer say nothing: the message is another function's


def sentence(node: ast.expr, names: dict[str, list[ast.expr]]) -> Iterator[str]:
    """A message as the runbook writes it: what is filled in when it is said stands as three dots."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values)
    elif isinstance(node, ast.BinOp):
        yield "".join(next(sentence(side, names), "...") for side in (node.left, node.right))
    elif isinstance(node, ast.IfExp):
        yield from sentence(node.body, names)
        yield from sentence(node.orelse, names)
    elif isinstance(node, ast.Name):
        for value in names.get(node.id, []):
            yield from sentence(value, {})


def messages_of(path: Path) -> Iterator[str]:
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        names: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                names.setdefault(node.targets[0].id, []).append(node.value)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING and node.args:
                yield from sentence(node.args[0], names)


def plain(text: str) -> str:
    return re.sub(r"(\.\.\.[\s:]*)+$", "...", " ".join(text.replace("`", "'").split()))


SOURCES = sorted(path for room in ("seedbed", "flows", "tasks") for path in (ROOT / room).rglob("*.py"))
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES).replace("`", "'")
MESSAGES = sorted(
    {
        plain(text)
        for path in SOURCES
        for text in messages_of(path)
        if len(re.findall(r"[A-Za-z]", text)) >= LEAST_LETTERS
    }
)


@pytest.mark.parametrize("message", MESSAGES)
def test_the_runbook_has_an_entry_for_the_message(message: str) -> None:
    assert f"`{message}`" in RUNBOOK


def test_the_runbook_has_no_entry_for_a_message_that_nobody_says() -> None:
    listed = re.findall(r"^- `(.+)`$", RUNBOOK, flags=re.MULTILINE)
    assert [text for text in listed if text not in MESSAGES and longest_part(text) not in SOURCE] == []


def longest_part(message: str) -> str:
    return max(message.split("..."), key=len).strip()


@pytest.mark.parametrize("reason", SKIP_REASONS)
def test_the_runbook_has_an_entry_for_the_skip_reason(reason: str) -> None:
    assert f"\n### `{reason}`\n" in RUNBOOK


@pytest.mark.parametrize("probe", PROBES)
def test_the_runbook_has_an_entry_for_the_health_check(probe: str) -> None:
    assert f"\n### {probe}\n" in RUNBOOK


def test_the_runbook_has_an_entry_for_every_health_check_and_no_other() -> None:
    section = RUNBOOK.partition("\n## Health checks\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (.+)$", section, flags=re.MULTILINE) == list(PROBES)


@pytest.mark.parametrize("kind", [errors.UserError, errors.DataError, errors.Transient, errors.AuthError])
def test_runbook_and_cli_have_the_exit_code_of_the_error(kind: type[errors.SeedbedError]) -> None:
    row = rf"^\| {kind.exit_code} \| `{kind.__name__}` \|"
    assert re.search(row, RUNBOOK, flags=re.MULTILINE)
    assert re.search(row, CLI, flags=re.MULTILINE)


def rows_of(verb: str) -> dict[str, str]:
    """The option table of a verb: option names -> default, as the page has them."""
    section = CLI.partition(f"\n### seedbed {verb}\n")[2].partition("\n##")[0]
    rows = re.findall(r"^\| (`.+?`) \| (.+?) \| .+ \|$", section, flags=re.MULTILINE)
    return dict(rows)


def default_of(parameter: Any) -> str:
    value = parameter.default
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        value = ",".join(value)
    return f"`{value}`" if value not in (None, "") else "-"


@pytest.mark.parametrize("verb", VERBS)
def test_the_page_of_verbs_has_every_option_with_its_default_and_no_other(verb: str) -> None:
    known = {
        ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts)): default_of(parameter)
        for parameter in VERBS[verb].params
    }
    assert f"\n### seedbed {verb}\n" in CLI
    assert rows_of(verb) == known


def test_the_page_of_verbs_has_no_verb_that_does_not_exist() -> None:
    assert re.findall(r"^### seedbed (.+)$", CLI, flags=re.MULTILINE) == list(VERBS)


def deployments() -> dict[str, Any]:
    written = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    by_entrypoint = {f"{flow.fn.__module__}.{flow.fn.__name__}": name for name, flow in FLOWS.items()}
    return {f"{by_entrypoint[one['entrypoint']]}/{one['name']}": one for one in written}


@pytest.mark.parametrize("name", deployments())
def test_the_page_of_schedules_has_the_deployment_with_its_times(name: str) -> None:
    (row,) = re.findall(rf"^\| `{re.escape(name)}` \|.*$", SCHEDULE, flags=re.MULTILINE)
    assert [schedule["cron"] for schedule in deployments()[name]["schedules"] if schedule["cron"] not in row] == []


@pytest.mark.parametrize("name", FLOWS)
def test_the_page_of_schedules_has_every_parameter_of_the_flow_with_its_default(name: str) -> None:
    section = SCHEDULE.partition(f"\n### {name}\n")[2].partition("\n##")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", section, flags=re.MULTILINE))
    parameters = inspect.signature(FLOWS[name].fn).parameters.values()
    assert listed == {one.name: f"`{one.default!r}`".replace("'", '"') for one in parameters}


def test_the_sample_has_every_setting_and_no_other() -> None:
    named = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", ENV_SAMPLE, flags=re.MULTILINE)
    assert sorted(named) == sorted(name for name in Settings.model_fields if name.isupper())


def test_the_sample_says_of_every_setting_what_it_is() -> None:
    lines = ENV_SAMPLE.splitlines()
    bare = [line for before, line in zip(["", *lines], lines, strict=False) if is_setting(line) and not before.strip()]
    assert bare == []


def is_setting(line: str) -> bool:
    return bool(re.match(r"(# )?[A-Z][A-Z0-9_]+=", line))


def test_the_sample_unchanged_as_env_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(ENV_SAMPLE, encoding="utf-8")
    assert read({}, root=tmp_path) == Settings(SEEDBED_STATE_DIR=tmp_path / ".seedbed")


def test_the_samples_optional_values_are_the_defaults() -> None:
    shown = dict(re.findall(r"^# ([A-Z][A-Z0-9_]+)=(.+)$", ENV_SAMPLE, flags=re.MULTILINE))
    defaults = {name: str(Settings.model_fields[name].default) for name in shown}
    assert {name: text.lower() for name, text in shown.items()} == {n: text.lower() for n, text in defaults.items()}


DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_links_to_what_exists(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_links_to_headings_that_exist(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", path.read_text(encoding="utf-8"))
    missing = [
        f"{name}#{anchor}" for name, anchor in links if anchor not in anchors(path.parent / name if name else path)
    ]
    assert missing == []


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 200
