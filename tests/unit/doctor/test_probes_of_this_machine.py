"""Configuration, files and disk, each in health and in every illness that a probe knows."""

from collections import namedtuple
from dataclasses import replace

import pytest

from seedbed.actions.diagnose import data_files
from seedbed.core.errors import DataError
from seedbed.core.setting_names import TARGET_NAMES
from seedbed.core.spec import Column, Entity
from seedbed.datasets.registry import ENTITIES
from seedbed.doctor.inputs import Configuration, Encryption, LocalStack
from seedbed.doctor.probes import disk_space, local_access
from seedbed.settings import ROOT
from tests.support.builders.clinic import clinic, examine

ALL = frozenset(TARGET_NAMES)
USER, RACE = ENTITIES["user"], ENTITIES["race"]


@pytest.mark.parametrize(
    ("configuration", "status", "said", "step"),
    [
        (Configuration(TARGET_NAMES, frozenset()), "PASS", "all 13 names are set", ""),
        (Configuration(TARGET_NAMES, frozenset({"PREFECT_API_URL"})), "PASS", "all 13 names are set", ""),
        (Configuration(TARGET_NAMES, ALL, is_local=True), "PASS", "no target name is set: the local stack is used", ""),
        (Configuration(TARGET_NAMES, frozenset({"CLIENT_ID"})), "FAIL", "not set: CLIENT_ID", "set them in the env"),
        (Configuration(TARGET_NAMES, ALL), "FAIL", f"not set: {', '.join(TARGET_NAMES)}", "run `seedbed up`"),
        (Configuration(TARGET_NAMES, ALL, "staging"), "FAIL", f"not set: {', '.join(TARGET_NAMES)}", "set them in"),
    ],
    ids=["all set", "others do not count", "local stack", "one missing", "all missing", "staging has no local stack"],
)
def test_the_environment(configuration, status, said, step):
    check = examine("Environment Variables", clinic(configuration=configuration))
    assert (check.status, check.message, check.next.startswith(step)) == (status, said, True)


def shown(root, *entities):
    return examine("CSV Files", clinic(data=data_files(entities, [root / "data"], root=root)))


def test_the_shipped_files_are_in_order():
    assert shown(ROOT, *ENTITIES.values()).status == "PASS"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no file for race"),
        ("", "the file is empty"),
        ("code,info.th.name,colour\n", "unknown column 'colour'"),
        ("info.th.name\nx\n", "lacks the column"),
    ],
    ids=["no file", "empty", "unknown column", "missing column"],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path, content, words):
    (tmp_path / "data" / "demographic").mkdir(parents=True)
    if content is not None:
        (tmp_path / "data" / "demographic" / "race.csv").write_text(content)
    check = shown(tmp_path, RACE)
    assert (check.status, words in check.message, bool(check.next)) == ("FAIL", True, True)


def test_a_missing_data_directory_is_said_once(tmp_path):
    check = shown(tmp_path, *ENTITIES.values())
    assert check.message == f"the data directory {tmp_path / 'data'} does not exist"


def test_many_faults_are_counted():
    def wrong(entity):
        raise DataError(f"{entity.name} is wrong")

    many = tuple(Entity(f"e{number}", "m", (Column("code"),)) for number in range(8))
    check = examine("CSV Files", clinic(data=replace(clinic().data, entities=many, check=wrong)))
    assert check.message.endswith("e4 is wrong and 3 more")


def test_only_the_beginning_of_a_file_is_read(tmp_path):
    (tmp_path / "data" / "demographic").mkdir(parents=True)
    header = ",".join(RACE.headers)
    rows = f"{'x,' * (len(RACE.headers) - 1)}x\n" * 100_000
    path = tmp_path / "data" / "demographic" / "race.csv"
    path.write_bytes(f"{header}\n{rows}".encode() + b"\xff,bad\n")
    assert shown(tmp_path, RACE).status == "PASS"


def test_realm_roles_are_those_of_realm_role_else_of_role(tmp_path):
    (tmp_path / "data" / "user").mkdir(parents=True)
    file = tmp_path / "data" / "user" / "user.csv"
    file.write_text(
        "username,email,realm_role,role,given_name,family_name\n"
        "a,a@x,doctor,DOCTOR,A,A\nb,b@x,,nurse,B,B\nc,c@x,,,C,C\n"
    )
    assert data_files([USER], [tmp_path / "data"], root=tmp_path).realm_roles() == {"doctor", "nurse"}
    file.write_text("username,email,given_name,family_name\na,a@x,A,A\n")
    assert data_files([USER], [tmp_path / "data"], root=tmp_path).realm_roles() == frozenset()


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "status"), [(1 << 30, "PASS"), ((1 << 30) - 1, "FAIL")])
def test_a_gibibyte_must_be_free(monkeypatch, tmp_path, free, status):
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda _: Usage(1, 1, free))
    check = examine("Disk Space", clinic(folders={"output/": tmp_path / "not" / "yet"}))
    assert (check.status, check.message.startswith("output/ has")) == (status, True)


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(disk_space.os, "access", lambda *_: False)
    check = examine("Disk Space", clinic(folders={"output/": tmp_path}))
    assert (check.status, check.message) == ("FAIL", "may not write into output/")


def test_unencrypted_connections_that_the_file_allows_are_a_warning():
    assert examine("Encryption", clinic()).status == "PASS"
    check = examine("Encryption", clinic(encryption=Encryption(("CORTEX_API_URL",), "uat.yaml")))
    assert (check.status, check.message) == ("WARN", "plain http outside this machine: CORTEX_API_URL")
    check = examine("Encryption", clinic(encryption=Encryption(file="uat.yaml", lacks_ssl_mode=True)))
    assert (check.status, check.message.startswith("uat.yaml does not say targets.postgres.ssl_mode")) == ("WARN", True)
    assert "verify-full" in check.next


User = namedtuple("User", "name")


@pytest.mark.parametrize(
    ("has_login", "users", "owner", "status", "said"),
    [
        (False, ["me"], "me", "PASS", "no other user is logged in"),
        (False, ["me", "guest"], "me", "WARN", "other users are logged in: guest"),
        (True, ["me", "guest"], "me", "PASS", "asks for an auth string"),
        (False, [], "root", "WARN", "the stack runs as root"),
        (True, [], "root", "PASS", "asks for an auth string"),
    ],
)
def test_a_local_prefect_api_without_a_login_is_a_warning_where_others_can_reach_it(
    monkeypatch, tmp_path, has_login, users, owner, status, said
):
    monkeypatch.setattr(local_access.psutil, "users", lambda: [User(name) for name in users])
    monkeypatch.setattr(local_access, "owner_of", lambda _: owner)
    check = examine("Local Access", clinic(local_stack=LocalStack(tmp_path, has_login=has_login)))
    assert (check.status, said in check.message) == (status, True)


def test_without_a_local_stack_nobody_can_reach_its_prefect_api(tmp_path):
    assert examine("Local Access", clinic(local_stack=LocalStack(tmp_path / "none"))).status == "PASS"
