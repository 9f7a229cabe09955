"""Every text that is shipped is clean: the cells of the data files, and the sentences of the rules in both languages."""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pycountry
import pytest
import yaml
from faker.providers.person.th_TH import Provider as Vocabulary

from seedbed.content.csv_blocks import read_blocks
from seedbed.content.find_files import find_files
from seedbed.content.layouts import layout_of
from seedbed.datasets.registry import ENTITIES
from seedbed.validation.row_rules import columns_of

ROOT = Path(__file__).resolve().parents[2]
DATA, EXPECTATIONS = ROOT / "data", ROOT / "expectations"
SUITES = sorted(EXPECTATIONS.rglob("*.yaml"))
THAI = re.compile(r"[\u0e01-\u0e4e]")
# Two vowels E for one AE, nikhahit with AA for AM.
LOOK_ALIKE = re.compile("\u0e40\u0e40|\u0e4d[\u0e48-\u0e4b]?\u0e32")
# What no Thai word has: a vowel to be read after a consonant that is not there, a mark on nothing, a mark twice.
IMPOSSIBLE = re.compile(
    "[\u0e40-\u0e44](?![\u0e01-\u0e2e])"
    "|(?<![\u0e01-\u0e2e])[\u0e31\u0e34-\u0e3a\u0e47]"
    "|(?<![\u0e01-\u0e2e\u0e31\u0e34-\u0e39])[\u0e48-\u0e4b]"
    "|(?<![\u0e01-\u0e2e\u0e34\u0e38])\u0e4c"
    "|([\u0e30-\u0e4e])\\1"
)
THAI_NAME = re.compile(r"info\.th\.(?:name|abbreviation|secondName)")
ENGLISH = re.compile(r"info\.en\..+|en_.+")


@cache
def rows_of(name: str) -> pd.DataFrame:
    entity = ENTITIES[name]
    path = find_files([DATA], entity).path
    return pd.concat([block.text for block in read_blocks(path, layout_of(entity))], ignore_index=True)


def fault_of(text: str) -> str:
    """What is wrong with a text, "" for nothing."""
    faults = {
        "not in Unicode's form NFC": not unicodedata.is_normalized("NFC", text),
        "blanks at its ends": text != text.strip(),
        "doubled blanks": "  " in text,
        "a control character, an invisible one, or a blank that only looks like one": any(
            unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs") and letter != " "
            for letter in text
        ),
        "a vowel that only looks like another": bool(LOOK_ALIKE.search(text)),
        "Thai letters in an order that no word has": bool(IMPOSSIBLE.search(text)),
        "a letter that could not be read": "\ufffd" in text,
    }
    return ", ".join(fault for fault, there in faults.items() if there)


def shown(path: Path) -> str:
    return path.relative_to(EXPECTATIONS).as_posix()


def expectations_of(path: Path) -> list[dict]:
    return yaml.safe_load(path.read_text("utf-8")).get("expectations", [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ห้องฉุกเฉิน", ""),
        ("สิทธิ์และพันธุ์ น้ำ เตี๊ยะ เป็น", ""),
        ("Café", ""),
        ("Cafe\u0301", "not in Unicode's form NFC"),
        ("แผนก ", "blanks at its ends"),
        ("แผนก  กุมาร", "doubled blanks"),
        ("แผนก\u00a0กุมาร", "a control character, an invisible one, or a blank that only looks like one"),
        ("แผนก\u200bกุมาร", "a control character, an invisible one, or a blank that only looks like one"),
        ("แผนก\nกุมาร", "a control character, an invisible one, or a blank that only looks like one"),
        ("เ\u0e40ผนก", "a vowel that only looks like another, Thai letters in an order that no word has"),
        ("น\u0e4d\u0e32", "a vowel that only looks like another"),
        ("ผู้ป่วยย\u0e49\u0e49าย", "Thai letters in an order that no word has"),
        ("ผู้ป่วยโ", "Thai letters in an order that no word has"),
        ("\u0e34น", "Thai letters in an order that no word has"),
    ],
)
def test_the_checks_find_what_is_not_seen(text: str, fault: str) -> None:
    assert fault_of(text) == fault


def cells() -> Iterator[tuple[str, str, str]]:
    """Entity, header and text of each different cell that is shipped."""
    for name in ENTITIES:
        rows = rows_of(name)
        yield from ((name, header, cell) for header in rows.columns for cell in rows[header].unique())


def test_texts_are_clean() -> None:
    assert {place: fault for place in cells() if (fault := fault_of(place[2]))} == {}


def test_thai_names_are_thai_and_english_ones_are_not() -> None:
    not_thai = [
        (name, header, cell)
        for name, header, cell in cells()
        if THAI_NAME.fullmatch(header) and cell and not THAI.search(cell)
    ]
    not_english = [
        (name, header, cell) for name, header, cell in cells() if ENGLISH.fullmatch(header) and THAI.search(cell)
    ]
    assert (not_thai, not_english) == ([], [])


def test_active_thai_names_are_unique_where_the_suite_says_so() -> None:
    twice = {}
    for entity in ENTITIES.values():
        suite = yaml.safe_load((EXPECTATIONS / entity.module / f"{entity.name}.yaml").read_text("utf-8"))
        if "unique_names" in suite.get("use", []):
            rows = rows_of(entity.name)
            names = rows.loc[rows["active"] == "TRUE", "info.th.name"]
            twice[entity.name] = sorted(names[names.duplicated()])
    assert len(twice) > 5
    assert {name: names for name, names in twice.items() if names} == {}


def test_languages_and_currencies_have_the_codes_of_their_standards() -> None:
    languages = {language.alpha_2 for language in pycountry.languages if hasattr(language, "alpha_2")}
    assert set(rows_of("language")["code"]) <= languages
    numbers = {money.alpha_3: money.numeric for money in pycountry.currencies}
    currencies = rows_of("currency")
    assert {code: numbers.get(code) for code in currencies["code"]} == dict(
        zip(currencies["code"], currencies["iso_numeric"], strict=True)
    )


def test_a_place_lies_in_the_place_that_its_code_begins_with() -> None:
    provinces, districts = set(rows_of("province")["code"]), set(rows_of("district")["code"])
    places = rows_of("sub_district")
    assert {code[:2] for code in districts} == provinces
    assert {code[:4] for code in places["code"]} == districts
    addresses = rows_of("thai_address")
    names = ["code", "info.th.name", "info.en.name"]
    assert addresses[names].to_dict("records") == places[names].to_dict("records")


def test_no_two_places_of_one_district_are_confused() -> None:
    """A Thai name is there once, an English one too but where two Thai names sound alike."""
    places = rows_of("sub_district").assign(district=lambda rows: rows["code"].str[:4])
    assert places[places.duplicated(["district", "info.th.name"])].to_dict("records") == []
    twice = places[places.duplicated(["district", "info.en.name"], keep=False)]
    assert set(twice["code"]) == {"500910", "500911"}


def test_a_prefix_and_its_short_form_say_one_thing() -> None:
    prefixes = rows_of("name_prefix").set_index("code")
    assert prefixes.loc["134", ["info.th.name", "info.th.abbreviation"]].tolist() == ["นายแพทย์", "นพ."]
    assert (prefixes["info.th.abbreviation"].str.len() <= prefixes["info.th.name"].str.len() + len("(พิเศษ). ")).all()
    named = prefixes[prefixes["info.en.abbreviation"] != ""]
    assert (named["info.en.name"] != "").all()


def test_users_are_addressed_as_their_work_and_sex_are() -> None:
    users = rows_of("practitioner")
    titles = {
        role: sorted(set(rows["prefix"])) for role, rows in users.groupby("role") if role in ("DOCTOR", "DENTIST")
    }
    assert titles == {"DENTIST": ["ทพ.", "ทพญ."], "DOCTOR": ["นพ.", "พญ."]}
    official = rows_of("name_prefix")
    known = set(official["info.th.name"]) | set(official["info.th.abbreviation"])
    assert sorted(set(users["prefix"]) - known) == []


def test_no_user_has_a_name_from_elsewhere_than_the_vocabulary() -> None:
    with (DATA / "derive/inputs/romanised_names.csv").open(encoding="utf-8", newline="") as stream:
        names = list(csv.DictReader(stream))
    vocabulary = {
        "male": Vocabulary.first_names_male,
        "female": Vocabulary.first_names_female,
        "family": Vocabulary.last_names,
    }
    assert [name["thai"] for name in names if name["thai"] not in vocabulary[name["kind"]]] == []
    assert [name["thai"] for name in names if not re.fullmatch(r"[A-Z][a-z]+(?:-[a-z]+)?", name["romanised"])] == []
    users = rows_of("user")
    assert set(users["given_name"]) <= {name["thai"] for name in names if name["kind"] != "family"}
    assert set(users["family_name"]) <= {name["thai"] for name in names if name["kind"] == "family"}
    assert len(set(users["realm_role"])) == 12


def test_every_rule_says_why_in_two_languages() -> None:
    rules = [(shown(path), rule) for path in SUITES for rule in expectations_of(path)]
    # One sentence shows the vowels that it is about.
    thai = {
        (file, rule["meta"]["rule"]): rule["meta"].get("th", "").replace("เ\u0e40 แทน แ", "") for file, rule in rules
    }
    assert [place for place, sentence in thai.items() if not THAI.search(sentence) or fault_of(sentence)] == []
    english = {(file, rule["meta"]["rule"]): rule.get("description", "") for file, rule in rules}
    assert [place for place, sentence in english.items() if len(sentence.split()) < 5 or fault_of(sentence)] == []


def test_no_two_rules_of_a_suite_say_the_same_of_the_same_columns() -> None:
    twice = []
    for path in SUITES:
        rules = expectations_of(path)
        for sentences in ([rule["description"] for rule in rules], [rule["meta"].get("th") for rule in rules]):
            said = [(text, *columns_of(rule["kwargs"])) for text, rule in zip(sentences, rules, strict=True) if text]
            twice += [(shown(path), one) for one, count in Counter(said).items() if count > 1]
    assert twice == []
