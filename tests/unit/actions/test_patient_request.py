"""gen-mock's options: refused with a reason where they are wrong, completed where they are silent, the same for every attempt."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from seedbed.actions.generate.patient_request import (
    NO_OPTIONS,
    PatientRequest,
    advised_batch,
    command_of,
    derived_seed,
    nightly_request,
    patient_request,
    population_from_json,
    population_of,
    repeat_population,
)
from seedbed.core.environment import NightlyData
from seedbed.core.errors import UserError
from seedbed.datasets.hospital.patients.cohort import REFERENCE
from seedbed.datasets.hospital.patients.cohort_text import CohortOptions
from seedbed.datasets.hospital.patients.identity import SEEDS
from tests.support.builders.patients import AS_OF, DATA

OPTIONS = {
    "count": 1,
    "batch": None,
    "offset": 0,
    "seed": None,
    "as_of": None,
    "repeat": "",
    "strict": False,
    "dry_run": False,
}
REQUEST = PatientRequest(count=200, seed=42, as_of=AS_OF, data_dirs=(DATA,))


def asked(asked=NO_OPTIONS, **options):
    return patient_request({**OPTIONS, **options}, asked, root=Path("/here"), data_dirs=[DATA])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 0}, "--count 0 is out of range"),
        ({"count": -5}, "--count -5 is out of range"),
        ({"count": 10_000_001}, "--count 10000001 is out of range"),
        ({"batch": 0}, "--batch 0 is out of range"),
        ({"batch": 1_001}, "--batch 1001 is out of range"),
        ({"offset": -1}, "--offset -1 is out of range"),
        ({"seed": -1}, "--seed -1 is out of range"),
        ({"kind": "patients"}, "unknown value of --type 'patients'"),
        ({"to": "xlsx"}, "unknown value of --to 'xlsx'"),
        ({"repeat": "2026", "count": 5, "seed": 1}, "--count, --seed has no effect"),
        ({"repeat": "2026", "asked": CohortOptions(sex="male")}, "a cohort has no effect"),
    ],
)
def test_what_is_out_of_range_or_contradicts_is_refused_with_the_next_step(options, said):
    with pytest.raises(UserError, match=said) as refused:
        asked(**options)
    assert refused.value.next_step


def test_folders_are_absolute_and_the_house_s_own_where_none_is_named():
    assert asked().data_dirs == (DATA,)
    assert asked().output_dir is None
    assert asked(output_dir="out", data_dir="mine").output_dir == Path("/here/out")
    assert asked(data_dir="mine").data_dirs == (Path("/here/mine"),)


@pytest.mark.parametrize(("count", "batch"), [(1, 10), (99, 10), (100, 25), (1_000, 25), (1_001, 50), (1_000_000, 50)])
def test_the_batch_is_the_first_document_s_advice(count, batch):
    assert advised_batch(count) == batch
    assert population_of(replace(REQUEST, count=count), "root", AS_OF).batch == batch
    assert population_of(replace(REQUEST, count=count, batch=7), "root", AS_OF).batch == 7


def test_a_seed_that_nobody_names_is_the_run_s_own():
    request = replace(REQUEST, seed=None)
    first, again, other = (population_of(request, root, AS_OF).seed for root in ("one", "one", "two"))
    assert first == again == derived_seed("one")
    assert first != other
    assert min(first, other) >= SEEDS


def test_the_day_is_the_run_s_own_and_never_before_the_register():
    request = replace(REQUEST, as_of=None)
    assert population_of(request, "root", date(2026, 3, 1)).as_of == date(2026, 3, 1)
    assert population_of(request, "root", date(2020, 3, 1)).as_of == REFERENCE
    assert population_of(REQUEST, "root", date(2030, 1, 1)).as_of == AS_OF


def test_a_population_is_kept_as_json_and_its_digest_says_all_of_it():
    one = population_of(replace(REQUEST, asked=CohortOptions(age="60-", sex="f")), "root", AS_OF)
    assert population_from_json(one.to_json()) == one
    assert population_from_json({**one.to_json(), "later": "word"}) == one
    others = [replace(one, count=3), replace(one, seed=3), replace(one, vocabulary="x"), replace(one, first=1)]
    assert len({one.digest, *(other.digest for other in others)}) == 5


def test_the_command_of_a_population_makes_it_again():
    cohort = CohortOptions(age="60-", sex="f", province="50", deceased="no")
    one = population_of(replace(REQUEST, offset=100, asked=cohort), "root", AS_OF)
    words = command_of(one).split()
    assert words[:2] == ["seedbed", "gen-mock"]
    said = dict(zip(words[2::2], words[3::2], strict=True))
    asked_again = CohortOptions(
        **{name: said[f"--{name}"] for name in ("age", "sex", "province", "deceased")},
        counted_on=date.fromisoformat(said["--counted-on"]),
    )
    again = PatientRequest(
        count=int(said["--count"]),
        batch=int(said["--batch"]),
        offset=int(said["--offset"]),
        seed=int(said["--seed"]),
        as_of=date.fromisoformat(said["--as-of"]),
        asked=asked_again,
        data_dirs=(DATA,),
    )
    assert population_of(again, "another", date(2030, 1, 1)) == one


def test_a_repetition_draws_from_the_same_files_or_not_at_all():
    earlier = population_of(REQUEST, "root", AS_OF)
    request = PatientRequest(repeat="20261121T", data_dirs=(DATA,))
    assert repeat_population(request, earlier.to_json()) == earlier
    with pytest.raises(UserError, match="drew from other files"):
        repeat_population(request, replace(earlier, vocabulary="another").to_json())


def test_every_night_makes_the_same_people():
    wanted = NightlyData(dataset="hospital", count=20, seed=7, cohort=CohortOptions(age="0-1"))
    nights = [population_of(nightly_request(wanted, (DATA,)), f"root {day}", date(2026, 11, day)) for day in (20, 21)]
    assert nights[0].cohort == nights[1].cohort
    assert [night.seed for night in nights] == [7, 7]
    assert nights[0].as_of < nights[1].as_of
