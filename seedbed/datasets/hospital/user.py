"""Module user: who may log in, who treats patients, and where."""

from seedbed.core.spec import Column, Entity, Reference
from seedbed.datasets.hospital.columns import ACTIVE, flag, id_reference

MODULE = "user"
SHARED_FILE = "user/user.csv"
OF_USER = Reference("user", by="username")

ACCOUNTS = (
    Entity(
        "user",
        MODULE,
        (
            Column("username", required=True),
            Column("email", required=True),
            Column("realm_role"),
            Column("role"),
            ACTIVE,
            Column("given_name", required=True),
            Column("family_name", required=True),
            Column("display"),
            Column("medical_certificate_code"),
        ),
        key=("username",),
        target="keycloak",
        file=SHARED_FILE,
    ),
)
PEOPLE = (
    Entity(
        "practitioner",
        MODULE,
        (
            Column("user_id", header="username", required=True, references=OF_USER),
            ACTIVE,
            Column("prefix"),
            Column("given_name", required=True),
            Column("middle_name"),
            Column("family_name", required=True),
            Column("display"),
            Column("medical_certificate_code"),
            flag("is_dummy"),
            Column("role", required=True),
            Column("level"),
            Column(
                "info",
                "json",
                parts=(
                    *("prefix", "given_name", "middle_name", "family_name"),
                    *("en_prefix", "en_given_name", "en_middle_name", "en_family_name"),
                ),
                paths=(
                    *("th.prefix", "th.givenName", "th.middleName", "th.familyName"),
                    *("en.prefix", "en.givenName", "en.middleName", "en.familyName"),
                ),
                part_aliases=(("en_give_name", "en_given_name"),),
            ),
        ),
        key=("prefix", "given_name", "family_name", "medical_certificate_code", "role"),
        file=SHARED_FILE,
        only_with="role",
    ),
    Entity(
        "user_allowed_branch",
        MODULE,
        (
            Column("user_id", header="username", required=True, references=OF_USER),
            id_reference("branch", required=True),
            flag("default"),
        ),
        key=("user_id", "branch_id"),
    ),
)

ENTITIES = (*ACCOUNTS, *PEOPLE)
