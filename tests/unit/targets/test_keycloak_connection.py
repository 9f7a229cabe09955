"""What every try of a request to Keycloak asks before it is sent."""

import time

import pytest

from seedbed.core.errors import Transient
from seedbed.database.ledger.leases import Overtaken
from seedbed.targets.http.concurrency import LOOK_S
from seedbed.targets.keycloak.connection import TokenConnection
from tests.support.builders.demographic_double import Ledger, Tokens

NOBODY_LISTENS = "http://127.0.0.1:9"
USERS = "admin/realms/staging/users"


def test_an_attempt_that_was_overtaken_between_two_tries_sends_nothing_more() -> None:
    ledger, pauses = Ledger(), list[float]()

    def stands_still(pause_s: float) -> None:
        if not pauses:
            ledger.lost = Overtaken("a newer attempt of this run has taken over")
            time.sleep(LOOK_S)
        pauses.append(pause_s)

    connection = TokenConnection(NOBODY_LISTENS, "staging", Tokens(), sleep=stands_still)
    with pytest.raises(Overtaken), connection.checking_lease(ledger.check_lease):
        connection.raw_post(USERS, "{}")
    assert len(pauses) == 1
    with pytest.raises(Transient, match="failed in 4 tries"):  # outside of a delivery nobody looks
        connection.raw_get(USERS)
