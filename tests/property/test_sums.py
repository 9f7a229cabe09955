"""Law 4: whatever a file holds, every row read is inserted, updated, unchanged or skipped; and what was skipped is not stored."""

import itertools

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from seedbed.core.errors import DataError
from seedbed.database import clusters
from seedbed.database.engines import open_database
from tests.support.builders.houses import BED, WARD, SmallHouse, csv_text, small_house

runs = itertools.count()
code = st.sampled_from(["1", "2", "3", "4", "", "01", "ก", "1.2E+05", "x" * 40, 'q"', "a,b", "l\nb"])
cell = st.one_of(
    st.sampled_from(["", "A", "B", "TRUE", "false", "7", "x", "2026-01-02", '"', "\\", "{}", "NaN", '"\\u0000"']),
    st.text(max_size=4),
)
HEADER = ("code", "ward_code", "active", "rank", "more", "info.th.name")
row = st.tuples(code, st.sampled_from(["A", "B", "Z", ""]), *[cell] * 4)
rows = st.lists(row, max_size=25)
noise = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(["\n", ",\n", "a\n", "a,A,TRUE,1,,x,y,z\n", "\r\n"])), max_size=3
)


@pytest.fixture(scope="module")
def house(cluster, tmp_path_factory) -> SmallHouse:
    database = open_database(clusters.create_database(cluster.address(), "property_sums"))
    built = small_house(database, tmp_path_factory.mktemp("house"))
    built.load(WARD, "code\nA\nB\n", run="before")
    built.suite(BED, ("expect_column_value_lengths_to_be_between", {"column": "code", "max_value": 20}))
    built.execute("CREATE UNIQUE INDEX one_rank ON test_bed (rank)")
    yield built
    database.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, noise, st.sampled_from(["skip", "update"]))
def test_every_row_read_is_accounted_for_and_every_skip_is_named(house, cells, lines, on_duplicate):
    records = [csv_text(one, []) for one in [HEADER, *cells]]
    for place, line in lines:
        records.insert(place + 1, line)
    content = "".join(records).replace("\0", "").encode("utf-8", "ignore")
    run = f"run-{next(runs)}"
    before = house.query("SELECT code FROM test_bed")
    try:
        report = house.load(BED, content, run=run, on_duplicate=on_duplicate)
    except DataError as error:
        event(error.message.rpartition(": ")[2])
        assert house.query("SELECT code FROM test_bed") == before
        assert house.skips(run) == []
        return
    event(f"loaded, {'some' if report.skipped else 'none'} skipped")
    assert report.adds_up
    skips = house.skips(run)
    assert report.skipped == len(skips) == len({at for at, *_ in skips})
    assert len(house.query("SELECT code FROM test_bed")) == len(before) + report.inserted
    assert len({key for key, *_ in house.changes(run)}) == report.updated
