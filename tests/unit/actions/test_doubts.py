"""What a target is asked of many rows, while the lease is ours."""

import time

import pytest

from seedbed.actions.cleanup.resolve_unknown import query_in_parallel
from seedbed.database.ledger.created_records import CreatedRecord
from seedbed.database.ledger.leases import Overtaken
from seedbed.targets.http.concurrency import LOOK_S, Breaker

ROWS = [CreatedRecord(n, "patient", "http://api", f"k{n}", "", "") for n in range(50)]


def test_an_attempt_that_was_overtaken_asks_for_no_further_row() -> None:
    asked = list[int]()

    def stands_still(row: CreatedRecord) -> str:
        asked.append(row.row)
        time.sleep(LOOK_S)
        return "removed"

    def check_lease() -> None:
        if asked:
            raise Overtaken("a newer attempt of this run has taken over")

    with pytest.raises(Overtaken):
        list(query_in_parallel(ROWS, stands_still, Breaker(), check_lease, lanes=1))
    assert asked == [0]
