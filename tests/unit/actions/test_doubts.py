"""What a target is asked of many rows, while the lease is ours."""

import time

import pytest

from seedbed.actions.cleanup.resolve_unknown import told_of
from seedbed.database.ledger.created_records import Created
from seedbed.database.ledger.leases import Overtaken
from seedbed.targets.http.concurrency import LOOK_S, Breaker

ROWS = [Created(n, "patient", "http://api", f"k{n}", "", "") for n in range(50)]


def test_an_attempt_that_was_overtaken_asks_for_no_further_row() -> None:
    asked = list[int]()

    def stands_still(row: Created) -> str:
        asked.append(row.row)
        time.sleep(LOOK_S)
        return "removed"

    def check_lease() -> None:
        if asked:
            raise Overtaken("a newer attempt of this run has taken over")

    with pytest.raises(Overtaken):
        list(told_of(ROWS, stands_still, Breaker(), check_lease, lanes=1))
    assert asked == [0]
