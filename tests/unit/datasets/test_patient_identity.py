"""Identifiers that cannot be anybody's, and the gate that looks at them."""

import numpy as np
import pyarrow as pa
import pytest

from seedbed.core.errors import DataError
from seedbed.datasets.hospital.patients.identity import BLOCK, CLASS, SEEDS, TURNS, _slots, citizen_ids
from seedbed.datasets.hospital.patients.patient_entity import SCHEMA
from seedbed.datasets.hospital.patients.privacy_check import check_privacy
from seedbed.sandbox.demographic.patient_payload import check_digit
from tests.support.builders.patients import ids, table


def test_a_citizen_id_is_of_a_class_that_does_not_exist_and_has_its_check_digit():
    found = citizen_ids(42, ids(0, 3_000)).to_pylist()
    assert all(len(number) == 13 and number[0] == "9" and number[12] == check_digit(number[:12]) for number in found)


def test_numbered_seeds_share_no_slot():
    blocks = np.arange(TURNS, dtype=np.uint64)
    slots = np.concatenate([_slots(seed, blocks) for seed in range(SEEDS)])
    assert np.array_equal(np.sort(slots), np.arange(SEEDS * TURNS))


@pytest.mark.parametrize("seed", [0, 99])
def test_a_block_of_ids_fills_its_slot_once(seed):
    found = np.sort(np.asarray(citizen_ids(seed, ids(BLOCK, 2 * BLOCK)).cast(pa.int64())) // 10)
    (slot,) = _slots(seed, np.ones(1, np.uint64)).tolist()
    first = (int(CLASS) * SEEDS * TURNS + slot) * BLOCK
    assert np.array_equal(found, np.arange(first, first + BLOCK))


@pytest.mark.parametrize("seed", [0, 7, SEEDS - 1, SEEDS, -3, 1 << 90])
def test_ids_of_a_seed_are_unique_in_every_block(seed):
    rows = np.concatenate([ids(block * BLOCK, block * BLOCK + 50) for block in (*range(250), SEEDS * TURNS - 1)])
    assert len(set(citizen_ids(seed, rows).to_pylist())) == len(rows)


def test_beyond_the_last_number_there_is_none():
    with pytest.raises(DataError, match="there is no citizen id left"):
        citizen_ids(1, np.array([BLOCK * SEEDS * TURNS], np.uint64))


def test_derived_seeds_meet_as_often_as_said():
    starts = {citizen_ids(seed, ids(0, 1)).to_pylist()[0][1:7] for seed in range(SEEDS, SEEDS + 2_000)}
    assert 1_985 <= len(starts) <= 2_000  # two of 2,000 meet: 2.0 pairs expected of 10^6 slots


def test_the_gate_lets_drawn_patients_pass():
    drawn = table(5_000)
    assert check_privacy(drawn) is drawn
    assert check_privacy(table(0)).num_rows == 0


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("id_card_no", "1234567890121", "does not begin with 9"),
        ("id_card_no", "900004220368", "does not begin with 9"),
        ("id_card_no", "9000042203681", "has a wrong check digit"),
        ("phone", "0812345678", "is not 010 and seven digits"),
        ("contact_phone", "021234567", "is not 010 and seven digits"),
        ("email", "somchai@hospital.co.th", "is not at example.com"),
        ("email", "somchai@example.com.evil.org", "is not at example.com"),
        ("first_name", None, "is absent"),
        ("deceased", True, "contradict"),
    ],
)
def test_the_gate_names_row_and_field_of_what_is_not_safe(field, value, reason):
    rows = table(20).to_pylist()
    place = next(number for number, row in enumerate(rows) if not row["deceased"] and number)
    rows[place][field] = value
    with pytest.raises(DataError, match=rf"row {place} \(patient {place}\): .*{reason}") as caught:
        check_privacy(pa.Table.from_pylist(rows, SCHEMA.remove_metadata() if value else nullable()))
    assert value in {None, True} or str(value) not in caught.value.message


def nullable() -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in SCHEMA])


def test_the_gate_refuses_an_id_that_stands_twice():
    drawn = table(3)
    with pytest.raises(DataError, match=r"row 3 \(patient 0\): id_card_no stands twice"):
        check_privacy(pa.concat_tables([drawn, drawn]))


def test_the_gate_refuses_a_table_of_something_else():
    with pytest.raises(DataError, match="no table of drawn patients"):
        check_privacy(table(3).drop_columns(["phone"]))
