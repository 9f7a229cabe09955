"""The command line as scripts and people meet it: exit codes, suggestions on stderr, one JSON document on stdout."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seedbed import wiring
from seedbed.cli import command_line as door
from seedbed.cli import options, run_deployment, setup
from seedbed.core.setting_names import ENVIRONMENT_NAMES, TARGET_NAMES
from seedbed.database.engines import DatabaseAddress, open_database
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.datasets.registry import ENTITIES
from seedbed.settings import Settings
from tests.support.builders.said import Said

ROOT = Path(__file__).resolve().parents[2]
VERBS = [str(command.name) for command in door.app.registered_commands]
GENDERS = "code,info.th.name,info.en.name\nmale,ชาย,Male\nfemale,หญิง,Female\n"


Run = Callable[..., Said]


@pytest.fixture
def seedbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The command, in a project of its own that has the shipped rules and no configuration."""
    (tmp_path / "expectations").symlink_to(ROOT / "expectations")
    for module in (wiring, setup, options, run_deployment):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for name in {*TARGET_NAMES, *ENVIRONMENT_NAMES, *Settings.model_fields}:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setenv("SEEDBED_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    wiring.app_context.cache_clear()

    def run(*arguments: str) -> Said:
        capfd.readouterr()
        code = door.main(list(arguments))
        found = capfd.readouterr()
        return Said(code, found.out, found.err)

    yield run
    wiring.app_context.cache_clear()


@pytest.fixture
def filled(seedbed: Run, address: DatabaseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command with a local stack's database, migrated, and a data directory that holds genders."""
    values = (address.host, address.port, address.database, address.user, address.password, "disable")
    names = ("HOST", "PORT", "DB", "USER", "PASSWORD", "SSL_MODE")
    local = {f"POSTGRES_{name}": str(value) for name, value in zip(names, values, strict=True)}
    (tmp_path / "state").mkdir()
    (tmp_path / "state/local.json").write_text(json.dumps(local), encoding="utf-8")
    for name, value in local.items():
        monkeypatch.setenv(name, value)
    database = open_database(address)
    migrate_schema(database.engine, ENTITIES)
    database.close()
    write(tmp_path, GENDERS)
    return seedbed


def write(root: Path, content: str) -> None:
    path = root / "data/demographic/gender.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


GENDER = ("setup", "--mode", "entity", "--entities", "gender")

# What is refused

REFUSED = {
    ("setpu",): "No such command 'setpu'. Did you mean 'setup'?",
    ("setup", "--mod", "all"): "No such option: --mod (Possible options: --mode, --modules)",
    ("setup", "--dryrun"): "No such option: --dryrun (Possible options: --dry-run)",
    ("setup", "--mode", "al"): "unknown value of --mode 'al'\nnext: did you mean 'all'? known: all, entity, modules",
    (
        "setup",
        "--on-duplicate",
        "updat",
    ): "unknown value of --on-duplicate 'updat'\nnext: did you mean 'update'? known: skip, update",
    (
        "setup",
        "-m",
        "modules",
        "--modules",
        "demografic",
    ): "unknown module 'demografic'\nnext: did you mean 'demographic'? known:",
    (
        "setup",
        "-m",
        "entity",
        "--entities",
        "nationalty",
    ): "unknown entity 'nationalty'\nnext: did you mean 'nationality'? known:",
    ("setup", "--modules", "lab"): "--modules has no effect in mode 'all'\nnext: add --mode modules",
    ("setup", "-m", "modules"): "mode 'modules' needs --modules",
    ("setup", "extra"): "Got unexpected extra argument(s) (extra)\nnext: seedbed setup --help",
    ("setup", "--mode"): "Option '--mode' requires an argument.",
}


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_what_does_not_exist_is_refused_on_stderr_with_what_does(
    seedbed: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "data").mkdir()
    said = seedbed(*arguments)
    assert (said.code, said.out) == (2, "")
    assert f"error: {REFUSED[arguments]}" in said.err


@pytest.mark.parametrize("arguments", [given for given in REFUSED if given[-1] != "--mode"], ids=" ".join)
def test_an_error_is_one_json_document_too(seedbed: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "data").mkdir()
    said = seedbed(*arguments, "--json")
    assert (said.code, set(said.json)) == (2, {"verb", "state", "error"})
    assert (said.json["verb"], said.json["state"]) == (arguments[0], "failed")
    assert said.json["error"]["class"] == "UserError"
    assert REFUSED[arguments].startswith(said.json["error"]["message"])


def test_a_data_directory_that_is_missing_is_named_in_full(seedbed: Run, tmp_path: Path) -> None:
    said = seedbed("setup", "--data-dir", "nowhere")
    assert said.code == 2
    assert f"error: the data directory {tmp_path / 'nowhere'} does not exist" in said.err


def test_a_data_directory_is_meant_from_where_the_command_is_typed(
    seedbed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    said = seedbed("setup", "--data-dir", "nowhere")
    assert f"error: the data directory {tmp_path / 'elsewhere/nowhere'} does not exist" in said.err


@pytest.mark.parametrize(
    "arguments",
    [("setup",), ("setup", "--direct"), ("migrate",), ("changes",), ("rejects",), ("report",)],
    ids=" ".join,
)
def test_what_is_not_configured_is_named_and_nothing_happens(
    seedbed: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "data").mkdir()
    said = seedbed(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "is not configured:" in said.err
    assert "next: run `make up`" in said.err


def test_production_is_refused(seedbed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_ENV", "production")
    said = seedbed("env", "--json")
    assert (said.code, said.json["error"]["class"]) == (2, "UserError")


def test_without_prefect_the_way_out_is_said(filled: Run) -> None:
    said = filled(*GENDER, "--json")
    assert (said.code, said.json["error"]["message"]) == (2, "there is no Prefect API to run this with")
    assert said.json["error"]["next"] == "run `seedbed up`; `--direct` needs none, where the verb has it"


# Help


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_every_verb_explains_itself_and_its_options(seedbed: Run, verb: str, asked: str) -> None:
    said = seedbed(verb, asked)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: seedbed {verb}")
    assert len(said.out.splitlines()) > 4


def test_the_command_alone_lists_its_verbs(seedbed: Run) -> None:
    asked, bare = seedbed("--help"), seedbed()
    assert (asked.code, bare.code) == (0, 2)
    assert all(f"  {verb}" in asked.out for verb in VERBS)
    assert asked.out.strip() == bare.err.strip()


# What works


def test_a_direct_set_up_prints_its_report_and_then_finds_everything_unchanged(filled: Run) -> None:
    first, second = filled(*GENDER, "--direct", "--json"), filled(*GENDER, "--direct", "--json")
    assert (first.code, second.code, first.json["state"]) == (0, 0, "completed")
    (line,) = first.json["entities"]
    assert (line["module"], line["entity"], line["read"], line["inserted"]) == ("demographic", "gender", 2, 2)
    assert second.json["entities"][0]["unchanged"] == 2
    assert (first.json["skips"], first.json["skipped_total"]) == ([], 0)


def test_people_get_a_table_and_the_run_s_end(filled: Run) -> None:
    said = filled(*GENDER, "--direct")
    assert said.code == 0
    assert "demographic" in said.out
    assert ": completed in " in said.out.splitlines()[-1]


def test_a_dry_run_needs_no_prefect_and_writes_nothing(filled: Run, tmp_path: Path) -> None:
    said = filled(*GENDER, "--dry-run", "--json")
    assert (said.code, said.json["entities"][0]["inserted"]) == (0, 2)
    assert any(note.startswith("dry run: nothing was touched") for note in said.json["notes"])
    assert not (tmp_path / "output").exists()
    assert filled(*GENDER, "--direct", "--json").json["entities"][0]["inserted"] == 2


def test_a_skip_exits_0_and_with_strict_3(filled: Run, tmp_path: Path) -> None:
    write(tmp_path, GENDERS + "male,ซ้ำ,again\n")
    said = filled(*GENDER, "--direct", "--json")
    assert (said.code, said.json["skipped_total"], said.json["skips"][0]["row"]) == (0, 1, 4)
    strict = filled(*GENDER, "--direct", "--strict", "--json")
    assert (strict.code, strict.json["state"], strict.json["error"]["exit_code"]) == (3, "failed", 3)
    targets, _, error = filled(*GENDER, "--direct", "--strict").err.partition("error: ")
    assert targets.startswith("environment: local\npostgres: 127.0.0.1:")
    assert error.startswith("1 rows were skipped")


@pytest.mark.parametrize("extra", [("--direct",), ("--dry-run",)])
def test_a_file_that_is_wrong_as_a_whole_exits_3(filled: Run, tmp_path: Path, extra: tuple[str, ...]) -> None:
    write(tmp_path, "code,colour\nM,red\n")
    said = filled(*GENDER, *extra, "--json")
    assert (said.code, said.json["state"]) == (3, "failed")
    assert "data/demographic/gender.csv: unknown column 'colour'" in said.json["error"]["message"]


def test_what_a_run_did_is_shown_again(filled: Run, tmp_path: Path) -> None:
    filled(*GENDER, "--direct")
    write(tmp_path, GENDERS.replace("Female", "Woman") + "X,,\n")
    done = filled(*GENDER, "--direct", "--on-duplicate", "update", "--json").json
    assert filled("report", "--json").json == done
    assert filled("report", done["run"][:15], "--json").json["verb"] == "setup"
    assert [change["column"] for change in filled("changes", "--json").json] == ["info"]
    assert [(skip["row"], skip["reason"]) for skip in filled("rejects", done["run"], "--json").json] == [(4, "invalid")]
    assert filled("changes").out.splitlines()[0] == "entity,key,column,before,after"
    assert filled("rejects").out.splitlines()[1].startswith("gender,data/demographic/gender.csv,4,X,invalid,")
    assert filled("report", "nosuchrun").err.startswith("error: no run 'nosuchrun'\n")


def test_a_run_that_nobody_made_is_said(filled: Run) -> None:
    said = filled("changes", "--json")
    assert (said.code, said.json["error"]["message"]) == (2, "no run yet")


def test_the_log_goes_to_stderr_and_to_the_file_that_is_given(filled: Run, tmp_path: Path) -> None:
    said = filled(*GENDER, "--direct", "--json", "--verbose", "--log-file", "logs/x/setup.log")
    assert said.json["state"] == "completed"
    assert "entity loaded entity=gender" in said.err
    assert "entity loaded entity=gender" in (tmp_path / "logs/x/setup.log").read_text(encoding="utf-8")


def test_migrate_brings_the_database_to_the_newest_revision_or_prints_what_it_lacks(
    filled: Run, address: DatabaseAddress
) -> None:
    said = filled("migrate")
    assert said.code == 0
    assert ": revision " in said.out
    revision = filled("migrate", "--json").json["revision"]
    assert filled("migrate", "--json").json == {
        "verb": "migrate",
        "state": "completed",
        "revision": revision,
        "before": revision,
        "made": [],
        "columns": [],
        "of_others": [],
        "differences": [],
    }
    database = open_database(address)
    with database.transaction() as cursor:
        cursor.execute("DROP TABLE gender CASCADE")
    database.close()
    script = filled("migrate", "--sql")
    made = [line for line in script.out.splitlines() if line.startswith("CREATE TABLE")]
    assert (script.code, made) == (0, ['CREATE TABLE "gender" ('])
    assert '-- GRANT SELECT, INSERT, UPDATE ON "gender" TO "loading_role";' in script.out
    assert "put its name for loading_role" in script.out
    assert f'TO "{address.user}"' not in script.out
    assert filled("migrate", "--sql", "--json").json["sql"].strip() == script.out.strip()
    assert "1 tables made, 0 columns added; 0 tables are others' and stay as they are" in filled("migrate").out


def test_env_prints_what_a_shell_can_read(filled: Run, address: DatabaseAddress) -> None:
    said = filled("env")
    assert f"export POSTGRES_DB={address.database}" in said.out.splitlines()
    assert f"POSTGRES_DB={address.database}" in filled("env", "--no-export").out.splitlines()
    assert filled("env", "--json").json["POSTGRES_PASSWORD"] == address.password


def test_no_secret_is_printed_but_by_env(filled: Run, address: DatabaseAddress) -> None:
    for arguments in ((*GENDER, "--direct", "--json", "-v"), ("report", "--json"), ("migrate",)):
        said = filled(*arguments)
        assert address.password not in said.out + said.err


def test_status_of_a_stack_that_was_never_started_is_down(seedbed: Run) -> None:
    said = seedbed("status", "--json")
    assert (said.code, said.json["state"]) == (1, "down")
