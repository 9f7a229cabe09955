"""The mixes of patients are read strictly: an error names the file and the key; every code is one of the master data's."""

from functools import partial

import pytest

from seedbed.content.dataset_content import read_content
from seedbed.core.errors import DataError
from seedbed.core.strict_yaml import read_yaml
from seedbed.datasets.hospital.patients.mix_file import mix_of
from seedbed.datasets.hospital.patients.read_vocabulary import MIX
from seedbed.datasets.registry import MOCK_DATASET
from tests.support.builders.patients import DATA, vocabulary

FILE = "some/patients.yaml"


def content():
    return read_yaml(DATA / MIX)


def set_at(plain, path, value):
    *parents, last = path
    for key in parents:
        plain = plain[key]
    plain[last] = value


def remove_at(plain, path):
    *parents, last = path
    for key in parents:
        plain = plain[key]
    del plain[last]


CHANGES = {
    "an unknown key": (partial(set_at, path=("colour",), value=1), "colour: Extra inputs are not permitted"),
    "an unknown key inside": (
        partial(set_at, path=("careers", 2, "wage"), value=1),
        "careers.2.wage: Extra inputs are not permitted",
    ),
    "a missing key": (partial(remove_at, path=("careers", 0, "retires")), "careers.0.retires: Field required"),
    "a missing source": (
        partial(remove_at, path=("nationalities", 1, "races", "source")),
        "nationalities.1.races.source: Field required",
    ),
    "an unknown source": (
        partial(set_at, path=("blood_groups", "abo", "source"), value="me"),
        "blood_groups.abo.source: 'me' is not a key of 'sources'",
    ),
    "a sum that is not 100": (
        partial(set_at, path=("blood_groups", "abo", "percent", "A"), value=22.4),
        "blood_groups.abo.percent: the numbers add up to 101, not to 100",
    ),
    "an era that is not 100": (
        partial(set_at, path=("education", "levels", 0, "percent_by_era"), value=[70, 36, 0]),
        "education.levels.percent_by_era, era 1: the numbers add up to 101, not to 100",
    ),
    "a negative number": (
        partial(set_at, path=("insurance_plans", "state", "weights", "3101"), value=-1),
        "insurance_plans.state.weights: each number is finite and not negative",
    ),
    "a share above 1": (
        partial(set_at, path=("blood_groups", "rh_negative", "share"), value=1.5),
        "blood_groups.rh_negative.share: Input should be less than or equal to 1",
    ),
    "a text for a number": (
        partial(set_at, path=("careers", 0, "begins"), value="15"),
        "careers.0.begins: Input should be a valid integer",
    ),
    "a code without quotes": (
        partial(set_at, path=("nationalities", 0, "code"), value=99),
        "nationalities.0.code: Input should be a valid string",
    ),
    "two kinds of numbers": (
        partial(set_at, path=("insurance_plans", "state", "percent"), value={"3101": 100}),
        "insurance_plans.state: give either 'percent' or 'weights'",
    ),
    "an unknown mix of plans": (
        partial(set_at, path=("careers", 0, "plans"), value="golden"),
        "careers.0.plans: 'golden' is not a key of 'insurance_plans'",
    ),
    "a mix of plans that is required": (
        partial(remove_at, path=("insurance_plans", "young")),
        "insurance_plans: 'young' is missing",
    ),
    "no monks": (partial(set_at, path=("careers", 12, "name"), value="abbot"), "careers: 'monk' is missing"),
    "the same career twice": (
        partial(set_at, path=("careers", 0, "name"), value="trader"),
        "careers: 'trader' stands twice",
    ),
    "a group without careers": (
        partial(set_at, path=("careers", slice(None)), value=[]),
        "careers: List should have at least 1 item",
    ),
    "a level that does not exist": (
        partial(set_at, path=("careers", 0, "level"), value=7),
        "careers.0.level: in one era no patient reaches a level of education from 7 on",
    ),
    "ages that do not ascend": (
        partial(set_at, path=("education", "levels", 1, "reached"), value=12),
        "education.levels: the ages of 'reached' do not ascend",
    ),
    "eras in the wrong order": (
        lambda plain: plain["education"]["eras"].reverse(),
        "education.eras: the second day is not after the first",
    ),
    "no Muslims": (
        partial(set_at, path=("nationalities", 0, "religions", "percent"), value={"01": 100}),
        "nationalities.0.religions.percent: '02' (Islam) has no share",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_wrong_file_is_refused_with_its_name_and_key(what):
    change, message = CHANGES[what]
    plain = content()
    change(plain)
    with pytest.raises(DataError) as caught:
        mix_of(plain, FILE)
    assert caught.value.message.startswith(f"{FILE}: ")
    assert message in caught.value.message


def test_a_group_whose_women_have_no_career_is_refused():
    plain = content()
    for career in plain["careers"]:
        career["weights"]["neighbour"][1] = 0
    with pytest.raises(DataError, match="careers: no career has a weight for women of the group 'neighbour'"):
        mix_of(plain, FILE)


@pytest.mark.parametrize("plain", [None, [], "text", {1: "one"}])
def test_a_file_that_is_no_mapping_of_keys_is_refused(plain):
    with pytest.raises(DataError, match=FILE):
        mix_of(plain, FILE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"sources: {own: ours, own: others}\n", "the key 'own' stands twice"),
        (b"sources: {", "it is not YAML"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, text, message):
    path = tmp_path / MIX
    path.parent.mkdir(parents=True)
    path.write_bytes(text)
    with pytest.raises(DataError, match=rf"patients\.yaml: .*{message}"):
        read_content(MOCK_DATASET, [DATA, tmp_path])


def sources_in(plain):
    if isinstance(plain, dict):
        own = {plain["source"]} if "source" in plain else set()
        return own.union(*map(sources_in, plain.values()))
    return set().union(*map(sources_in, plain)) if isinstance(plain, list) else set()


def test_every_source_is_used():
    assert sources_in(content()) == content()["sources"].keys()


def test_every_code_stands_in_the_master_data():
    mix, places = vocabulary().mix, vocabulary().places
    plans = [career.plans for career in mix.careers] + [career.retired_plans for career in mix.careers]
    plans += [mix.young_plans, *(table for one in mix.foreign_plans.values() for table in (one.workers, one.others))]
    used = {
        "nationality": {origin.nationality for origin in mix.origins},
        "language": {origin.language for origin in mix.origins},
        "race": {code for origin in mix.origins for code in origin.races},
        "religion": {code for origin in mix.origins for code in origin.religions},
        "insurance_plan": {code for table in plans for code in table},
        "occupation": {code for one in mix.careers for code in (*one.occupations, one.retired_as)},
        "patient_category": {*mix.categories, *(one.category for one in mix.careers if one.category)},
        "education_level": {code for level in mix.levels for code in level.codes},
        "abo_blood_group": set(mix.abo),
    }
    for entity, weights in mix.fallback.items():
        used[entity] |= weights.keys()
    for entity, codes in used.items():
        assert codes <= vocabulary().active[entity], entity
    assert mix.muslims.keys() <= set(places.provinces)
