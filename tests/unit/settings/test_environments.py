"""Environment files: read strictly, and one word for one thing."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml

from seedbed.core.change_limits import ChangeLimits
from seedbed.core.errors import UserError
from seedbed.core.setting_names import text_of
from seedbed.core.spec import TableNames
from seedbed.settings import read_settings

POSTGRES = {"host": "db.uat.example.org", "database": "emr"}
FULL: dict[str, Any] = {
    "targets": {
        "postgres": {**POSTGRES, "port": 6432, "ssl_mode": "verify-full"},
        "keycloak": {"base_url": "https://sso.example.org", "realm": "uat"},
        "cortex_api": "https://cortex.example.org",
        "demographic_api": "https://demographic.example.org",
        "token_url": "https://sso.example.org/token",
    },
    "data": ["data", "hospital"],
    "modules": ["demographic"],
    "invented": ["branch"],
    "tables": {"nationality": {"table": "ref.nationality", "columns": {"code": "nat_code"}}},
    "brakes": {"skipped_rows": 5},
}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "deployments/environments").mkdir(parents=True)
    (tmp_path / ".seedbed").mkdir()
    return tmp_path


def write(root, said=FULL, name="uat"):
    text = said if isinstance(said, str) else yaml.safe_dump(said)
    (root / f"deployments/environments/{name}.yaml").write_text(text, encoding="utf-8")


def refusal(root, **environ):
    with pytest.raises(UserError) as caught:
        read_settings({"SEEDBED_ENV": "uat", **environ}, root=root)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_its_values_become_settings(root):
    write(root)
    settings = read_settings({"SEEDBED_ENV": "uat"}, root=root)
    assert (settings.POSTGRES_HOST, settings.POSTGRES_PORT, settings.POSTGRES_DB) == ("db.uat.example.org", 6432, "emr")
    assert (settings.POSTGRES_SSL_MODE, settings.KEYCLOAK_REALM) == ("verify-full", "uat")
    assert settings.OAUTH2_TOKEN_URL == "https://sso.example.org/token"
    assert (settings.is_local, settings.environment.name) == (False, "uat")
    assert settings.environment.tables == {"nationality": TableNames("ref.nationality", {"code": "nat_code"})}
    assert settings.environment.brakes == ChangeLimits(skipped_rows=5)


def test_the_environment_may_be_named_by_the_caller(root):
    write(root)
    assert read_settings({"SEEDBED_ENV": "test"}, root=root, environment="uat").SEEDBED_ENV == "uat"


def test_a_file_makes_development_a_staging_like_any_other(root):
    (root / ".seedbed/local.json").write_text(json.dumps({"POSTGRES_HOST": "127.0.0.1", "POSTGRES_DB": "seedbed"}))
    assert read_settings({}, root=root).is_local
    write(root, {"targets": {"postgres": POSTGRES}}, "development")
    settings = read_settings({}, root=root)
    assert (settings.is_local, settings.POSTGRES_HOST) == (False, "db.uat.example.org")


def test_an_unknown_environment_is_refused_with_a_suggestion_and_the_file_to_write(root):
    write(root)
    assert refusal(root, SEEDBED_ENV="uta") == (
        "unknown environment in SEEDBED_ENV 'uta'; did you mean 'uat'? known: development, test, uat; "
        "or write deployments/environments/uta.yaml"
    )


@pytest.mark.parametrize("key", ["data", "expectations", "modules", "entities", "invented"])
def test_a_list_may_be_written_as_comma_text(root, key):
    write(root, {**FULL, key: "all"})
    assert getattr(read_settings({"SEEDBED_ENV": "uat"}, root=root).environment, key) == ("all",)
    write(root, {**FULL, key: "one, two"})
    assert getattr(read_settings({"SEEDBED_ENV": "uat"}, root=root).environment, key) == ("one", "two")


FILE = "deployments/environments/uat.yaml"


def in_targets(said):
    return f"targets:\n  {said}\n" + ("" if "postgres" in said else "  postgres: {host: db, database: emr}\n")


def with_patients(said):
    usual = ["count: 5"] * ("count" not in said) + ["seed: 1"] * ("seed" not in said)
    return "targets: {postgres: {host: db, database: emr}}\npatients: {" + ", ".join([*usual, said]) + "}\n"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({**FULL, "moduls": []}, f"unknown key in {FILE} 'moduls'; did you mean 'modules'?"),
        (
            {"targets": {"postgres": {**POSTGRES, "hots": "x"}}},
            f"unknown key in 'targets.postgres' of {FILE} 'hots'; did you mean 'host'?",
        ),
        (
            {"targets": {"postgres": POSTGRES, "keycloak": {"relm": "x"}}},
            f"unknown key in 'targets.keycloak' of {FILE} 'relm'; did you mean 'realm'?",
        ),
        ({**FULL, "brakes": {"skiped_rows": 1}}, f"unknown key in 'brakes' of {FILE} 'skiped_rows'; did you mean"),
        (
            {**FULL, "tables": {"nationality": {"tabel": "x"}}},
            f"unknown key in 'tables.nationality' of {FILE} 'tabel'; did you mean 'table'?",
        ),
        ({"targets": {"postgres": {"host": "x"}}}, f"{FILE}: targets.postgres.database: Field required"),
        ({"data": ["data"]}, f"{FILE}: targets: Field required"),
        ({**FULL, "brakes": {"updated_share": 20}}, f"{FILE}: brakes: a share is between 0 and 1"),
        ({**FULL, "data": 3}, f"{FILE}: data: it is a list, or names with commas between them; "),
        ({**FULL, "data": []}, f"{FILE}: data: name at least one; "),
        (
            {**FULL, "tables": {"race": "ref.race"}},
            f"{FILE}: tables.race: it has keys of its own: write them below it; ",
        ),
        ("targets:\n", f"{FILE}: targets: nothing stands there: leave the key out, or say what it is; "),
        (
            in_targets("postgres: {host: 'db:5432', database: x}"),
            f"{FILE}: targets.postgres.host: it is no bare host: ",
        ),
        *(
            (in_targets(f"postgres: {{host: '{host}', database: x}}"), f"{FILE}: targets.postgres.host: it is no bare ")
            for host in ("u:p@db", "db/emr", "[::1]:5432", "[::1]:")
        ),
        (
            in_targets("cortex_api: cortex.example.org"),
            f"{FILE}: targets.cortex_api: it is no URL: write https:// and ",
        ),
        (
            in_targets("demographic_profile: single"),
            f"{FILE}: targets: demographic_profile says how demographic_api works",
        ),
        (
            in_targets("demographic_profile: singel"),
            f"{FILE}: targets.demographic_profile: Input should be 'batch' or 's",
        ),
        (in_targets("demographic_look_up: perhaps"), f"{FILE}: targets.demographic_look_up: it is true or false; "),
        (with_patients("count: 0"), f"{FILE}: patients.count: Input should be greater than or equal to 1; "),
        (with_patients("count: 10000001"), f"{FILE}: patients.count: Input should be less than or equal to 10000000; "),
        (with_patients("count: true"), f"{FILE}: patients.count: it is a whole number, without quotes; "),
        (with_patients("count: 5, seed: '42'"), f"{FILE}: patients.seed: it is a whole number, without quotes; "),
        (
            with_patients("cohort: {province: 50}"),
            f"{FILE}: patients.cohort.province: it is text: write it in quotes; ",
        ),
        (with_patients("cohort: {provnce: x}"), f"unknown key in 'patients.cohort' of {FILE} 'provnce'; did you mean"),
        (
            with_patients("cohort: {counted_on: 2026-13-01}"),
            f"{FILE}: it is not YAML: line 2: no date: month must be in ",
        ),
        ("targets: {}\ndata: !!timestamp north\n", f"{FILE}: it is not YAML: line 2: no date: 'north'"),
        ({**FULL, "pool": {"name": "prefect-uat"}}, f"{FILE}: pool: Prefect takes no pool whose name begins with "),
        ({**FULL, "pool": {"name": "north/uat"}}, f"{FILE}: pool: Prefect takes no pool whose name begins with "),
        ({**FULL, "name": "sit"}, f"{FILE}: its name is 'sit'; leave it out, or write 'uat'"),
        ("targets: {}\ntargets: {}\n", f"{FILE}: it is not YAML: line 2: the key 'targets' stands twice"),
        ("targets:\n  - [", f"{FILE}: it is not YAML: line "),
        ("- targets", f"{FILE}: it is not a mapping"),
        ("", f"{FILE}: it is not a mapping"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_its_place(root, said, expected):
    write(root, said)
    assert refusal(root).startswith(expected)


def generating(*entries):
    return f"targets: {{postgres: {{host: db, database: emr}}}}\ngenerate: [{', '.join(f'{{{one}}}' for one in entries)}]\n"


HOSPITAL = "dataset: hospital, count: 5, seed: 1"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            generating("dataset: hosptal"),
            f"unknown dataset in 'generate.0' of {FILE} 'hosptal'; did you mean 'hospital'?",
        ),
        (generating("count: 5, seed: 1"), f"{FILE}: generate.0.dataset: Field required; "),
        (generating("dataset: hospital, count: 5"), f"{FILE}: generate.0.seed: Field required; "),
        (generating(f"{HOSPITAL}, cout: 3"), f"unknown key in 'generate.0' of {FILE} 'cout'; did you mean 'count'?"),
        (
            generating(f"{HOSPITAL}, scenario: busy"),
            f"unknown scenario of dataset 'hospital' in 'generate.0' of {FILE} 'busy'",
        ),
        (generating(f"{HOSPITAL}, scenario: 3"), f"{FILE}: generate.0.scenario: it is text: write it in quotes; "),
        (
            generating(f"{HOSPITAL}, cohort: {{ag: '7'}}"),
            f"unknown key in 'generate.0.cohort' of {FILE} 'ag'; did you mean 'age'?",
        ),
        (
            generating(f"{HOSPITAL}, cohort: {{age: 7}}", "dataset: hospital"),
            f"{FILE}: generate.0.cohort.age: it is text: write it in quotes; generate.1.count: Field required; ",
        ),
        (
            generating(HOSPITAL, HOSPITAL),
            f"{FILE}: generate: dataset 'hospital' stands twice: a night generates a dataset once",
        ),
        (
            generating(HOSPITAL) + "patients: {count: 5, seed: 1}\n",
            f"{FILE}: generate: dataset 'hospital' stands twice",
        ),
        ("targets: {postgres: {host: db, database: emr}}\ngenerate: hospital\n", f"{FILE}: generate: "),
        (generating() + "patients:\n", f"{FILE}: patients: nothing stands there: leave the key out"),
        (with_patients("dataset: hospital"), f"unknown key in 'patients' of {FILE} 'dataset'"),
        (
            {**FULL, "time_zone": "Asia/Bangkk"},
            f"{FILE}: time_zone: 'Asia/Bangkk' is no time zone: write a name such as",
        ),
        ({**FULL, "as_of": "tomorrow"}, f"{FILE}: as_of: "),
    ],
)
def test_what_a_night_generates_is_read_strictly(root, said, expected):
    write(root, said)
    assert refusal(root).startswith(expected)


def test_the_older_key_says_the_same_as_an_entry_of_the_hospital(root):
    cohort = "cohort: {age: 60-, deceased: no}"
    write(root, with_patients(cohort))
    older = read_settings({"SEEDBED_ENV": "uat"}, root=root).environment
    write(root, generating(f"{HOSPITAL}, {cohort}"))
    assert read_settings({"SEEDBED_ENV": "uat"}, root=root).environment == older
    (entry,) = older.generate
    assert (entry.dataset, entry.count, entry.cohort.age, entry.cohort.deceased) == ("hospital", 5, "60-", "no")
    assert older.generated_of("hospital") is entry
    assert older.generated_of("erp") is None


def test_an_environment_has_a_clock_of_its_own(root):
    moment = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
    write(root, FULL)
    usual = read_settings({"SEEDBED_ENV": "uat", "SEEDBED_TIME_ZONE": "UTC"}, root=root)
    assert (usual.local_time.minute(moment), usual.local_time.day(moment)) == ("2026-11-21 18:30", date(2026, 11, 21))
    own = {name: value for name, value in FULL.items() if name != "schedule"}
    write(root, {**own, "time_zone": "Europe/Berlin", "as_of": "2026-02-28"})
    settings = read_settings({"SEEDBED_ENV": "uat", "SEEDBED_TIME_ZONE": "UTC"}, root=root)
    assert (settings.local_time.minute(moment), settings.local_time.day(moment)) == (
        "2026-11-21 19:30",
        date(2026, 2, 28),
    )
    assert settings.environment.schedule.timezone == "Europe/Berlin"
    write(root, {**own, "time_zone": "Europe/Berlin", "schedule": {"timezone": "UTC"}})
    assert read_settings({"SEEDBED_ENV": "uat"}, root=root).environment.schedule.timezone == "UTC"


def test_the_clock_is_the_hospitals_in_bangkok_unless_something_says_otherwise(root):
    moment = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
    usual = read_settings({}, root=root).local_time
    assert (usual.minute(moment), usual.day(moment)) == ("2026-11-22 01:30", date(2026, 11, 22))
    assert read_settings({"SEEDBED_AS_OF": "2026-02-28"}, root=root).local_time.day(moment) == date(2026, 2, 28)
    with pytest.raises(UserError, match=r"SEEDBED_TIME_ZONE: .*'Bangkok' is no time zone"):
        read_settings({"SEEDBED_TIME_ZONE": "Bangkok"}, root=root)


@pytest.mark.parametrize(
    "said",
    [
        "targets: {postgres: {host: db, database: emr, user: me, password: s3cret}}",
        "targets: {postgres: {host: db, database: emr}, keycloak: {base_url: https://x, realm: r, client_secret: s3cret}}",
        "targets: {postgres: {host: db, database: emr}}\nPOSTGRES_PASSWORD: s3cret",
    ],
)
def test_users_and_secrets_are_told_that_the_file_is_no_place_for_them(root, said):
    write(root, said)
    heard = refusal(root)
    assert (
        "does not belong there: all users of the repository can read the file; set users and secrets where the runs are"
        in heard
    )
    assert "s3cret" not in heard


def test_the_words_that_yaml_takes_for_truth_are_those_that_a_cohort_asks_for(root):
    for word in ("yes", "no"):
        write(root, with_patients(f"cohort: {{deceased: {word}}}"))
        assert read_settings({"SEEDBED_ENV": "uat"}, root=root).environment.generate[0].cohort.deceased == word


def test_an_environment_has_a_name_that_deployments_can_carry_and_is_not_called_local(root):
    for name in ("Uat", "local"):
        write(root, FULL, name)
        assert refusal(root, SEEDBED_ENV=name).startswith(f"deployments/environments/{name}.yaml: name: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("POSTGRES_HOST", "a"), ("POSTGRES_PORT", "1"), ("POSTGRES_SSL_MODE", "disable"), ("KEYCLOAK_REALM", "x")],
)
def test_a_place_that_is_also_set_otherwise_is_refused(root, name, value):
    write(root)
    meant = text_of(getattr(read_settings({"SEEDBED_ENV": "uat"}, root=root), name))
    assert text_of(getattr(read_settings({"SEEDBED_ENV": "uat", name: meant}, root=root), name)) == meant
    expected = f"{name} is '{value}' in the environment and '{meant}' in {FILE}; unset {name}, or mend the file"
    assert refusal(root, **{name: value}) == expected
    (root / ".env").write_text(f"{name}={value}\n")
    assert refusal(root) == expected


def test_a_place_that_the_file_leaves_out_may_not_be_set_beside_it(root):
    write(root, {"targets": {"postgres": POSTGRES}})
    assert "CORTEX_API_URL is 'https://x' in the environment and '' in" in refusal(root, CORTEX_API_URL="https://x")


def test_a_user_or_secret_that_is_missing_is_to_be_set_where_the_run_is(root):
    write(root, {"targets": {"postgres": POSTGRES}})
    settings = read_settings({"SEEDBED_ENV": "uat", "POSTGRES_USER": "u"}, root=root)
    where = r"POSTGRES_PASSWORD not set; set them in the environment of this process \(or of the worker\), or in .env"
    with pytest.raises(UserError, match=where):
        settings.needs("postgres")


def test_what_the_file_leaves_out_and_a_run_needs_is_to_be_named_there(root):
    write(root, {"targets": {"postgres": POSTGRES}})
    settings = read_settings({"SEEDBED_ENV": "uat", "CLIENT_ID": "c", "CLIENT_SECRET": "s"}, root=root)
    with pytest.raises(UserError, match=f"OAUTH2_TOKEN_URL, CORTEX_API_URL not set; name the target in {FILE}"):
        settings.needs("cortex_api")
    with pytest.raises(UserError, match="POSTGRES_USER, POSTGRES_PASSWORD not set; set them in the environment"):
        settings.needs("postgres")


def test_secrets_come_from_the_files_that_it_names_unless_the_process_says_otherwise(root):
    (root / "secret").write_text("from the file\n")
    write(root, {**FULL, "secret_files": {"POSTGRES_PASSWORD": "secret", "POSTGRES_USER": str(root / "secret")}})
    (root / ".env").write_text("POSTGRES_PASSWORD=from dotenv\n")
    settings = read_settings({"SEEDBED_ENV": "uat", "POSTGRES_USER": "me"}, root=root)
    assert (text_of(settings.POSTGRES_PASSWORD), settings.POSTGRES_USER) == ("from the file", "me")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"POSTGRES_PASWORD": "x"}, f"unknown name in 'secret_files' of {FILE} 'POSTGRES_PASWORD'; did you mean"),
        ({"POSTGRES_HOST": "x"}, f"unknown name in 'secret_files' of {FILE} 'POSTGRES_HOST'; did you mean"),
        ({"CLIENT_SECRET": "s3cret"}, f"{FILE}: CLIENT_SECRET: cannot read the file that stands there: No such file"),
    ],
)
def test_a_secret_file_that_is_not_there_or_of_no_known_name_is_refused(root, files, expected):
    write(root, {**FULL, "secret_files": files})
    assert refusal(root).startswith(expected)


def test_an_address_in_the_file_that_says_who_asks_is_refused_and_not_repeated(root):
    write(root, {"targets": {"postgres": POSTGRES, "cortex_api": "https://me:s3cret@api.example.org"}})
    assert refusal(root).startswith("CORTEX_API_URL holds a user or password, which logs and reports would show")
    assert "s3cret" not in refusal(root, CORTEX_API_URL="https://api.example.org")


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ({"postgres": {**POSTGRES, "host": "prod-db"}}, "POSTGRES_HOST=prod-db is refused"),
        ({"postgres": {**POSTGRES, "database": "emr_prod"}}, "POSTGRES_DB=emr_prod is refused"),
        (
            {"postgres": POSTGRES, "keycloak": {"base_url": "https://x", "realm": "prod"}},
            "KEYCLOAK_REALM=prod is refused",
        ),
        ({"postgres": POSTGRES, "cortex_api": "https://prd/x"}, "CORTEX_API_URL=https://prd/x is refused"),
    ],
)
def test_production_is_refused_in_the_file_too(root, targets, expected):
    write(root, {"targets": targets})
    assert refusal(root).startswith(expected)
