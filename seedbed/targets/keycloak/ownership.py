"""Whose a user is: ours where a run of ours holds its name; and which of ours the file no longer names. Pure but for the recorder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from seedbed.core.spec import Entity
from seedbed.master_data.keys import display_key, missing_keys
from seedbed.targets.keycloak.user_rows import UserJson
from seedbed.targets.port import MissingKeyRule
from seedbed.targets.recorder import OwnedKeys

MADE_WITHIN_S = 1_800.0  # longer than all tries of the requests that are asked for at once
FEDERATED = "user '{}' comes from a user federation, which is never touched"


@dataclass(frozen=True, slots=True)
class Ownership:
    """The names that our runs hold at one place; `adopts`: users whom others made are taken over too."""

    names: frozenset[str]
    adopts: bool

    def objection(self, user: UserJson) -> str:
        """Why a user of the realm is not touched, as a sentence; "" where it is ours."""
        name = str(user["username"])
        if is_federated(user):
            return FEDERATED.format(name)
        if self.adopts or name.lower() in self.names:
            return ""
        return (
            f"user '{name}' was made by others; `adopt_existing: true` in the environment's file takes such users over"
        )


def ownership(recorder: OwnedKeys, entity: Entity, *, at: str, adopts: bool) -> Ownership:
    """What our runs hold of the entity at a place; user names compare without case."""
    names = {name_of(key) for keys in recorder.owned_keys(entity.id, at=at) for key in keys}
    return Ownership(frozenset(names), adopts)


def name_of(key: str) -> str:
    """The user name that a key of the file means, as Keycloak writes it."""
    return display_key(key).lower()


def is_federated(user: UserJson) -> bool:
    """Whether another directory than Keycloak's own keeps the user."""
    # Imported users have a link; those of a provider that imports none have an id of their own form.
    return bool(user.get("federationLink") or user.get("origin")) or str(user.get("id", "")).startswith("f:")


def came_from_request(user: UserJson, asked: float) -> bool:
    """Whether a user that was not there when its creation was asked for (seconds of the epoch) came of that request.

    One that came long after it, or of which Keycloak does not say when, may be somebody else's.
    """
    made = user.get("createdTimestamp")
    return not is_federated(user) and made is not None and float(made) / 1_000 <= asked + MADE_WITHIN_S


def find_missing_users(
    owned: Iterator[pd.Series], rule: MissingKeyRule, users: Mapping[str, UserJson], named: frozenset[str]
) -> dict[str, UserJson]:
    """Key -> user of those that we hold, that the realm has, and whose name the file no longer has.

    `named`: the names in the file, so that a name whose case has changed is not taken for gone.
    """
    found: dict[str, UserJson] = {}
    for keys in missing_keys(owned, rule.is_present):
        for key in keys:
            user = users.get(name_of(key))
            if user is not None and name_of(key) not in named and not is_federated(user):
                found[str(key)] = user
    return found
