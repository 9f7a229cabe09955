"""The documents say what the code says: codes, reasons, checks, verbs, options, settings, deployments."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
import yaml

from flows.check_targets import check_targets
from flows.cleanup_run import cleanup_run
from flows.generate_patients import generate_patients
from flows.refresh_staging import refresh_staging
from flows.setup_hospital import setup_hospital
from seedbed.cli.command_line import app
from seedbed.content.runbook import read_entries
from seedbed.core import errors
from seedbed.core.messages.message import SENTENCES
from seedbed.core.report import SKIP_REASONS
from seedbed.doctor.registry import PROBES
from seedbed.settings import Settings, read_settings

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
OF_ERRORS = {code for path in SOURCES if "seedbed/sandbox" not in path.as_posix() for code in codes_in(path)}
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


def test_the_runbook_has_an_entry_for_every_skip_reason() -> None:
    assert [reason for reason in SKIP_REASONS if f"\n### `{reason}`\n" not in RUNBOOK] == []


def test_the_runbook_has_an_entry_for_every_health_check_and_no_other() -> None:
    section = RUNBOOK.partition("\n## Health checks\n")[2].partition("\n## ")[0]
    headings = " ".join(re.findall(r"^### (.+)$", section, flags=re.MULTILINE))
    assert set(re.findall(r"`([a-z0-9-]+)`", headings)) == CHECK_CODES | {"checks-failed"}


def test_runbook_and_cli_have_the_exit_code_of_every_error() -> None:
    for kind in (errors.UserError, errors.DataError, errors.Transient, errors.AuthError, errors.Conflict):
        row = rf"^\| {kind.exit_code} \| `{kind.__name__}` \|"
        assert re.search(row, RUNBOOK, flags=re.MULTILINE), kind
        assert re.search(row, CLI, flags=re.MULTILINE), kind


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


def test_the_page_of_verbs_has_every_option_with_its_default_and_no_other() -> None:
    known = {
        verb: {
            ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts)): default_of(parameter)
            for parameter in command.params
        }
        for verb, command in VERBS.items()
    }
    assert {verb: rows_of(verb) for verb in VERBS} == known


def test_the_page_of_verbs_has_no_verb_that_does_not_exist() -> None:
    assert re.findall(r"^### seedbed (.+)$", CLI, flags=re.MULTILINE) == list(VERBS)


def deployments() -> dict[str, Any]:
    written = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    by_entrypoint = {f"{flow.fn.__module__}.{flow.fn.__name__}": name for name, flow in FLOWS.items()}
    return {f"{by_entrypoint[one['entrypoint']]}/{one['name']}": one for one in written}


def test_the_page_of_schedules_has_every_deployment_with_its_times() -> None:
    for name, deployment in deployments().items():
        rows = re.findall(rf"^\| `{re.escape(name)}` \|.*$", SCHEDULE, flags=re.MULTILINE)
        assert len(rows) == 1, name
        crons = [schedule["cron"] for schedule in deployment["schedules"]]
        assert [cron for cron in crons if cron not in rows[0]] == [], name


def test_the_page_of_schedules_has_every_parameter_of_every_flow_with_its_default() -> None:
    listed, known = {}, {}
    for name, flow in FLOWS.items():
        section = SCHEDULE.partition(f"\n### {name}\n")[2].partition("\n##")[0]
        listed[name] = dict(re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", section, flags=re.MULTILINE))
        parameters = inspect.signature(flow.fn).parameters.values()
        known[name] = {one.name: f"`{one.default!r}`".replace("'", '"') for one in parameters}
    assert listed == known


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
    assert read_settings({}, root=tmp_path) == Settings(SEEDBED_STATE_DIR=tmp_path / ".seedbed")


def test_the_samples_optional_values_are_the_defaults() -> None:
    shown = dict(re.findall(r"^# ([A-Z][A-Z0-9_]+)=(.+)$", ENV_SAMPLE, flags=re.MULTILINE))
    defaults = {name: str(Settings.model_fields[name].default) for name in shown}
    assert {name: text.lower() for name, text in shown.items()} == {n: text.lower() for n, text in defaults.items()}


DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def links(pattern: str) -> Iterator[tuple[Path, Any]]:
    for path in DOCUMENTS:
        yield from ((path, link) for link in re.findall(pattern, path.read_text(encoding="utf-8")))


def test_documents_link_to_what_exists() -> None:
    found = links(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
    assert [(path.name, link) for path, link in found if not (path.parent / link).exists()] == []


def test_documents_link_to_headings_that_exist() -> None:
    missing = [
        f"{path.name}: {name}#{anchor}"
        for path, (name, anchor) in links(r"\]\(([^)#:]*)#([^)]+)\)")
        if anchor not in anchors(path.parent / name if name else path)
    ]
    assert missing == []


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readmes_pictures_are_small() -> None:
    pictures = [ROOT / name for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))]
    assert len(pictures) == 3
    assert [picture.name for picture in pictures if picture.stat().st_size > 200_000] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 200
