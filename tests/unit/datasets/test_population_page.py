"""The patients' page: right numbers, nothing fetched, nothing escapes, and a difference is called one only where it is."""

import re
from dataclasses import replace
from functools import cache

import pytest

from seedbed.core.dataset import SummaryFacts
from seedbed.core.report import File, Report
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, Cohort
from seedbed.datasets.hospital.patients.population_page import Share, page_of, percent_text, pyramid_shares
from seedbed.datasets.hospital.patients.population_summary import (
    ABO_GROUP,
    LIVING,
    PROVINCE,
    PopulationSummary,
    expected_shares,
)
from seedbed.pages.run_pages import html as as_html
from seedbed.pages.run_pages import render
from tests.support.builders.patients import AS_OF, table, vocabulary

SEVEN = Cohort(youngest=7, oldest=7, counted_on=AS_OF)
DEAD = Cohort(deceased=True, sex="female")
FACTS = SummaryFacts(
    run="20261121T183000Z-ab12cd34",
    seed=42,
    as_of=AS_OF,
    cohort="all patients",
    created=990,
    existing=7,
    skipped=3,
    csv="patients-20261121T183000Z-ab12cd34.csv",
    command="seedbed gen-mock --count 1000 --seed 42 --as-of 2026-11-21",
    names={PROVINCE: vocabulary().province_names},
)


def render_portrait(*content) -> str:
    return as_html(page_of(*content))


def portrait(count: int, cohort: Cohort = ALL_PATIENTS) -> PopulationSummary:
    found = PopulationSummary()
    found.add(table(count, cohort=cohort))
    return found


@cache
def page(count: int, cohort: Cohort = ALL_PATIENTS) -> str:
    return render_portrait(portrait(count, cohort), expected_shares(vocabulary(), cohort, AS_OF), FACTS)


def banner(html: str) -> tuple[str, str]:
    found = re.search(r'class="banner (\w+)" role="status">\s*<strong>(.*?)</strong>', html)
    assert found
    return found[1], found[2]


@pytest.mark.parametrize(
    ("count", "cohort"), [(0, ALL_PATIENTS), (1, ALL_PATIENTS), (2_000, ALL_PATIENTS), (300, SEVEN), (300, DEAD)]
)
def test_a_page_fetches_nothing(count: int, cohort: Cohort) -> None:
    html = page(count, cohort)
    assert re.findall(r"(?i)<script|<img|<iframe|<use|@import|url\(|src=|https?://", html) == []
    assert re.findall(r'href="([^"]*)"', html) == ["data:,", FACTS.csv]
    assert re.findall(r'\s(?:width|height|[xyd][12]?)="[^"]*(?:nan|inf|-)[^"]*"', html) == []


@pytest.mark.parametrize(
    ("count", "cohort", "sentence"),
    [
        (0, ALL_PATIENTS, "There is no patient to show."),
        (1, ALL_PATIENTS, "1 patient: too few to compare with the reference."),
        (20_000, ALL_PATIENTS, "20,000 patients, like the reference: no share differs by more than chance explains."),
        (300, SEVEN, "300 patients, like the reference: no share differs by more than chance explains."),
        (300, DEAD, "300 patients, like the reference: no share differs by more than chance explains."),
    ],
)
def test_drawn_patients_are_like_the_reference(count: int, cohort: Cohort, sentence: str) -> None:
    assert banner(page(count, cohort)) == ("good", sentence)


def test_what_chance_does_not_explain_is_said_first() -> None:
    found = portrait(5_000)
    moved = found.codes[PROVINCE]["10"]
    found.codes[PROVINCE]["10"], found.codes[PROVINCE]["50"] = 0, found.codes[PROVINCE]["50"] + moved
    html = render_portrait(found, expected_shares(vocabulary(), ALL_PATIENTS, AS_OF), FACTS)
    tone, sentence = banner(html)
    assert tone == "bad"
    assert re.search(r"5,000 patients differ .*: (กรุงเทพ|เชียงใหม่).* by .\d+\.\d\d points, and 1 share more\.", sentence)
    rows = re.findall(r'<tr><th>(.*?)</th><td class="n">.*?<span class="chip (\w+)">', html)
    assert [chip for _, chip in rows[:3]].count("FAIL") == 2
    assert {name.split()[1] for name, chip in rows if chip == "FAIL"} == {"Bangkok", "Chiang"}


def test_facts_and_counts_are_shown() -> None:
    html = page(2_000)
    for text in (
        FACTS.run,
        "2026-11-21",
        "all patients",
        "<b>990</b>",
        "<b>7</b>",
        "<b>3</b>",
        "<b>2,000</b>",
        FACTS.command,
    ):
        assert text in html
    living = portrait(2_000).persons[:, LIVING]
    men, women = (int(ages[30:35].sum()) for ages in living)
    assert f"men 30\N{EN DASH}34: {men}, {percent_text(men / living.sum())}; expected" in html
    assert re.search(rf"<tr><th>30\N{{EN DASH}}34</th><td class=\"n \">{men}</td><td class=\"n \">{women}</td>", html)


def test_a_pyramid_can_be_read_without_seeing_it() -> None:
    html = page(2_000)
    for one in re.findall(r'<svg[^>]*role="img"[^>]*aria-labelledby="([^"]*)"', html):
        for name in one.split():
            assert re.search(rf'<(title|desc) id="{name}">[^<]+</', html)
    assert len(re.findall(r"(?:wo)?men \d+\S+ \d+\.\d+\s%, expected \d", html)) >= 40


def test_groups_of_ages_are_those_in_which_somebody_is_or_should_be() -> None:
    everybody = pyramid_shares(portrait(500), expected_shares(vocabulary(), ALL_PATIENTS, AS_OF), LIVING)
    assert [everybody[place].label for place in (0, 1, -1)] == ["men 100+", "women 100+", "women 0\N{EN DASH}4"]
    assert sum(share.part for share in everybody) == pytest.approx(1)
    assert sum(share.expected or 0 for share in everybody) == pytest.approx(1)
    seven = pyramid_shares(portrait(50, SEVEN), expected_shares(vocabulary(), SEVEN, AS_OF), LIVING)
    assert [share.label for share in seven] == ["men 5\N{EN DASH}9", "women 5\N{EN DASH}9"]


def test_the_dead_are_shown_by_age_at_death_where_nobody_else_is_asked_for() -> None:
    assert "completed years at death" in page(300, DEAD)
    assert "completed years on 2026-11-21" in page(300, SEVEN)


def test_twenty_provinces_are_shown_and_the_others_together() -> None:
    html = page(2_000)
    found = portrait(2_000).codes[PROVINCE]
    first = sum(count for _, count in found.most_common(20))
    assert "กรุงเทพมหานคร Bangkok (10)" in html
    assert re.search(rf"the other 57</span><span class=\"n\"><b>{percent_text(1 - first / 2_000)}</b> ", html)
    assert "the other" not in page(1, replace(SEVEN, province="50"))


def test_codes_stand_for_themselves_where_there_is_no_name() -> None:
    found = portrait(50)
    html = render_portrait(found, expected_shares(vocabulary(), ALL_PATIENTS, AS_OF), replace(FACTS, names={}))
    code, count = found.codes["insurance_plan_code"].most_common(1)[0]
    assert f'<li><span>{code}</span><span class="n"><b>{percent_text(count / 50)}</b></span>' in html


def test_nothing_in_the_facts_becomes_markup() -> None:
    evil = '"><script>alert(1)</script>'
    facts = replace(FACTS, run=evil, cohort=evil, csv=evil, command=evil, names={PROVINCE: {"10": (evil, evil)}})
    assert "<script" not in render_portrait(portrait(100), expected_shares(vocabulary(), ALL_PATIENTS, AS_OF), facts)


def test_the_order_in_which_patients_came_changes_no_byte() -> None:
    whole, turned = table(300), PopulationSummary()
    turned.add(whole.slice(100))
    turned.add(whole.slice(0, 100))
    assert render_portrait(turned, expected_shares(vocabulary(), ALL_PATIENTS, AS_OF), FACTS) == page(300)


@pytest.mark.parametrize(
    ("share", "is_comparable", "is_beyond"),
    [
        (Share("even", 50, 100, 0.5), True, False),
        (Share("far", 80, 100, 0.5), True, True),
        (Share("rare", 14, 1_000, 0.005), True, False),  # four standard errors, but once in 1,400 such counts
        (Share("rarer still", 25, 1_000, 0.005), True, True),
        (Share("few", 1, 10, 0.1), False, False),
        (Share("nobody can be", 1, 10, 0.0), True, True),
        (Share("all must be", 10, 10, 1.0), False, False),
        (Share("no reference", 1, 10), False, True),
    ],
)
def test_a_difference_is_measured_by_what_chance_gives(share: Share, is_comparable: bool, is_beyond: bool) -> None:
    assert share.is_comparable == is_comparable
    assert share.is_beyond_chance == is_beyond


def test_two_standard_errors_are_shown_for_the_count() -> None:
    found = portrait(10_000)
    share = found.codes[ABO_GROUP]["O"] / 10_000
    row = re.search(
        r"<tr><th>blood group O</th><td class=\"n\">(\S+) .*?</td><td class=\"n\">&plusmn;([\d.]+)<", page(10_000)
    )
    assert row
    assert float(row[1].replace("\N{MINUS SIGN}", "-")) == pytest.approx((share - 0.377) * 100, abs=0.006)
    assert float(row[2]) == pytest.approx(2 * (0.377 * 0.623 / 10_000) ** 0.5 * 100, abs=0.006)


def test_a_run_s_page_leads_to_the_charts_and_the_patients_beside_it() -> None:
    files = (
        File("patients", "elsewhere/patients-x.csv"),
        File("patients", "output/x/patients-x.csv"),
        File("portrait", "output/x/patients x.html"),
        File("report", "output/x/report.html"),
    )
    html = render(Report("gen-mock", "x", files=files).to_json(), [])
    assert '<dt>Patients</dt><dd><a href="patients-x.csv">patients-x.csv</a>' in html
    assert '<dt>Charts</dt><dd><a href="patients%20x.html">patients x.html</a>' in html
    assert html.count("<a href") == 2
