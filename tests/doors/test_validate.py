"""`seedbed validate` as data stewards and their CI meet it: no server, exit codes, rows, the page in two languages, the comparison."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from seedbed import wiring
from seedbed.cli import command_line as door
from seedbed.cli import options
from seedbed.core.setting_names import ENVIRONMENT_NAMES, TARGET_NAMES
from seedbed.settings import Settings
from tests.support.builders.houses import csv_text
from tests.support.builders.said import Said

ROOT = Path(__file__).resolve().parents[2]
GENDERS = "code,active,info.th.name,info.en.name,rank\nmale,TRUE,ชาย,Male,1\nfemale,TRUE,หญิง,Female,2\n"
PREFIXES = "code,gender_code,active,info.th.name\n001,male,TRUE,นาย\n002,female,TRUE,นาง\n003,,TRUE,ดร.\n"
GENDER, PREFIX, RELIGION = (f"data/demographic/{name}.csv" for name in ("gender", "name_prefix", "religion"))
NOWHERE = {"POSTGRES_HOST": "192.0.2.1", "POSTGRES_PORT": "1", "POSTGRES_DB": "x", "POSTGRES_USER": "x"}
NAME = ["-c", "user.name=Steward", "-c", "user.email=steward@example.org"]


@dataclass(frozen=True)
class Project:
    """A project of two files with rules of its own; `validate` runs the command in it."""

    root: Path
    run: Callable[..., Said]

    def validate(self, *arguments: str) -> Said:
        """Of the data directory by name: then an entity without a file is a note."""
        named = {"-d", "--data-dir"} & {*arguments}
        return self.run("validate", *([] if named else ["-d", "data"]), *arguments)

    def write(self, path: str, content: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def rules(self, entity: str, *rules: dict[str, Any]) -> None:
        self.write(f"expectations/demographic/{entity}.yaml", yaml.safe_dump({"name": entity, "expectations": rules}))

    def page(self, said: Said) -> str:
        """The page that a command with --json wrote."""
        (path,) = [file["path"] for file in said.json["files"] if file["kind"] == "page"]
        return (self.root / path).read_text(encoding="utf-8")

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *NAME, *arguments], cwd=self.root, check=True, capture_output=True)


def rule(name: str, kind: str, severity: str = "critical", thai: str = "", **kwargs: Any) -> dict[str, Any]:
    meta = {"rule": name} | ({"th": thai} if thai else {})
    sentence = f"{name.replace('-', ' ')} is said <so>"
    return {"type": kind, "kwargs": kwargs, "severity": severity, "description": sentence, "meta": meta}


IN_SET, FILLED = "expect_column_values_to_be_in_set", "expect_column_values_to_not_be_null"
ANY = rule("any-rows", "expect_table_row_count_to_be_between", min_value=0)
KNOWN = rule("known-gender", IN_SET, thai="เพศต้องเป็นค่าที่รู้จัก", column="code", value_set=["male", "female"])
ENGLISH = rule("english-name", FILLED, "warning", "ควรมีชื่อภาษาอังกฤษ", column="info.en.name")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Project]:
    """The command in a project without any setting but a database that is nowhere."""
    for module in (wiring, options):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for name in {*TARGET_NAMES, *ENVIRONMENT_NAMES, *Settings.model_fields}:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SEEDBED_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    wiring.app_context.cache_clear()

    def run(*arguments: str) -> Said:
        capfd.readouterr()
        code = door.main(list(arguments))
        found = capfd.readouterr()
        return Said(code, found.out, found.err)

    made = Project(tmp_path, run)
    made.write(GENDER, GENDERS)
    made.write(PREFIX, PREFIXES)
    made.rules("gender", KNOWN, ENGLISH)
    for entity in ("name_prefix", "religion"):
        made.rules(entity, ANY)
    yield made
    wiring.app_context.cache_clear()


def skips(said: Said) -> list[tuple[str, int, str, str]]:
    return [(skip["entity"], skip["row"], skip["key"], skip["reason"]) for skip in said.json["skips"]]


# What is right


def test_right_files_exit_0_and_no_server_is_asked(project: Project) -> None:
    said = project.validate("--json")
    document = said.json
    assert (said.code, said.err, document["verb"], document["state"]) == (0, "", "validate", "completed")
    counts = {one["entity"]: (one["read"], one["valid"], one["skipped"], one["target"]) for one in document["entities"]}
    assert counts == {"gender": (2, 2, 0, ""), "name_prefix": (3, 3, 0, "")}
    assert (document["skips"], document["skipped_total"]) == ([], 0)
    assert not {"error", "checks", "comparison", "targets", "environment"} & document.keys()
    assert [file["kind"] for file in document["files"]] == ["page"]
    assert not (project.root / "logs").exists()


def test_entities_without_a_file_are_named_in_one_note(project: Project) -> None:
    (note,) = project.validate("--json").json["notes"]
    assert note.startswith("no file, not checked: ")
    assert "religion" in note
    assert "gender" not in note.split(", ")


def test_people_get_one_line_of_sum_and_the_page(project: Project) -> None:
    said = project.validate()
    assert re.search(
        r"^validate: 2 files, 5 rows in \d+\.\d s: 0 rows would be skipped, 0 warnings, 0 files refused$",
        said.out,
        re.M,
    )
    assert re.fullmatch(r"page: output/\d{8}T\d{6}-[0-9a-f]{8}/validate\.html", said.out.splitlines()[-1])


def test_the_command_loads_neither_prefect_nor_great_expectations_to_start(tmp_path: Path) -> None:
    asked = "import sys, seedbed.cli.command_line; print('prefect' in sys.modules, 'great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_validation_never_loads_prefect(project: Project) -> None:
    code = (
        "import sys, pathlib\nfrom seedbed import wiring\nfrom seedbed.cli import command_line, options\n"
        "wiring.ROOT = options.ROOT = pathlib.Path.cwd()\n"
        "assert command_line.main(['validate', '--json']) == 0\nassert 'prefect' not in sys.modules\n"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.root, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


# What is wrong with rows


def test_bad_rows_exit_3_with_file_row_key_reason_and_message(project: Project) -> None:
    project.write(GENDER, GENDERS + "other,TRUE,อื่น,Other,3\nmale,TRUE,ชาย,Man,4\n")
    project.write(
        PREFIX, PREFIXES + "004,none,TRUE,x\n005,other,TRUE,y\n006,male,yes,z\n007,male,TRUE,z,,9\n,male,TRUE,a\n"
    )
    said = project.validate("--json")
    assert (said.code, said.json["state"], said.json["error"]["class"]) == (3, "failed", "DataError")
    assert said.json["error"]["message"] == "the files are not right: 0 files refused, 7 rows would be skipped"
    assert skips(said) == [
        ("gender", 4, "other", "invalid"),
        ("gender", 5, "male", "duplicate_in_file"),
        ("name_prefix", 5, "004", "missing_reference"),
        ("name_prefix", 6, "005", "missing_reference"),
        ("name_prefix", 7, "006", "invalid"),
        ("name_prefix", 8, "007", "invalid"),
        ("name_prefix", 9, "", "invalid"),
    ]
    assert said.json["skips"][0]["file"] == GENDER
    assert said.json["skips"][0]["message"] == "code: known gender is said <so>"
    assert all(one["read"] == one["valid"] + one["skipped"] for one in said.json["entities"])
    assert {one["entity"]: one["rows"] for one in said.json["skip_counts"] if one["reason"] == "invalid"} == {
        "gender": 1,
        "name_prefix": 3,
    }


def test_people_get_the_rows_the_first_twenty_of_a_file(project: Project) -> None:
    project.write(GENDER, GENDERS + "".join(f"g{number},TRUE,ก,E,1\n" for number in range(30)))
    said = project.validate()
    assert said.code == 3
    assert (
        f"{GENDER}: 30 of 32 rows would be skipped\n  row 4 [g0] invalid: code: known gender is said <so>\n" in said.out
    )
    assert (said.out.count("] invalid: "), "  and 10 more\n" in said.out) == (20, True)
    assert said.err == (
        "error: the files are not right: 0 files refused, 30 rows would be skipped\n"
        "next: correct the files and validate again\n"
    )


def test_the_bad_rows_are_written_as_files_that_can_be_corrected_and_given_back(project: Project) -> None:
    project.write(GENDER, GENDERS + "mael,TRUE,ชาย,Male,3\n")
    files = {file["kind"]: file["path"] for file in project.validate("--json").json["files"]}
    rejects = project.root / files["rejects"]
    assert rejects.read_text(encoding="utf-8").splitlines()[1].startswith("mael,TRUE,ชาย,Male,3,4,invalid,")
    assert "gender" in (project.root / files["skips"]).read_text(encoding="utf-8")
    rejects.write_text(rejects.read_text(encoding="utf-8").replace("mael", "other"), encoding="utf-8")
    project.rules("gender", ANY)
    again = project.validate("-d", "data", "-d", str(rejects.parents[1]), "--json")
    assert (again.code, [(one["entity"], one["read"]) for one in again.json["entities"]]) == (0, [("gender", 3)])


def test_outer_no_break_spaces_are_taken_off_as_a_set_up_does(project: Project) -> None:
    project.write(GENDER, GENDERS.replace("male,", "\u00a0male\u00a0,", 1))
    assert project.validate("--json").code == 0
    project.write(GENDER, GENDERS.replace("male,", "ma\u00a0le,", 1))
    assert [(row, reason) for _, row, _, reason in skips(project.validate("--json"))] == [
        (2, "invalid"),
        (2, "missing_reference"),
    ]


def test_warnings_are_shown_and_exit_0_and_with_strict_3(project: Project) -> None:
    project.write(GENDER, GENDERS.replace("Female", ""))
    said = project.validate("--json")
    (check,) = said.json["checks"]
    assert (said.code, said.err) == (0, "")
    assert check | {"seconds": 0} == {
        "code": "rule-warns",
        "params": {"rows": 1, "examples": ["3"], "sentence": "info.en.name: english name is said <so>"},
        "name": "gender",
        "status": "WARN",
        "message": "1 rows (3): info.en.name: english name is said <so>",
        "next": "",
        "seconds": 0,
    }
    assert "  row 3 [female] warning: info.en.name: english name is said <so>\n" in project.validate().out
    strict = project.validate("--strict", "--json")
    assert (strict.code, strict.json["skipped_total"]) == (3, 0)
    message = strict.json["error"]["message"]
    assert (
        message == "the files are not right: 0 files refused, 0 rows would be skipped, 1 warnings that --strict counts"
    )


def test_a_rule_on_the_number_of_rows_refuses_or_warns(project: Project) -> None:
    count = "expect_table_row_count_to_be_between"
    project.rules("gender", rule("enough", count, min_value=3))
    said = project.validate("--entities", "gender", "--json")
    assert (said.code, said.json["entities"][0]["failed"], said.json["checks"][0]["status"]) == (3, 2, "FAIL")
    assert said.json["checks"][0]["message"] == f"{GENDER}: the file has 2 rows: enough is said <so>"
    project.rules("gender", rule("enough", count, "warning", min_value=3))
    warned = project.validate("--entities", "gender", "--json")
    assert (warned.code, warned.json["checks"][0]["status"]) == (0, "WARN")
    assert project.validate("--entities", "gender", "--strict").code == 3


# What is wrong with files

BROKEN = {
    b"code,colour\nmale,red\n": "unknown column 'colour'",
    b"rank\n1\n": "lacks the column",
    GENDERS.encode("cp874"): "it looks like windows-874 (TIS-620)",
    b"": "the file is empty",
    b"PK\x03\x04": "is an Excel workbook",
    b'code,active,info.th.name\nmale,TRUE,"x\n': "a quote opens here and is not closed",
}


@pytest.mark.parametrize(("content", "message"), BROKEN.items(), ids=BROKEN.values())
def test_a_file_that_is_wrong_as_a_whole_fails_alone_and_those_that_refer_to_it_say_so_once(
    project: Project, content: bytes, message: str
) -> None:
    project.write(GENDER, content)
    said = project.validate("--json")
    assert (said.code, said.json["error"]["message"]) == (
        3,
        "the files are not right: 1 files refused, 0 rows would be skipped",
    )
    refused, unlooked = said.json["checks"]
    assert (refused["name"], refused["status"]) == ("gender", "FAIL")
    assert message in refused["message"]
    assert (unlooked["name"], unlooked["status"]) == ("name_prefix", "WARN")
    assert unlooked["message"] == "gender_code was not looked up: the file of gender is refused"
    assert said.json["entities"][1]["valid"] == 3
    assert f"gender: refused: {GENDER}" in project.validate().out


def test_a_file_with_a_header_alone_holds_no_key(project: Project) -> None:
    project.write(GENDER, GENDERS.splitlines()[0] + "\n")
    assert {reason for *_, reason in skips(project.validate("--json"))} == {"missing_reference"}


def test_an_entity_asked_for_by_name_without_a_file_fails_and_the_others_are_judged(project: Project) -> None:
    said = project.validate("--entities", "religion,gender", "--json")
    assert (said.code, [(one["entity"], one["read"]) for one in said.json["entities"]]) == (
        3,
        [("religion", 0), ("gender", 2)],
    )
    (check,) = said.json["checks"]
    assert (check["name"], check["status"], check["message"]) == ("religion", "FAIL", "no file for religion")
    assert "notes" not in said.json


def test_files_that_were_not_asked_for_are_read_for_their_keys(project: Project) -> None:
    project.write(GENDER, GENDERS.replace("female,TRUE", "woman,TRUE"))
    said = project.validate("--entities", "name_prefix", "--json")
    assert (said.code, [one["entity"] for one in said.json["entities"]]) == (3, ["name_prefix"])
    assert skips(said) == [("name_prefix", 3, "002", "missing_reference")]
    (project.root / GENDER).unlink()
    alone = project.validate("--entities", "name_prefix", "--json")
    assert alone.code == 0
    assert [check["message"] for check in alone.json["checks"]] == ["gender_code was not looked up: gender has no file"]
    strict = project.validate("--entities", "name_prefix", "--strict", "--json")
    assert (strict.code, strict.json["error"]["params"]["warned"]) == (3, 1)


def test_a_module_and_an_entity_may_be_named_together_and_aliases_count(project: Project) -> None:
    said = project.validate("--modules", "demographic", "--entities", "Gender", "--json")
    assert [one["entity"] for one in said.json["entities"]] == ["gender", "name_prefix"]


def test_an_overlay_stands_for_the_file_before_it(project: Project) -> None:
    project.write(GENDER.replace("data", "mine"), GENDERS + "other,TRUE,อื่น,Other,3\n")
    said = project.validate("-d", "data", "-d", "mine", "--json")
    assert (said.code, said.json["skips"][0]["file"]) == (3, GENDER.replace("data", "mine"))


def warned(said: Said) -> list[tuple[str, str]]:
    return [(check["name"], check["message"]) for check in said.json["checks"] if check["status"] == "WARN"]


def test_a_file_that_ends_within_a_line_is_warned_of_and_one_that_is_refused_is_not(project: Project) -> None:
    project.write(GENDER, GENDERS.rstrip("\n"))
    said = project.validate("--strict", "--json")
    cut = "ends without a line end: it may have been cut off"
    assert (said.code, warned(said)) == (3, [(GENDER, cut)])
    assert f"{GENDER}: {cut}" in project.page(said)
    assert f"warning: {GENDER}: {cut}\n" in project.validate().out
    project.write(GENDER, GENDERS.rstrip("\n").encode("utf-16"))
    assert [name for name, _ in warned(project.validate("--json"))] == ["name_prefix"]


def test_a_file_that_is_cut_within_a_letter_is_not_called_windows_874(project: Project) -> None:
    project.write(GENDER, GENDERS.encode()[: GENDERS.encode().index("หญิง".encode()) + 2])
    (refused, _) = project.validate("--json").json["checks"]
    assert refused["message"] == f"{GENDER}, row 3: the file ends within a letter: it was cut off"
    assert "ไฟล์จบกลางตัวอักษร" in project.page(project.validate("--language", "th", "--json"))


STRAYS = {
    "data/demographic/Religion.csv": "did you mean demographic/religion.csv? ",
    "data/demographic/religion (1).csv": "did you mean demographic/religion.csv? ",
    "data/demographic/nationalty.csv": "did you mean demographic/nationality.csv? ",
    "data/demographic/religion.CSV": "did you mean demographic/religion.csv? ",
    "data/Demographic/religion.csv": "did you mean demographic/religion.csv? ",
    "data/demographic/zzzzz.csv": "",
}


@pytest.mark.parametrize("path", STRAYS)
def test_a_csv_file_of_no_entity_is_warned_of_with_what_may_be_meant(project: Project, path: str) -> None:
    project.write(path, "code\n")
    said = project.validate("--json", "--strict")
    assert (said.code, warned(said)) == (3, [(path, "belongs to no entity: Seedbed does not read it")])
    assert said.json["checks"][0]["next"] == f"{STRAYS[path]}rename it, or keep it elsewhere"
    assert "ไม่มีการอ่าน" in project.page(project.validate("--language", "th", "--json"))
    assert project.validate("--entities", "gender", "--strict").code == 0
    assert project.validate("--modules", "finance", "--entities", "gender", "--strict").code == 0


def test_files_that_are_no_entity_s_folder_s_are_nobody_s_concern(project: Project) -> None:
    for path in ("data/derive/inputs/x.csv", "data/reference/names.csv", "data/README.md", "data/demographic/a.txt"):
        project.write(path, "x\n")
    assert project.validate("--strict").code == 0


def test_an_entity_without_a_file_is_warned_of_where_the_directories_are_the_project_s_own(project: Project) -> None:
    said = project.run("validate", "--modules", "demographic", "--strict", "--json")
    ((name, message),) = warned(said)
    assert (said.code, name, message.partition(": ")[0]) == (3, "files", "no file, not checked")
    assert "religion" in message
    assert "notes" not in said.json
    assert project.validate("--modules", "demographic", "--strict").code == 0
    assert project.run("validate", "--entities", "gender", "--strict").code == 0


def test_columns_that_rules_judge_and_a_file_lacks_are_noted(project: Project) -> None:
    project.write(GENDER, "code,active,info.th.name,rank\nmale,TRUE,ชาย,1\nfemale,TRUE,หญิง,2\n")
    notes = project.validate("--json").json["notes"]
    lacks = "the file lacks columns that rules read; these rules check nothing"
    assert f"{GENDER}: {lacks}: info.en.name" in notes
    assert len([note for note in notes if lacks in note]) == 1


def test_a_reference_to_a_row_that_is_left_out_names_that_row(project: Project) -> None:
    project.write(GENDER, GENDERS + "other,TRUE,อื่น,Other,3\n")
    project.write(PREFIX, PREFIXES + "004,other,TRUE,x\n005,other,TRUE,x\n006,none,TRUE,y\n")
    said = project.validate("--json")
    assert [skip["message"] for skip in said.json["skips"][1:]] == [
        *[f"gender_code 'other' names {GENDER} row 4, a row that is itself skipped"] * 2,
        "gender_code 'none' is not a known gender.code",
    ]
    assert f"names {GENDER}, a row that is itself skipped" in project.page(said)
    thai = project.validate("--language", "th", "--json")
    assert f"gender_code 'other' อยู่ใน {GENDER} แถวที่ 4" in thai.json["skips"][1]["message"]


def test_a_row_of_a_correction_is_shown_with_its_own_file(project: Project) -> None:
    fixed = "mended/demographic/gender.csv"
    project.write(fixed, "code,active,info.th.name,_row,_reason,_message\nmael,TRUE,ชาย,2,invalid,x\n")
    said = project.validate("-d", "data", "-d", "mended")
    assert f"  {fixed} row 2 [mael] invalid: " in said.out
    page = project.page(project.validate("-d", "data", "-d", "mended", "--json"))
    assert f'<span class="soft">{fixed} Row 2</span>' in page


@pytest.mark.parametrize("arguments", [(), ("--entities", "gender")])
def test_rejects_alone_are_told_what_they_come_after(project: Project, arguments: tuple[str, ...]) -> None:
    project.write("mended/demographic/gender.csv", "code,_row,_reason,_message\nmael,2,invalid,x\n")
    said = project.validate("-d", "mended", *arguments)
    assert said.code in (2, 3)
    assert "rejects are given after the data directory that they correct: -d data -d " in said.out + said.err


def test_a_letter_that_only_looks_like_one_of_ours_is_named(project: Project) -> None:
    project.write(GENDER, GENDERS.replace("code", "\u0441ode", 1))
    (refused, _) = project.validate("--json").json["checks"]
    assert refused["next"].startswith("it contains U+0441 CYRILLIC SMALL LETTER ES; did you mean 'code'? known: ")
    assert "U+0441" in project.page(project.validate("--language", "th", "--json"))


def test_a_wrong_rule_is_to_be_corrected_not_the_files(project: Project) -> None:
    project.rules("gender", rule("known-gender", IN_SET, column="colour", value_set=["male"]))
    assert project.validate("--json").json["error"]["next"] == "correct the rules and validate again"
    project.write("expectations/demographic/gender.yaml", "name: gender\nexpectations: 5\n")
    assert project.validate("--json").json["error"]["next"] == "correct the rules and validate again"
    project.write(PREFIX, "code;x\n")
    assert project.validate("--json").json["error"]["next"] == "correct the rules and the files and validate again"


def test_a_full_standard_output_is_one_line_of_error(project: Project) -> None:
    code = "import sys, pathlib\nfrom seedbed import wiring\nfrom seedbed.cli import command_line, options\n"
    code += "wiring.ROOT = options.ROOT = pathlib.Path.cwd()\nsys.exit(command_line.main(['validate', '-d', 'data']))\n"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            cwd=project.root, env={"PYTHONPATH": str(ROOT), "PATH": ""},
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "error: standard output cannot be written: No space left on device\nnext: give it another place\n"
    )


# What is refused

REFUSED = {
    ("--entities", "gendr"): "unknown entity 'gendr'",
    ("--modules", "demografic"): "unknown module 'demografic'",
    ("--language", "ht"): "unknown value of --language 'ht'",
    ("--against", "HEAD"): "cannot be compared with a revision: not a git repository",
    ("--against", ""): "--against names no revision: it is empty",
    ("--data-dir", "nowhere"): "does not exist",
    ("--data-dir", "expectations"): "no file of a known entity in ",
    ("--agianst", "HEAD"): "No such option: --agianst",
}


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_what_cannot_be_done_exits_2_with_a_next_step(project: Project, arguments: tuple[str, ...]) -> None:
    said = project.validate(*arguments, "--json")
    assert (said.code, said.json["error"]["class"]) == (2, "UserError")
    assert REFUSED[arguments] in said.json["error"]["message"]
    assert said.json["error"]["next"]
    assert said.json["error"]["exit_code"] == 2
    assert not (project.root / "output").exists()


@pytest.mark.parametrize("folder", ["output", "logs"])
def test_a_folder_that_cannot_be_made_is_said(project: Project, folder: str) -> None:
    project.write(folder, "a file")
    said = project.validate("--json")
    assert (said.code, said.json["error"]["class"]) == (2, "UserError")
    assert f"{folder} cannot be made" in said.json["error"]["message"]


# The page


def bad(project: Project) -> None:
    project.write(GENDER, GENDERS.replace("Female", "") + "<b>,TRUE,ชาย,Male,3\nmale,TRUE,ชาย,Man,4\n")
    project.write(RELIGION, b"")


def test_the_page_is_self_contained_and_escaped(project: Project) -> None:
    bad(project)
    page = project.page(project.validate("--json"))
    assert '<html lang="en">' in page
    assert "<b>,TRUE" not in page
    assert "&lt;b&gt;" in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "The files are not right: files refused: 1, rows that would be skipped: 2, warnings: 1." in page
    assert "code: known gender is said &lt;so&gt;" in page
    assert "2 of 4 rows would be skipped" in page


def test_the_page_in_thai(project: Project) -> None:
    bad(project)
    said = project.validate("--language", "th", "--json")
    page = project.page(said)
    assert '<html lang="th">' in page
    assert "ข้อมูลยังไม่ถูกต้อง: ไฟล์ที่ใช้ไม่ได้ 1 ไฟล์ และแถวที่จะไม่ถูกนำเข้า 2 แถว และคำเตือน 1 รายการ" in page
    assert all(text in page for text in ("code: เพศต้องเป็นค่าที่รู้จัก", "ควรมีชื่อภาษาอังกฤษ", "ไฟล์ว่างเปล่า"))
    assert "known gender is said" not in page
    assert [skip["message"] for skip in said.json["skips"]] == [
        "code: เพศต้องเป็นค่าที่รู้จัก",
        "คีย์นี้มีอยู่แล้วในแถวก่อนหน้าของไฟล์นี้",
    ]
    assert said.json["skips"][1]["reason"] == "duplicate_in_file"


def test_the_page_of_right_files(project: Project) -> None:
    for language, sentence in (("en", "All right: nothing would be skipped. Files: 2."), ("th", "ข้อมูลถูกต้องทั้ง 2 ไฟล์")):
        page = project.page(project.validate("--language", language, "--json"))
        assert '<div class="banner good"' in page
        assert sentence in page


def test_many_bad_rows_are_cut_in_the_page_and_in_json_and_counted(project: Project) -> None:
    project.write(GENDER, csv_text(("code", "info.th.name"), [(f"g{number}", "ก") for number in range(1_200)]))
    said = project.validate("--entities", "gender", "--json")
    assert (len(said.json["skips"]), said.json["skipped_total"]) == (1_000, 1_200)
    page = project.page(said)
    assert page.count("known gender is said") == 201
    assert "and 1,197 more" in page


# The comparison


@pytest.fixture
def kept(project: Project) -> Project:
    """The project in a git repository."""
    project.write(".gitignore", "output/\nlogs/\n")
    project.git("init", "--quiet")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "one")
    return project


def compared(said: Said) -> dict[str, tuple[str, int, int, int]]:
    entities = said.json["comparison"]["entities"]
    return {one["entity"]: (one["state"], one["added"], one["removed"], one["changed"]) for one in entities}


def test_a_change_is_shown_as_what_it_is(kept: Project) -> None:
    kept.write(GENDER, GENDERS.replace("Male", "Man").replace("female,TRUE,หญิง,Female,2\n", ""))
    kept.write(PREFIX, PREFIXES.replace("002,female", "002,male") + "004,male,TRUE,<นาง>\n")
    said = kept.validate("--against", "HEAD", "--json")
    assert said.code == 0
    assert compared(said) == {"gender": ("changed", 0, 1, 1), "name_prefix": ("changed", 1, 0, 1)}
    comparison = said.json["comparison"]
    assert (comparison["against"], comparison["differences_total"], len(comparison["commits"]["data"])) == (
        "HEAD",
        4,
        40,
    )
    assert comparison["differences"][0] == {
        "entity": "gender",
        "kind": "changed",
        "key": "male",
        "row": 2,
        "cells": [{"column": "info.en.name", "before": "Male", "after": "Man"}],
    }
    page = kept.page(said)
    assert "<del>Male</del> &rarr;" in page
    assert "&lt;นาง&gt;" in page
    people = kept.validate("--against", "HEAD").out
    assert f"{GENDER}: 0 added, 1 removed, 1 changed\n  ~ row 2 [male] info.en.name: Male -> Man\n" in people
    assert "  + row 5 [004] code=004, gender_code=male, active=TRUE, info.th.name=<นาง>\n" in people
    assert "against HEAD: 1 added, 1 removed, 2 changed; files that differ: 2, as they were: 0\n" in people


def test_another_order_and_other_bytes_are_said_as_such(kept: Project) -> None:
    header, *rows = GENDERS.splitlines(keepends=True)
    kept.write(GENDER, header + "".join(reversed(rows)))
    kept.write(PREFIX, b"\xef\xbb\xbf" + PREFIXES.replace("\n", "\r\n").encode())
    said = kept.validate("--against", "HEAD", "--json")
    assert compared(said) == {"gender": ("reordered", 0, 0, 0), "name_prefix": ("rewritten", 0, 0, 0)}
    assert said.json["comparison"]["differences"] == []
    people = kept.validate("--against", "HEAD").out
    assert f"{GENDER}: only the order of rows differs\n" in people
    assert f"{PREFIX}: only bytes differ: " in people


def test_a_file_that_is_new_gone_or_broken_is_said(kept: Project) -> None:
    kept.write(RELIGION, "code,active,info.th.name\n1,TRUE,พุทธ\n")
    (kept.root / PREFIX).unlink()
    kept.write(GENDER, "code;rank\n")
    said = kept.validate("--against", "HEAD", "--json")
    assert (said.code, compared(said)) == (
        3,
        {"religion": ("new", 1, 0, 0), "gender": ("unreadable", 0, 0, 0), "name_prefix": ("gone", 0, 3, 0)},
    )
    assert (PREFIX, "the file is gone") in warned(said)
    page = kept.page(kept.validate("--against", "HEAD", "--language", "th", "--json"))
    assert all(text in page for text in ("ไฟล์ใหม่", "ไฟล์ถูกลบ", "เปรียบเทียบไม่ได้", "อัฒภาค"))


def test_nothing_differs(kept: Project) -> None:
    said = kept.validate("--against", "HEAD", "--json")
    assert (compared(said), said.json["comparison"]["unchanged"]) == ({}, 2)
    assert "Nothing differs." in kept.page(said)


def test_an_unknown_revision_exits_2_before_anything_is_judged(kept: Project) -> None:
    said = kept.validate("--against", "no-such-branch")
    assert (said.code, said.out) == (2, "")
    assert "error: git knows no revision 'no-such-branch' in " in said.err
    assert "next: name a commit, branch or tag that is there" in said.err


def test_a_file_that_two_entities_read_counts_once(kept: Project) -> None:
    users = "username,email,role,active,given_name,family_name\n" + "".join(
        f"{name},{name}@example.org,{role},TRUE,{name},b\n"
        for name, role in (("a", "NURSE"), ("b", "NURSE"), ("c", ""))
    )
    for entity in ("user", "practitioner"):
        kept.write(f"expectations/user/{entity}.yaml", yaml.safe_dump({"name": entity, "expectations": [ANY]}))
    kept.write("data/user/user.csv", users)
    kept.git("add", "--all")
    kept.git("commit", "--quiet", "--message", "two")
    kept.write("data/user/user.csv", users.replace("b@example.org", "new@example.org"))
    people = kept.validate("--modules", "user", "--against", "HEAD").out
    assert "validate: 1 file, 5 rows in " in people
    assert "against HEAD: 0 added, 0 removed, 1 changed; files that differ: 1, as they were: 0\n" in people
    assert "data/user/user.csv (practitioner): 0 added, 0 removed, 1 changed; the file is counted with user\n" in people
    said = kept.validate("--modules", "user", "--against", "HEAD", "--json")
    comparison = said.json["comparison"]
    assert (comparison["differences_total"], len(comparison["differences"]), comparison["unchanged"]) == (1, 1, 0)
    assert [one["counted_with"] for one in comparison["entities"]] == ["", "user"]
    page = kept.page(said)
    assert "Files: 1." in page
    assert "counted with user" in page
    kept.write("data/user/user.csv", users.replace("a@example.org", "a@example.org", 1).replace("TRUE", "maybe"))
    listed = kept.validate("--modules", "user").out
    assert listed.count("data/user/user.csv: ") == 1
    assert listed.count("data/user/user.csv (as practitioner): ") == 1
    kept.write("data/user/user.csv", b"")
    refused = kept.validate("--modules", "user", "--json")
    assert refused.json["error"]["message"] == "the files are not right: 1 files refused, 0 rows would be skipped"


def test_a_row_with_a_cell_too_many_is_a_change_and_says_which(kept: Project) -> None:
    kept.write(PREFIX, PREFIXES.replace("นาง", "นาง,9"))
    people = kept.validate("--against", "HEAD").out
    assert "[002] (fault): (empty) -> cells in this row: 5, in the header: 4, (cell 5): (empty) -> 9\n" in people
    assert "แถวนี้มี 5 ช่อง แต่หัวตารางมี 4 ช่อง" in kept.page(kept.validate("--against", "HEAD", "--language", "th", "--json"))


def test_a_file_that_comes_from_another_directory_is_compared_with_what_stood_for_it(kept: Project) -> None:
    kept.write(GENDER.replace("data", "mine"), GENDERS.replace("Male", "Man"))
    kept.write(PREFIX.replace("data", "mine"), PREFIXES)
    said = kept.validate("-d", "data", "-d", "mine", "--against", "HEAD")
    assert (
        "mine/demographic/gender.csv: 0 added, 0 removed, 1 changed; it was data/demographic/gender.csv before\n"
        in said.out
    )
    assert f"the same bytes in another file; it was {PREFIX} before\n" in said.out
    page = kept.page(kept.validate("-d", "data", "-d", "mine", "--against", "HEAD", "--json"))
    assert "before: data/demographic/gender.csv" in page
    assert "the same bytes in another file" in page
