"""The page that shows what a run's patients are like, beside what is expected of them: one self-contained HTML file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import asin, ceil, inf, sqrt

import numpy as np
import numpy.typing as npt

from seedbed.core.dataset import SummaryFacts
from seedbed.core.draws import Floats
from seedbed.core.html_page import Headline, HtmlPage, plural
from seedbed.datasets.hospital.patients.cohort import Cohort
from seedbed.datasets.hospital.patients.population_summary import (
    ABO_GROUP,
    DEAD,
    LIVING,
    PROVINCE,
    RH_GROUP,
    WHO,
    ExpectedShares,
    PopulationSummary,
    expected_shares,
)
from seedbed.datasets.hospital.patients.vocabulary import OLDEST, SEXES, Vocabulary

YEARS = 5  # of age in a group of the pyramid
STARTS = range(0, OLDEST + 1, YEARS)
PROVINCES_SHOWN, PLANS_SHOWN, GAPS_SHOWN = 20, 8, 10
FEWEST = 5  # expected patients with and without a property, below which a share says nothing
USUAL, MOST = 2, 4  # standard errors: 1 share in 22 lies beyond the first by chance, 1 in 16,000 beyond the second
BEYOND_USUAL = 0.0455
ROW = 20  # pixels a group of the pyramid
TICKS, STEPS = 5, (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
KINDS = {ABO_GROUP: "blood group", RH_GROUP: "Rh"}


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many patients, and the share that was expected, where that is known."""

    label: str
    found: int
    of: int
    expected: float | None = None

    @property
    def part(self) -> float:
        """The share that was found, 0 to 1."""
        return self.found / self.of if self.of else 0.0

    @property
    def most(self) -> float:
        """The larger of the two shares: how far a chart must reach."""
        return max(self.part, self.expected or 0.0)

    @property
    def gap(self) -> float:
        """The share found less the one expected."""
        return self.part - (self.expected or 0.0)

    @property
    def error(self) -> float:
        """The standard error of the share, which chance alone explains."""
        share = self.expected or 0.0
        return sqrt(max(share * (1 - share), 0.0) / self.of) if self.of else 0.0

    @property
    def errors(self) -> float:
        """The gap in standard errors; without end where there should be none, or all, and are not."""
        return abs(self.gap) / self.error if self.error else inf if abs(self.gap) > 1e-9 else 0.0

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the gap is more than MOST standard errors; of small counts also on Anscombe's scale, as theirs are skewed upwards."""
        if self.errors <= MOST:
            return False
        found = asin(sqrt((self.found + 3 / 8) / (self.of + 3 / 4)))
        return not self.expected or 2 * sqrt(self.of) * abs(found - asin(sqrt(self.expected))) > MOST

    @property
    def is_comparable(self) -> bool:
        """Whether there are patients enough to tell chance from more, or somebody who cannot be."""
        share = self.expected
        if share is None or not self.of:
            return False
        return self.of * min(share, 1 - share) >= FEWEST or (self.found > 0 and share == 0)


@dataclass(frozen=True, slots=True)
class Chart:
    """An age pyramid, ready to be drawn: rows from the oldest down, a bar for each sex; `paths`: the reference by sex, 100 wide."""

    rows: tuple[tuple[str, tuple[Share, ...]], ...]
    paths: tuple[str, ...]
    ticks: tuple[float, ...]
    top: float
    height: int


def summary_page(summary: PopulationSummary, vocabulary: Vocabulary, cohort: Cohort, facts: SummaryFacts) -> HtmlPage:
    """The page of these patients next to what is expected of their cohort."""
    return page_of(summary, expected_shares(vocabulary, cohort, facts.as_of), facts)


def page_of(summary: PopulationSummary, expected: ExpectedShares, facts: SummaryFacts) -> HtmlPage:
    """The page of these patients next to the shares that are expected of them."""
    fate = LIVING if expected.persons[:, LIVING].any() else DEAD
    provinces = _by_share(summary, expected, facts, PROVINCE)
    pyramid = pyramid_shares(summary, expected, fate)
    _, *rhesus = _shares(summary, expected, facts, RH_GROUP)  # who is not positive is negative: said once
    blood = (*_shares(summary, expected, facts, ABO_GROUP), *rhesus)
    whole = _whole(summary, expected)
    compared = [share for share in (*whole, *pyramid, *provinces, *blood) if share.is_comparable]
    compared.sort(key=lambda share: (not share.is_beyond_chance, -abs(share.gap), share.label))
    values = {
        "facts": facts,
        "headline": headline(summary.count, compared),
        "count": summary.count,
        "whole": whole,
        "fate": "living" if fate == LIVING else "deceased",
        "chart": _chart(pyramid),
        "years": _numbers(summary, expected),
        "provinces": _first(provinces, PROVINCES_SHOWN),
        "blood": blood,
        "plans": _first(_by_share(summary, expected, facts, "insurance_plan_code"), PLANS_SHOWN),
        "marital": _by_share(summary, expected, facts, "marital_status_code"),
        "gaps": compared[:GAPS_SHOWN],
        "compared": len(compared),
        "usual": USUAL,
        "fewest": FEWEST,
        "row": ROW,
        "said": percent_text,
        "points": _points,
    }
    return HtmlPage("patients.html.j2", values)


def headline(count: int, compared: Sequence[Share]) -> Headline:
    """Whether the patients are like the reference, as far as their number tells, and by how many shares that is judged."""
    patients = plural(count, "patient", "patients")
    if not count:
        return Headline("good", "There is no patient to show.", "The run created no patient and found none.")
    if not compared:
        few = "A share is compared where at least five patients with it are expected, and five without."
        return Headline("good", f"{patients}: too few to compare with the reference.", few)
    usual = sum(share.errors > USUAL for share in compared)
    chance = round(BEYOND_USUAL * len(compared))
    step = f"{usual or 'None'} of {len(compared):,} shares lie beyond {USUAL} standard errors; chance alone puts about {chance} there."
    wrong = [share for share in compared if share.is_beyond_chance]
    if not wrong:
        return Headline("good", f"{patients}, like the reference: no share differs by more than chance explains.", step)
    first = wrong[0]
    more = f", and {plural(len(wrong) - 1, 'share', 'shares')} more" if len(wrong) > 1 else ""
    found = f"{first.label} by {_points(first.gap)} points{more}"
    return Headline("bad", f"{patients} differ from the reference by more than chance explains: {found}.", step)


def percent_text(part: float | None) -> str:
    """A share in percent, with two places where it is below one."""
    if part is None:
        return ""
    return f"{part * 100:.{2 if 0 < part < 0.01 else 1}f}\N{NO-BREAK SPACE}%"


def _points(gap: float) -> str:
    """Percentage points with their sign."""
    return f"{gap * 100:+.2f}".replace("-", "\N{MINUS SIGN}")


def pyramid_shares(summary: PopulationSummary, reference: ExpectedShares, fate: int) -> tuple[Share, ...]:
    """The living, or the deceased, by groups of five years, oldest first, men before women; the groups in which nobody is are left out."""
    found, expected = _fives(summary.persons[:, fate]), _fives(reference.persons[:, fate])
    whole, everybody = int(found.sum()), expected.sum() or 1.0
    there = np.flatnonzero((found + expected).sum(axis=0))
    return tuple(
        Share(f"{WHO[sex]} {_years(group)}", int(found[place, group]), whole, float(expected[place, group] / everybody))
        for group in range(there.max(), there.min() - 1, -1)
        for place, sex in enumerate(SEXES)
    )


def _fives(persons: npt.NDArray[np.int64] | Floats) -> Floats:
    return np.add.reduceat(persons.astype(np.float64), list(STARTS), axis=-1)


def _years(group: int) -> str:
    first = STARTS[group]
    return f"{first}\N{EN DASH}{first + YEARS - 1}" if first < OLDEST else f"{first}+"


def _chart(shares: Sequence[Share]) -> Chart:
    pairs = list(zip(shares[::2], shares[1::2], strict=True))
    most = max(share.most for share in shares)
    step = next(step for step in STEPS if ceil(most / step - 1e-9) <= TICKS)
    top = step * max(1, ceil(most / step - 1e-9))
    ticks = tuple(step * place for place in range(1, round(top / step) + 1))
    paths = tuple(
        _outline([(pair[side].expected or 0.0) / top * 100 for pair in pairs], is_left=not side)
        for side in range(len(SEXES))
    )
    rows = tuple((pair[0].label.removeprefix(f"{WHO[SEXES[0]]} "), pair) for pair in pairs)
    return Chart(rows, paths, ticks, top, ROW * len(rows))


def _outline(widths: Sequence[float], *, is_left: bool) -> str:
    """The stepped line around bars of these widths, from the top down, on a field 100 wide."""
    base = 100 if is_left else 0
    steps = (f"H{abs(base - width):.2f}V{(place + 1) * ROW}" for place, width in enumerate(widths))
    return f"M{base} 0{''.join(steps)}H{base}"


def _numbers(summary: PopulationSummary, reference: ExpectedShares) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A line for each group of ages: living men and women, the deceased, all, and as many as were expected."""
    found, expected = _fives(summary.persons), _fives(reference.persons)
    for group in range(len(STARTS)):
        men, women = (int(count) for count in found[:, LIVING, group])
        dead = int(found[:, DEAD, group].sum())
        wanted = round(float(expected[:, :, group].sum()) * summary.count)
        if men + women + dead + wanted:
            yield _years(group), (men, women, dead, men + women + dead, wanted)


def _whole(summary: PopulationSummary, reference: ExpectedShares) -> tuple[Share, ...]:
    found, expected = summary.persons, reference.persons
    women = SEXES.index("female")
    return (
        Share("women", int(found[women].sum()), summary.count, float(expected[women].sum())),
        Share("deceased", int(found[:, DEAD].sum()), summary.count, float(expected[:, DEAD].sum())),
    )


def _shares(summary: PopulationSummary, reference: ExpectedShares, facts: SummaryFacts, column: str) -> Iterator[Share]:
    """The codes of a column, in the order of its reference, then those that have none."""
    found, expected = summary.codes[column], reference.codes.get(column)
    for code in dict.fromkeys([*(expected or ()), *sorted(found)]):
        share = None if expected is None else expected.get(code, 0.0)
        yield Share(_called(facts, column, code), found[code], summary.count, share)


def _by_share(summary: PopulationSummary, reference: ExpectedShares, facts: SummaryFacts, column: str) -> list[Share]:
    shares = _shares(summary, reference, facts, column)
    return sorted(shares, key=lambda share: (-share.found, -(share.expected or 0.0), share.label))


def _called(facts: SummaryFacts, column: str, code: str) -> str:
    if column in KINDS:
        return f"{KINDS[column]} {code}"
    if code not in facts.names.get(column, {}):
        return code
    thai, english = facts.names[column][code]
    return f"{thai} {english} ({code})"


def _first(shares: Sequence[Share], most: int) -> tuple[list[Share], Share | None]:
    """The first shares, and all others as one; an only other is shown as it is."""
    if len(shares) <= most + 1:
        return list(shares), None
    rest = shares[most:]
    expected = None if rest[0].expected is None else sum(share.expected or 0.0 for share in rest)
    return list(shares[:most]), Share(
        f"the other {len(rest)}", sum(share.found for share in rest), rest[0].of, expected
    )
