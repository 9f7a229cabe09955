"""A module in which several entities fail says of each why."""

from pathlib import Path

import pytest

from seedbed.actions.context import AppContext, Run
from seedbed.actions.setup.load import Job, load_unit
from seedbed.actions.setup.select import ModuleUnit, SetupRequest
from seedbed.core.errors import UnitsFailed
from tests.support.builders.houses import MODULES, SMALL


class NoNotes:
    """No entity comes so far that anything is noted."""


def test_every_cause_is_told_and_what_waited_for_one_is_named(tmp_path: Path) -> None:
    house = AppContext(
        entities=SMALL,
        modules=MODULES,
        aliases={},
        target=pytest.fail,
        database=lambda: pytest.fail("database"),
        diagnose=lambda: (),
        target_addresses={},
        root=tmp_path,
        is_local=True,
        known_headers=lambda entity: entity.headers,
    )
    unit = ModuleUnit("site", tuple(SMALL[name] for name in ("test_ward", "test_bed", "test_room")), ())
    job = Job(Run("root-1", "20261121T183000-aaaaaaaa", "setup"), SetupRequest(data_dirs=(tmp_path,)), unit)
    with pytest.raises(UnitsFailed) as failed:
        load_unit(house, job, NoNotes())  # type: ignore[arg-type]
    assert failed.value.message == "site: no file for test_ward; no file for test_room (and test_bed)"
