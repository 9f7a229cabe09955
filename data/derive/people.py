"""Fictional users: names drawn from Faker's Thai vocabulary, mail on a reserved domain, licences marked as synthetic."""

import csv
import random
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tables import flag, read_input, write_table

SEED = 2026
HEAD_QUARTER = "HQ"
GENERAL = Path(__file__).parents[1] / "general"
HEADER = (
    *("username", "email", "realm_role", "role", "active", "prefix", "given_name", "middle_name", "family_name"),
    *("display", "medical_certificate_code", "level", "is_dummy"),
    *("en_prefix", "en_given_name", "en_middle_name", "en_family_name"),
)
REALM_ROLE = HEADER.index("realm_role")


class Post(NamedTuple):
    """A kind of work: how many men and women do it, its role among practitioners (none for the others), and its titles."""

    men: int
    women: int
    realm_role: str
    role: str
    titles: tuple[str, ...]


class Person(NamedTuple):
    """A name in Thai and in Roman letters, and how its bearer is addressed where the post has no title of its own."""

    is_woman: bool
    title: str
    given: tuple[str, str]
    family: tuple[str, str]


ENGLISH = {"นาย": "Mr.", "นาง": "Mrs.", "นางสาว": "Miss", "ภก.": "Mr.", "ภกญ.": "Ms."}
DOCTOR = "Dr."
# Who needs a place to work at, and how the code of that department or room ends; the others work at every branch.
WORKPLACES = {
    "dentist": "-DEN",
    "pharmacist": "-PHA",
    "medical-technologist": "-LAB",
    "radiographer": "-XR",
    "physiotherapist": "-PHY",
}
POSTS = (
    Post(17, 19, "doctor", "DOCTOR", ("นพ.", "พญ.")),
    Post(2, 3, "dentist", "DENTIST", ("ทพ.", "ทพญ.")),
    Post(3, 25, "nurse", "NURSE", ()),
    Post(2, 6, "pharmacist", "PHARMACIST", ("ภก.", "ภกญ.")),
    Post(2, 4, "medical-technologist", "MEDICAL_TECHNOLOGIST", ()),
    Post(2, 2, "radiographer", "RADIOGRAPHER", ()),
    Post(1, 2, "physiotherapist", "PHYSIOTHERAPIST", ()),
    Post(1, 8, "registrar", "", ()),
    Post(1, 6, "cashier", "", ()),
    Post(4, 1, "storekeeper", "", ()),
    Post(1, 3, "medical-coder", "", ()),
    Post(3, 2, "admin", "", ()),
)


def derive(folder: Path) -> None:
    """Write users and the branches in which they may work."""
    users = list(_users())
    write_table(folder / "user/user.csv", HEADER, users)
    write_table(
        folder / "user/user_allowed_branch.csv",
        ("username", "branch_code", "default"),
        _allowed(users),
    )


def _allowed(users: list[tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    """Of each post every second one belongs to the head office, the others to a branch each in turn, and help out at the other place.

    At the head office as many help out as the post has branches, from where the postings end, so that few reach many.
    """
    for role, post in groupby(users, key=lambda user: user[REALM_ROLE]):
        branches, people = _branches(WORKPLACES.get(role, "")), list(post)
        for place, user in enumerate(people):
            turn, is_elsewhere = divmod(place, 2)
            branch = branches[(turn if is_elsewhere else len(people) // 2 + turn) % len(branches)]
            yield user[0], branch if is_elsewhere else HEAD_QUARTER, flag(value=True)
            if is_elsewhere or turn < len(branches):
                yield user[0], HEAD_QUARTER if is_elsewhere else branch, flag(value=False)


def _branches(workplace: str) -> list[str]:
    """The branches with such a department or room, or all where none is asked for: the hospitals first, which the list has last."""
    rows = [row for file in ("department", "location") for row in _active(file) if row["code"].endswith(workplace)]
    equipped = {row["branch_code"] for row in rows} - {HEAD_QUARTER}
    return [row["code"] for row in reversed(_active("branch")) if row["code"] in equipped]


def _active(file: str) -> list[dict[str, str]]:
    with (GENERAL / f"{file}.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["active"] == "TRUE"]


def _users() -> Iterator[tuple[str, ...]]:
    licence = 0
    for post, person in _people():
        title = post.titles[person.is_woman] if post.titles else person.title
        licence += bool(post.role)
        (given, en_given), (family, en_family) = person.given, person.family
        username = f"{en_given}.{en_family[:3]}".lower().replace("-", "")
        yield (
            *(username, f"{username}@example.com", post.realm_role, post.role, flag(value=True)),
            *(title, given, "", family, f"{title}{given} {family}"),
            *(f"SYN-{licence:05d}" if post.role else "", "", flag(value=False)),
            *(ENGLISH.get(title, DOCTOR), en_given, "", en_family),
        )


def _people() -> Iterator[tuple[Post, Person]]:
    """Who does which work: names in an order drawn with a fixed seed, men and women of a post mixed."""
    draw = random.Random(SEED)  # noqa: S311 - no secret is drawn
    names: dict[str, list[tuple[str, str]]] = {"male": [], "female": [], "family": []}
    for row in read_input("romanised_names.csv"):
        names[row["kind"]].append((row["thai"], row["romanised"]))
    for pairs in names.values():
        draw.shuffle(pairs)
    for post in POSTS:
        sexes = [False] * post.men + [True] * post.women
        draw.shuffle(sexes)
        for is_woman in sexes:
            title = draw.choice(("นาง", "นางสาว", "นางสาว")) if is_woman else "นาย"
            given = names["female" if is_woman else "male"].pop()
            yield post, Person(is_woman, title, given, names["family"].pop())
