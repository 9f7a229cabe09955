"""The documents say what the code says: codes, reasons, checks, verbs, options, settings, deployments."""

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
from seedbed.content.runbook import read_entries
from seedbed.core import errors
from seedbed.core.messages.message import SENTENCES
from seedbed.core.report import SKIP_REASONS
from seedbed.doctor.registry import PROBES
from seedbed.settings import Settings, read

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK, CLI, SCHEDULE, ENV_SAMPLE = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("docs/runbook.md", "docs/cli.md", "docs/schedule.md", ".env.sample")
)
VERBS: dict[str, Any] = dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
LEAST_LETTERS = 40
FLOWS = {flow.name: flow for flow in (check_targets, cleanup_run, generate_patients, refresh_staging, setup_hospital)}


def codes_in(path: Path) -> Iterator[str]:
    """The codes that a file gives to errors: `code="..."` of a call or a class, and messages of the catalogue."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        named: ast.expr | None = None
        if (isinstance(node, ast.keyword) and node.arg == "code") or (
            isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "code"
        ):
            named = node.value
        if isinstance(named, ast.Constant) and isinstance(named.value, str) and named.value:
            yield named.value


SOURCES = sorted(path for room in ("seedbed", "flows", "tasks") for path in (ROOT / room).rglob("*.py"))
OF_ERRORS = {code for path in SOURCES if path.parts[-2] != "sandbox" for code in codes_in(path)}
CHECK_CODES = {"-".join(name.lower().split()) for name in PROBES}
CODES = OF_ERRORS | set(SENTENCES) | CHECK_CODES | {reason.replace("_", "-") for reason in SKIP_REASONS}


def test_the_runbook_has_an_entry_for_every_code_and_no_other() -> None:
    entries = read_entries(ROOT)
    assert sorted(CODES - entries.keys()) == []
    assert sorted(entries.keys() - CODES) == []


def test_a_code_has_one_entry_and_every_entry_says_something() -> None:
    entries = set(read_entries(ROOT).values())
    listed = [code for entry in entries for code in entry.codes]
    assert sorted(code for code in set(listed) if listed.count(code) > 1) == []
    assert [entry.codes for entry in entries if len(entry.text) < LEAST_LETTERS] == []


def test_the_runbook_is_short() -> None:
    assert len(RUNBOOK.splitlines()) < 350


@pytest.mark.parametrize("reason", SKIP_REASONS)
def test_the_runbook_has_an_entry_for_the_skip_reason(reason: str) -> None:
    assert f"\n### `{reason}`\n" in RUNBOOK


@pytest.mark.parametrize(
    "kind", [errors.UserError, errors.DataError, errors.Transient, errors.AuthError, errors.Conflict]
)
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
