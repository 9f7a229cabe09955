import json

import pytest

from seedbed.core.errors import UserError
from seedbed.core.setting_names import NEEDED_BY, TARGET_NAMES, text_of
from seedbed.settings import Settings, read_settings

LOCAL = {
    "POSTGRES_HOST": "127.0.0.1",
    "POSTGRES_PORT": "5433",
    "POSTGRES_DB": "seedbed",
    "POSTGRES_USER": "seedbed",
    "POSTGRES_PASSWORD": "local-secret",
    "POSTGRES_SSL_MODE": "disable",
    "KEYCLOAK_PASSWORD_TEMPORARY": "false",
    "PREFECT_API_URL": "http://127.0.0.1:4200/api",
    "REPORTS_URL": "http://127.0.0.1:4300",
    "DATABASE_URL": "postgresql://x",
}
GIVEN = {
    "POSTGRES_HOST": "db",
    "POSTGRES_PORT": "5432",
    "POSTGRES_DB": "staging",
    "POSTGRES_USER": "u",
    "POSTGRES_PASSWORD": "given-secret",
    "POSTGRES_SSL_MODE": "require",
}


@pytest.fixture
def root(tmp_path):
    (tmp_path / ".seedbed").mkdir()
    return tmp_path


def local(root, values=LOCAL):
    (root / ".seedbed/local.json").write_text(json.dumps(values))


def dotenv(root, **values):
    (root / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def secret_file(root, content, name="secret"):
    (root / name).write_text(content)
    return str(root / name)


def refusal(root, **environ):
    with pytest.raises(UserError) as caught:
        read_settings(environ, root=root)
    return str(caught.value)


# Where a value comes from


def test_targets_are_asked_every_minute_and_nights_that_are_four_hours_late_are_superseded() -> None:
    assert (Settings().SEEDBED_PROBE_PAUSE_S, Settings().SEEDBED_SUPERSEDED_AFTER_S) == (60, 14_400)


def test_the_process_comes_before_a_file_a_file_before_dotenv_and_dotenv_before_the_local_stack(root):
    local(root, {**LOCAL, "DOCTOR_TIMEOUT_MS": "1"})
    assert read_settings({}, root=root).DOCTOR_TIMEOUT_MS == 1
    dotenv(root, DOCTOR_TIMEOUT_MS=2)
    assert read_settings({}, root=root).DOCTOR_TIMEOUT_MS == 2
    environ = {"DOCTOR_TIMEOUT_MS_FILE": secret_file(root, "3\n")}
    assert read_settings(environ, root=root).DOCTOR_TIMEOUT_MS == 3
    assert read_settings({**environ, "DOCTOR_TIMEOUT_MS": "4"}, root=root).DOCTOR_TIMEOUT_MS == 4


def test_a_secret_file_s_outer_spaces_and_line_end_are_not_part_of_it(root):
    settings = read_settings(
        {**GIVEN, "POSTGRES_PASSWORD": "", "POSTGRES_PASSWORD_FILE": secret_file(root, " p w \n")}, root=root
    )
    assert text_of(settings.POSTGRES_PASSWORD) == "p w"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_read_is_named_without_its_content(root, content):
    path = root / "secret"
    if content:
        path.write_bytes(content)
    message = refusal(root, CLIENT_SECRET_FILE=str(path))
    assert message.startswith(f"CLIENT_SECRET_FILE: cannot read {path}: ")


def test_an_empty_value_is_no_value_wherever_it_stands(root):
    dotenv(root, **GIVEN, CORTEX_API_URL="", SEEDBED_ENV="")
    settings = read_settings({"POSTGRES_HOST": "", "SEEDBED_ENV": ""}, root=root)
    assert (settings.POSTGRES_HOST, settings.SEEDBED_ENV, settings.CORTEX_API_URL) == ("db", "development", "")


def test_names_of_others_are_left_alone(root):
    dotenv(root, SOMETHING_ELSE="x", postgres_host="lower")
    assert read_settings({"PATH": "/bin", "is_local": "true"}, root=root).model_dump()["POSTGRES_HOST"] == ""


# The local stack


def test_the_local_stack_is_used_when_no_target_name_is_set(root):
    local(root)
    settings = read_settings({"SEEDBED_ENV": "test", "DOCTOR_TIMEOUT_MS": "10"}, root=root)
    assert (settings.is_local, settings.POSTGRES_PORT, settings.KEYCLOAK_PASSWORD_TEMPORARY) == (True, 5433, False)


@pytest.mark.parametrize("name", TARGET_NAMES)
def test_one_target_name_that_is_set_and_nothing_falls_back_to_the_local_stack(root, name):
    local(root)
    settings = read_settings({name: "5432"}, root=root)
    assert not settings.is_local
    assert {other for other in TARGET_NAMES if text_of(getattr(settings, other))} == {name}
    assert settings.DATABASE_URL == ""


def test_a_target_name_in_dotenv_or_in_a_file_counts_too(root):
    local(root)
    assert not read_settings({"CLIENT_SECRET_FILE": secret_file(root, "x")}, root=root).is_local
    dotenv(root, POSTGRES_HOST="db")
    assert not read_settings({}, root=root).is_local


def test_the_local_stack_s_own_values_are_still_the_local_stack(root):
    local(root)
    own = {name: LOCAL[name] for name in TARGET_NAMES if name in LOCAL}
    assert read_settings(own, root=root).is_local
    assert not read_settings({**own, "POSTGRES_PORT": "5434"}, root=root).is_local
    own.pop("POSTGRES_DB")
    assert not read_settings(own, root=root).is_local


def test_without_a_local_stack_there_is_nothing(root):
    settings = read_settings({}, root=root)
    assert (settings.is_local, settings.missing) == (False, TARGET_NAMES)


def test_the_state_directory_may_be_elsewhere(root):
    other = root / "other"
    other.mkdir()
    (other / "local.json").write_text(json.dumps(LOCAL))
    assert read_settings({"SEEDBED_STATE_DIR": "other"}, root=root).is_local
    state = read_settings({"SEEDBED_STATE_DIR": str(other)}, root=root).SEEDBED_STATE_DIR
    assert state == other


def test_a_broken_record_of_the_local_stack_says_how_to_mend_it(root):
    (root / ".seedbed/local.json").write_text("{")
    assert "run `seedbed up` to write it anew" in refusal(root)


# What is refused


@pytest.mark.parametrize("name", ["production", "PRODUCTION", "prod", "Prod-eu"])
def test_production_is_refused_wherever_it_is_said(root, name):
    assert refusal(root, SEEDBED_ENV=name).startswith(f"SEEDBED_ENV={name} is refused")
    dotenv(root, SEEDBED_ENV=name)
    assert refusal(root).startswith(f"SEEDBED_ENV={name} is refused")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTGRES_HOST", "db.prod.example.org"),
        ("POSTGRES_DB", "emr_production"),
        ("KEYCLOAK_REALM", "PRD"),
        ("KEYCLOAK_BASE_URL", "https://sso-prod1.example.org"),
        ("CORTEX_API_URL", "https://api.example.org/prod/v1"),
        ("DEMOGRAPHIC_API_URL", "https://prd.example.org"),
        ("OAUTH2_TOKEN_URL", "https://sso.example.org/realms/prod/token"),
    ],
)
def test_a_target_that_calls_itself_production_is_refused_wherever_it_is_set(root, name, value):
    expected = f"{name}={value} is refused: Seedbed fills staging systems only; name a staging"
    assert refusal(root, **{name: value}) == expected
    local(root, {**LOCAL, name: value})
    assert refusal(root) == expected


@pytest.mark.parametrize("name", ["CORTEX_API_URL", "KEYCLOAK_BASE_URL", "OAUTH2_TOKEN_URL"])
def test_an_address_that_says_who_asks_is_refused_and_not_repeated(root, name):
    expected = f"{name} holds a user or password, which logs and reports would show; take it out of the URL"
    for value in ("https://me:s3cret@prod.example.org/x", "https://s3cret@api.example.org"):
        message = refusal(root, **{name: value})
        assert message.startswith(expected)
        assert "s3cret" not in message


@pytest.mark.parametrize(
    ("name", "value"), [("POSTGRES_PORT", "many"), ("POSTGRES_PORT", "70001"), ("DOCTOR_TIMEOUT_MS", "-17")]
)
def test_a_wrong_value_is_named_and_not_repeated(root, name, value):
    message = refusal(root, **{name: value})
    assert message.startswith(f"wrong configuration: {name}: ")
    assert value not in message


@pytest.mark.parametrize("target", NEEDED_BY)
def test_what_a_target_needs_and_lacks_is_named_and_the_exit_code_is_2(root, target):
    *set_names, absent = NEEDED_BY[target]
    settings = read_settings(dict.fromkeys(set_names, "5432"), root=root)
    with pytest.raises(UserError) as caught:
        settings.needs(target)
    assert str(caught.value) == (
        f"{target} is not configured: {absent} not set; set them in the environment or in .env (see .env.sample)"
    )
    assert caught.value.exit_code == 2
    read_settings(dict.fromkeys(NEEDED_BY[target], "5432"), root=root).needs(target)


def test_where_nothing_is_set_the_local_stack_is_the_next_step(root):
    with pytest.raises(UserError, match="run `make up`"):
        read_settings({}, root=root).needs("keycloak")


def test_secrets_are_in_no_repr(root):
    names = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    assert set(names) >= {"CLIENT_SECRET", "POSTGRES_PASSWORD", "KEYCLOAK_DEFAULT_PASSWORD", "SANDBOX_FAULT_TOKEN"}
    settings = read_settings(dict.fromkeys(names, "s3cret-value"), root=root)
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "s3cret-value" not in shown
