"""Whose a Keycloak user is."""

import pandas as pd
import pytest

from seedbed.datasets.hospital.user import ACCOUNTS
from seedbed.targets.keycloak.ownership import Ownership, find_missing_users, is_federated, ownership
from seedbed.targets.memory import MemoryRecorder
from seedbed.targets.port import MissingKeyRule

USER = ACCOUNTS[0]
ALL_GONE = MissingKeyRule(lambda keys: keys.isin([]).to_numpy(), lambda _: None)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"id": "1"}, False),
        ({"id": "1", "federationLink": ""}, False),
        ({"id": "1", "federationLink": "b7"}, True),
        ({"id": "1", "origin": "b7"}, True),
        ({"id": "f:b7:anna"}, True),
    ],
)
def test_users_of_a_directory_are_told_by_their_link_origin_or_id(user: dict[str, str], expected: bool):
    assert is_federated(user) is expected


def test_names_are_held_at_one_place_and_compare_without_case():
    recorder = MemoryRecorder()
    recorder.claim_keys("user", pd.Series(["Anna"], dtype="str"), at="here")
    assert ownership(recorder, USER, at="here", adopts=False) == Ownership(frozenset({"anna"}), adopts=False)
    assert ownership(recorder, USER, at="elsewhere", adopts=False).names == frozenset()


@pytest.mark.parametrize(
    ("adopts", "user", "words"),
    [
        (False, {"username": "anna"}, ""),
        (False, {"username": "bob"}, "was made by others"),
        (True, {"username": "bob"}, ""),
        (True, {"username": "anna", "federationLink": "b7"}, "never touched"),
    ],
)
def test_an_objection_names_the_user(adopts: bool, user: dict[str, str], words: str):
    said = Ownership(frozenset({"anna"}), adopts).objection(user)
    assert (words in said, bool(said)) == (True, bool(words))
    assert not said or f"user '{user['username']}'" in said


def test_gone_are_those_that_we_hold_that_the_realm_has_and_that_no_row_names():
    held = iter([pd.Series(["Anna", "bob", "carl", "dora", "erik"], dtype="str"), pd.Series(["bob"], dtype="str")])
    users = {name: {"id": name, "username": name} for name in ("anna", "bob", "dora", "theirs")}
    users["dora"]["origin"] = "b7"
    assert find_missing_users(held, ALL_GONE, users, frozenset({"anna"})) == {"bob": users["bob"]}
