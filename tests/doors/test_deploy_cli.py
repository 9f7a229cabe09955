"""`seedbed deploy` and `seedbed notify` refuse early, and say what to do."""

import json
import subprocess

import pytest

from seedbed.cli import deploy
from tests.support.stack.stagings import PROJECT, Staging

FOLDER = "deployments/environments"
TARGETS = "targets: {postgres: {host: db.example.org, database: emr}}\n"
FILE = f"{TARGETS}entities: [gender]\n"
SHIPPED = f"data: [{PROJECT / 'data'}]\n"
APIS = "cortex_api: https://c, demographic_api: https://d, token_url: https://t"
WITH_APIS = TARGETS.replace("}}", f"}}, {APIS}}}") + "entities: [gender]\n" + SHIPPED
PATIENTS = WITH_APIS + "patients: {count: 5, seed: 1}\n"
NOBODY = "http://127.0.0.1:9/api"


@pytest.fixture
def north(staging: Staging) -> Staging:
    """A project with the environment 'north' and no Prefect server."""
    staging.patch.setattr(deploy, "ROOT", staging.root)
    folder = staging.root / "deployments/environments"
    folder.mkdir(parents=True)
    (folder / "north.yaml").write_text(FILE, encoding="utf-8")
    (staging.root / ".seedbed").mkdir()
    local = json.dumps({"PREFECT_API_URL": NOBODY, "PREFECT_UI_URL": "http://127.0.0.1:9"})
    (staging.root / ".seedbed/local.json").write_text(local, encoding="utf-8")
    return staging


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "which environment? --environment is not given"),
        (("--environment", "nroth"), "did you mean 'north'"),
        (("--environment", "test"), "environment 'test' is the local stack's; `seedbed up` deploys there"),
        (("--environment", "prod"), "SEEDBED_ENV=prod is refused"),
    ],
)
def test_an_environment_that_cannot_be_meant_is_refused(north: Staging, arguments: tuple[str, ...], said: str) -> None:
    code, text = north.run("deploy", *arguments)
    assert code == 2
    assert said in text.replace("\nnext: ", "; ")


@pytest.mark.parametrize("arguments", [("deploy",), ("notify", "--webhook", "http://127.0.0.1:9/x")])
def test_the_local_stacks_server_is_never_deployed_to_by_accident(north: Staging, arguments: tuple[str, ...]) -> None:
    code, text = north.run(*arguments, "--environment", "north")
    assert code == 2
    assert "no Prefect server is named" in text
    assert "set PREFECT_API_URL" in text


def test_a_server_that_is_named_and_does_not_answer_is_said(north: Staging) -> None:
    north.patch.setenv("PREFECT_API_URL", NOBODY)
    code, text = north.run("deploy", "--environment", "north")
    assert code == 2
    assert f"Prefect's API at {NOBODY} does not answer" in text


def in_cohort(said: str) -> str:
    return WITH_APIS + f"patients: {{count: 5, seed: 1, cohort: {{{said}}}}}\n"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (in_cohort("province: Atlantis"), "north.yaml: patients: unknown province 'Atlantis'; did you mean '"),
        (in_cohort("province: '99'"), "north.yaml: patients: unknown province '99'; did you mean '"),
        (in_cohort("insurance: UC-GOLD"), "north.yaml: patients: unknown insurance plan 'UC-GOLD'; "),
        (in_cohort("category: rich"), "north.yaml: patients: unknown patient category 'rich'; "),
        (in_cohort("nationality: TH"), "north.yaml: patients: unknown nationality 'TH'; known: "),
        (in_cohort("sex: woman"), "north.yaml: patients: unknown sex 'woman'; "),
        (in_cohort("deceased: maybe"), "north.yaml: patients: unknown value of deceased 'maybe'; "),
        (in_cohort("age: 130-"), "north.yaml: patients: no patient has an age from 130 to 100; give ages from 0"),
        (in_cohort("age: old"), "north.yaml: patients: 'old' is no range of ages; write 60-, -15, 18-65 or 7"),
        (in_cohort("counted_on: 2020-01-01"), "counted on 2020-01-01; give dates from 2025-07-01"),
        (PATIENTS.replace("demographic_api: https://d, ", ""), "patients are asked for, and no API that takes them"),
        (FILE + "modules: [demografic]", "north.yaml: unknown module 'demografic'; did you mean 'demographic'?"),
        (FILE + "invented: [brnch]", "north.yaml: unknown entity 'brnch'; did you mean 'branch'?"),
        (TARGETS + "entities: [genders]", "north.yaml: unknown entity 'genders'; did you mean 'gender'?"),
        (FILE + "data: [data, hospitl]", "north.yaml: data: 'hospitl' does not exist; name directories relative to"),
        (FILE + "data: [/on/the/worker, hospitl]", "north.yaml: data: 'hospitl' does not exist"),
        (FILE + "data: [data, data/demographic/gender.csv]", "data: 'data/demographic/gender.csv' is not a directory"),
        (FILE + "data: [data, expectations]", "north.yaml: no file of a chosen entity in "),
        (FILE + "expectations: [rules]", "north.yaml: expectations: 'rules' does not exist"),
        (TARGETS + "entities: [gender, race]", "north.yaml: data: no file for race; name the directory that has them"),
        (TARGETS + SHIPPED + "entities: [branch]", "north.yaml: nothing to load: the content of branch is fictitious"),
        (TARGETS + SHIPPED + "modules: [inventory]", "go to targets.cortex_api, which is not there; name it, or say"),
        (WITH_APIS.replace(", token_url: https://t", ""), "the APIs want tokens, and targets.token_url is not there"),
        (
            FILE + "tables: {gendr: {table: x}}",
            "unknown table under 'tables' of deployments/environments/north.yaml 'g",
        ),
        (FILE + "tables: {gender: {columns: {kode: x}}}", "'kode'; did you mean 'code'?"),
        (FILE + "secret_files: {POSTGRES_PASSWRD: x}", "'POSTGRES_PASSWRD'; did you mean 'POSTGRES_PASSWORD'?"),
        (FILE + "schedule: {cron: 30 1 * *}", 'north.yaml: schedule: Invalid cron string: "30 1 * *"; cron has five'),
        (FILE + "schedule: {cron: 0 1 31 2 *}", "north.yaml: schedule: failed to find next date; cron has five fields"),
        (FILE + "schedule: {timezone: Bangkok}", 'north.yaml: schedule: Invalid timezone: "Bangkok"'),
        (WITH_APIS.replace("https://d", "https://me:s3cret@d"), "DEMOGRAPHIC_API_URL holds a user or password"),
        (FILE.replace("db.ex", "prod.ex"), "POSTGRES_HOST=prod.example.org is refused"),
    ],
)
def test_what_the_night_would_find_wrong_is_refused_before_a_server_is_asked(
    north: Staging, file: str, said: str
) -> None:
    (north.root / FOLDER / "north.yaml").write_text(file, encoding="utf-8")
    code, text = north.run("deploy", "--environment", "north", "--dry-run")
    assert code == 2, text
    assert said in text.replace("\nnext: ", "; ")
    assert "s3cret" not in text


@pytest.mark.parametrize("file", [FILE, WITH_APIS, PATIENTS, in_cohort("province: Chiang Mai, age: 60-")])
def test_a_file_that_can_be_done_is_not_refused_and_needs_no_secret(north: Staging, file: str) -> None:
    (north.root / FOLDER / "north.yaml").write_text(f"{file}secret_files: {{POSTGRES_PASSWORD: /on/the/worker}}\n")
    code, text = north.run("deploy", "--environment", "north", "--dry-run")
    assert (code, "no Prefect server is named" in text) == (2, True), text


def test_a_folder_at_which_nobody_can_look_is_said_and_one_by_its_whole_path_is_left_to_the_worker(
    north: Staging,
) -> None:
    long = "x" * 300  # no file system has such a name
    for folder, said in ((long, "x' cannot be looked at: File name too long"), (f"/{long}", "not on this machine: /x")):
        (north.root / FOLDER / "north.yaml").write_text(f"{FILE}data: [data, {folder}]\n", encoding="utf-8")
        code, text = north.run("deploy", "--environment", "north", "--dry-run")
        assert (code, said in text) == (2, True), text


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (FILE, "targets.postgres is the database of environment 'south'; a database belongs to one environment"),
        (
            PATIENTS.replace("emr", "south"),
            "patients.seed 1 is that of environment 'south', at the same API; give each",
        ),
        (PATIENTS.replace("emr", "south").replace("https://d", "https://e"), "no Prefect server is named"),
        ("targets: {}", "no Prefect server is named"),
    ],
    ids=["one database", "one seed at one API", "another API", "a file that is wrong"],
)
def test_environments_that_would_meet_at_night_are_refused(north: Staging, other: str, said: str) -> None:
    (north.root / FOLDER / "north.yaml").write_text(PATIENTS, encoding="utf-8")
    (north.root / FOLDER / "south.yaml").write_text(other, encoding="utf-8")
    code, text = north.run("deploy", "--environment", "north", "--dry-run")
    assert (code, said in text.replace("\nnext: ", "; ")) == (2, True), text


@pytest.mark.parametrize(
    ("folder", "code_of_runs"),
    [
        ("/on/the/worker", ""),
        ("in_the_image", "code: {image: x}\npool: {type: docker}\n"),
        ("at_the_tag", "code: {repository: https://git.example.org/x.git, tag: v1}\n"),
    ],
)
def test_a_folder_that_only_the_worker_has_is_left_to_its_doctor(
    north: Staging, folder: str, code_of_runs: str
) -> None:
    (north.root / FOLDER / "north.yaml").write_text(f"{FILE}data: [data, {folder}]\n{code_of_runs}", encoding="utf-8")
    code, text = north.run("deploy", "--environment", "north", "--dry-run")
    assert (code, f"not on this machine: {folder}; run `seedbed doctor` there" in text) == (2, True), text
    assert "no Prefect server is named" in text


def test_a_file_in_which_runs_at_its_tag_read_something_else_is_refused(north: Staging) -> None:
    def git(*arguments: str) -> None:
        name = ["-c", "user.name=Seedbed", "-c", "user.email=seedbed@example.org"]
        subprocess.run(["git", *name, *arguments], cwd=north.root, check=True)

    def deployed() -> str:
        return north.run("deploy", "--environment", "north", "--dry-run")[1]

    file = north.root / FOLDER / "north.yaml"
    file.write_text(f"{FILE}code: {{repository: https://git.example.org/x.git, tag: v1}}\n", encoding="utf-8")
    unknown = "whether the tag has this file cannot be told: "
    assert unknown in deployed()
    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "without the file")
    assert f"{unknown}git knows no revision 'v1'" in deployed()
    git("tag", "v1")
    git("remote", "add", "origin", "https://git.example.org/other.git")
    assert f"{unknown}this folder is no clone of https://git.example.org/x.git" in deployed()
    git("remote", "add", "upstream", "git@git.example.org:x.git")
    assert "north.yaml: code.tag 'v1' has not this file as it is here, and runs read the tag's" in deployed()
    git("add", str(file))
    git("commit", "--quiet", "--message", "with it")
    git("tag", "--force", "v1")
    assert deployed().startswith("error: no Prefect server is named")
    at_the_tag = file.read_text(encoding="utf-8")
    file.write_text(f"{at_the_tag}pool: {{name: p}}\nschedule: {{cron: 0 3 * * *}} # later\n", encoding="utf-8")
    assert deployed().startswith("error: no Prefect server is named")
    file.write_text(f"{at_the_tag}brakes: {{skipped_rows: 5}}\n", encoding="utf-8")
    assert "code.tag 'v1' has not this file as it is here" in deployed()


def test_the_doctor_says_of_the_file_what_a_deploy_says(north: Staging) -> None:
    north.patch.setenv("SEEDBED_ENV", "north")
    north.patch.setenv("DOCTOR_TIMEOUT_MS", "100")
    found = {}
    for province in ("Atlantis", "Chiang Mai"):
        (north.root / FOLDER / "north.yaml").write_text(in_cohort(f"province: {province}"), encoding="utf-8")
        code, text = north.run("doctor", "--json")
        assert code == 1, text
        checks = json.loads(text.splitlines()[0])["checks"]
        found[province] = next(check for check in checks if check["name"] == "Environment File")
    assert found["Atlantis"]["status"] == "FAIL"
    assert found["Atlantis"]["message"] == f"{FOLDER}/north.yaml: patients: unknown province 'Atlantis'"
    assert "Chiang Mai" in found["Atlantis"]["next"]
    assert found["Chiang Mai"]["status"] == "PASS"
    assert found["Chiang Mai"]["message"] == f"{FOLDER}/north.yaml: 1 entities, 5 patients"


@pytest.mark.parametrize("url", ["", "hooks.example.org/secret", "ftp://hooks.example.org/secret", "https:///secret"])
def test_an_address_that_is_no_webhook_is_refused_and_not_repeated(north: Staging, url: str) -> None:
    code, text = north.run("notify", "--webhook", url)
    assert code == 2
    assert "--webhook is not the address of a webhook" in text
    assert "secret" not in text
