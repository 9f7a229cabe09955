"""An environment's own words and names, without a file."""

from typing import Any

import pytest
from pydantic import ValidationError

from seedbed.core.environment import Environment
from seedbed.core.spec import Column, Entity, TableNames, with_table_names

POSTGRES = {"host": "db.uat.example.org", "database": "emr"}
NATIONALITY = Entity("nationality", "demographic", (Column("code", required=True), Column("active")))


def uat(**said: Any) -> Environment:
    return Environment.model_validate({"name": "uat", "targets": {"postgres": POSTGRES}, **said})


def test_an_environment_says_its_settings_and_leaves_out_what_it_has_not():
    assert uat().settings() == {
        "POSTGRES_HOST": "db.uat.example.org",
        "POSTGRES_PORT": "5432",
        "POSTGRES_DB": "emr",
        "POSTGRES_SSL_MODE": "require",
        "SEEDBED_DEMOGRAPHIC_PROFILE": "batch",
        "SEEDBED_DEMOGRAPHIC_LOOK_UP": "True",
    }
    keycloak = {"base_url": "https://sso.example.org", "realm": "uat"}
    said = uat(targets={"postgres": POSTGRES, "keycloak": keycloak}).settings()
    assert (said["KEYCLOAK_BASE_URL"], said["KEYCLOAK_REALM"]) == ("https://sso.example.org", "uat")


def test_an_environment_has_a_path_a_pool_and_lists_that_may_be_text():
    assert (uat().path, uat().pool.name) == ("deployments/environments/uat.yaml", "uat")
    assert uat(pool={"name": "own"}).pool.name == "own"
    assert uat(modules="a, b,").modules == uat(modules=["a", "b"]).modules == ("a", "b")
    assert uat(code={"repository": "https://git.example.org/x.git", "tag": "v1"}).code.version == "v1"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "local"}, "the local stack"),
        ({"brakes": {"skipped_share": 2}}, "between 0 and 1"),
        ({"brakes": {"updated_rows": -1}}, "not negative"),
        ({"pool": {"type": "docker"}}, "needs code.image"),
        ({"code": {"image": "x:1"}}, "runs no image"),
        ({"code": {"image": "x:1", "repository": "r", "tag": "t"}}, "exclude each other"),
        ({"code": {"repository": "r"}}, "belong together"),
        ({"code": {"token_block": "t"}}, "token of a repository"),
        ({"code": {"repository": "https://u:p@git.example.org/x", "tag": "t"}}, "password or token"),
    ],
)
def test_what_an_environment_cannot_be_is_refused(said, words):
    with pytest.raises(ValidationError, match=words):
        uat(**said)


def test_an_entity_may_have_the_names_of_its_table():
    named = with_table_names(NATIONALITY, TableNames("ref.nationality", {"code": "nat_code", "id": "nat_id"}))
    assert (named.stored("code"), named.stored("active"), named.stored("id")) == ("nat_code", "active", "nat_id")
    assert named.naming == "ref.nationality/nat_id/code=nat_code"
    assert with_table_names(NATIONALITY, TableNames()).naming == ""
    with pytest.raises(KeyError, match="has no column 'colour'"):
        with_table_names(NATIONALITY, TableNames(columns={"colour": "x"}))
