"""How many patients are what. Where no source is named, a share is ours: a round figure of the right size, no statistic.

Origins: some millions of foreigners live in Thailand, most from Myanmar, Cambodia and Laos; 5.5 % of the patients here. Religion: of
the size that the National Statistical Office gives, some 93 % Buddhists, 5 % Muslims, of whom most live in the deep South. Education by
birth decade, kinds of work, and insurance (most have universal coverage, then social security, then officials) in their order of size.
"""

from collections.abc import Mapping
from dataclasses import dataclass

THAI, NEIGHBOUR, OTHER = range(3)
Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Origin:
    """A nationality: its group, its weight, and what its bearers are."""

    nationality: str
    group: int
    weight: float
    language: str
    religions: Weights
    races: Weights


@dataclass(frozen=True, slots=True)
class Career:
    """What one does as a grown-up.

    `weights`: of men and women, for the groups Thai, neighbour, other. `level`: the least education. Work is from `begins` to
    `retires`, in years of age.
    """

    name: str
    occupations: Weights
    weights: tuple[tuple[float, float], ...]
    plans: Weights
    retired_plans: Weights
    level: int = 0
    begins: int = 15
    retires: int = 60
    retired_as: str = "9002"
    category: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A highest level of education, the age at which it is reached, and its weight for the three eras of birth."""

    codes: Weights
    leaves: int
    weights: tuple[float, float, float]


MOST_BUDDHIST = {"01": 97.5, "02": 1.2, "03": 1.2, "00": 0.1}
DEEP_SOUTH = {"90": 10.0, "91": 75.0, "94": 87.0, "95": 78.0, "96": 85.0, "10": 4.5, "81": 35.0, "82": 25.0, "83": 25.0}
ORIGINS = (
    Origin(
        "099", THAI, 945, "th", MOST_BUDDHIST, {"099": 97.0, "044": 1.6, "071": 0.6, "082": 0.3, "072": 0.2, "198": 0.3}
    ),
    Origin("048", NEIGHBOUR, 30, "my", {"01": 88, "02": 4, "03": 8}, {"048": 70, "208": 10, "071": 12, "198": 8}),
    Origin("057", NEIGHBOUR, 8, "km", {"01": 97, "02": 2, "03": 1}, {"057": 1}),
    Origin("056", NEIGHBOUR, 5, "lo", {"01": 95, "00": 3, "03": 2}, {"056": 1}),
    Origin("046", NEIGHBOUR, 1, "vi", {"01": 60, "00": 30, "03": 10}, {"046": 1}),
    Origin("044", OTHER, 2.5, "zh", {"00": 60, "01": 38, "03": 2}, {"044": 1}),
    Origin("047", OTHER, 1.5, "ja", {"01": 60, "00": 40}, {"047": 1}),
    Origin("045", OTHER, 1.0, "hi", {"04": 75, "05": 10, "02": 14, "07": 1}, {"045": 1}),
    Origin("049", OTHER, 1.0, "tl", {"03": 93, "02": 7}, {"049": 1}),
    Origin("126", OTHER, 1.2, "en", {"03": 55, "00": 45}, {"126": 1}),
    Origin("029", OTHER, 1.0, "en", {"03": 65, "00": 33, "06": 2}, {"029": 1}),
    Origin("016", OTHER, 0.9, "ru", {"03": 70, "00": 30}, {"016": 1}),
    Origin("004", OTHER, 0.5, "de", {"03": 55, "00": 45}, {"004": 1}),
    Origin("005", OTHER, 0.4, "fr", {"03": 50, "00": 50}, {"005": 1}),
)

UNIVERSAL = {"0100": 95.0, "9100": 4.0, "5100": 1.0}
SOCIAL = {"4200": 95.0, "5100": 4.0, "9100": 1.0}
ONE = {"0100": 1.0}
LOCAL = {"2201": 4.0, "2203": 2.0, "2301": 1.0, "2401": 4.0}
RETIRED_LOCAL = {"2202": 4.0, "2204": 2.0, "2302": 1.0, "2402": 4.0}
STATE = {"3101": 2.0, "3102": 2.0, "3103": 3.0, "3204": 2.0, "3303": 3.0, "3903": 3.0, "3905": 3.0}
NOBODY = (0.0, 0.0)
CAREERS = (
    Career(
        "farmer",
        {"6111-3": 50, "6111-1": 15, "6112-3": 15, "6114": 10, "6130": 7, "6222-3": 3},
        ((22, 17), (12, 8), NOBODY),
        *(UNIVERSAL, UNIVERSAL),
        retires=72,
    ),
    Career(
        "trader",
        {"5211": 25, "5212-1": 20, "5221-1": 25, "5120": 10, "5141-1": 8, "8322": 12},
        ((15, 20), (3, 5), (18, 18)),
        *(UNIVERSAL, UNIVERSAL),
        retires=70,
    ),
    Career(
        "worker",
        {"8153-1": 20, "9321-1": 20, "8344-1": 10, "5223-1": 25, "5414-1": 10, "7231": 15},
        ((27, 27), (35, 35), NOBODY),
        *(SOCIAL, UNIVERSAL),
    ),
    Career(
        "office",
        {"4110": 40, "3321-1": 12, "1221-1": 10, "4226": 14, "3113": 24},
        ((9, 12), NOBODY, (25, 20)),
        *(SOCIAL, UNIVERSAL),
        level=3,
    ),
    Career(
        "professional",
        {"2411": 30, "2512": 22, "2142": 18, "1211": 10, "2611-4": 8, "2166": 12},
        ((7, 8), NOBODY, (40, 25)),
        *(SOCIAL, UNIVERSAL),
        level=4,
    ),
    Career(
        "labourer",
        {"9622": 45, "9313-1": 30, "9333": 10, "9111-2": 15},
        ((8, 4), (45, 40), NOBODY),
        *(UNIVERSAL, UNIVERSAL),
        retires=65,
    ),
    Career(
        "official",
        {"2330": 25, "2341": 25, "2221": 16, "5412": 14, "0110": 8, "9007": 8, "1112-1": 4},
        ((7.5, 7.5), NOBODY, NOBODY),
        {"1100": 97.0, "9100": 3.0},
        {"1200": 98.0, "9100": 2.0},
        level=4,
        retired_as="9003",
    ),
    Career(
        "local",
        {"4110": 60, "2341": 40},
        ((1.2, 1.4), NOBODY, NOBODY),
        LOCAL,
        RETIRED_LOCAL,
        level=4,
        retired_as="9003",
    ),
    Career("state", {"4110": 50, "3113": 50}, ((0.7, 0.5), NOBODY, NOBODY), STATE, UNIVERSAL, level=3),
    Career("household", {"9001": 1}, ((1, 6), (1, 10), (2, 30)), UNIVERSAL, UNIVERSAL, retires=75),
    Career(
        "staff",
        {"2221": 45, "5321-1": 30, "2211": 13, "2262": 12},
        ((0.3, 0.7), NOBODY, NOBODY),
        *(SOCIAL, UNIVERSAL),
        level=4,
        category="staff",
    ),
    Career(
        "faculty",
        {"2310": 1},
        ((0.25, 0.3), NOBODY, (2, 2)),
        {"1100": 1.0, "4200": 1.0},
        {"1200": 1.0, "0100": 1.0},
        level=5,
        begins=27,
        retired_as="9003",
        category="faculty",
    ),
    Career("monk", {"2636": 1}, ((0.8, 0), NOBODY, NOBODY), ONE, ONE, begins=20, retires=200, category="monk"),
    Career("prisoner", {"9999": 1}, ((0.6, 0.1), NOBODY, NOBODY), ONE, ONE, begins=20, retires=70, category="prisoner"),
    Career("unemployed", {"9999": 1}, ((3, 3), (4, 5), (13, 5)), UNIVERSAL, UNIVERSAL, retires=65),
)
LEVELS = (
    Level({"21": 1}, 12, (70, 35, 0)),
    Level({"31": 1}, 15, (8, 16, 18)),
    Level({"41": 7, "42": 3}, 18, (9, 20, 36)),
    Level({"52": 1}, 20, (3, 8, 11)),
    Level({"61": 1}, 22, (8, 17, 32)),
    Level({"71": 1}, 25, (1.7, 3.5, 2.8)),
    Level({"81": 1}, 30, (0.3, 0.5, 0.2)),
)
ERAS = (
    "1960-01-01",
    "1990-01-01",
)  # born before the first; before the second; later (compulsory lower secondary school)

YOUNG_PLANS = {"0100": 93.0, "9100": 4.0, "5100": 3.0}
MIGRANT_PLANS = {"8401": 50.0, "8405": 20.0, "8400": 20.0, "8407": 10.0}
MIGRANT_WORKER_PLANS = {"8402": 60.0, "8401": 25.0, "8405": 10.0, "8400": 5.0}
VISITOR_PLANS = {"5100": 50.0, "8400": 50.0}
VISITOR_WORKER_PLANS = {"8402": 35.0, "5100": 40.0, "8400": 25.0}
THAI_CATEGORIES = {"general": 99.0, "staff_family": 0.7, "vip": 0.3}
GENERAL: Mapping[str, Weights] = {  # where the master data lack the codes of a status
    "insurance_plan": {"0100": 1.0, "9100": 1.0},
    "patient_category": {"general": 1.0},
    "occupation": {"9998": 1.0},
}
WITH_SOCIAL_SECURITY = frozenset({"worker", "office", "professional", "labourer", "faculty"})

# 1,382,980 donors of the Thai Red Cross: J. Fongsarun and others, Blood Groups in Thai Blood Donors, Journal of Hematology and
# Transfusion Medicine (Thailand). Foreigners have the same here.
ABO = {"A": 21.4, "B": 33.6, "O": 37.7, "AB": 7.3}
RH_NEGATIVE = 0.003
