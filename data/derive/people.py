"""Sixty fictional users: names drawn by Faker from Thai vocabularies, mail on a reserved domain, licences marked as synthetic."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from faker import Faker
from tables import flag, read_input, write_table

SEED = 2026
MEN, WOMEN = 24, 36
HEAD_QUARTER = "HQ"
OTHER_BRANCHES = ("BKK2", "NBI", "PTE", "AYA", "CBI", "NMA", "KKN", "CMI", "SKA")
HEADER = (
    *("username", "email", "realm_role", "role", "active", "prefix", "given_name", "middle_name", "family_name"),
    *("display", "medical_certificate_code", "level", "is_dummy"),
    *("en_prefix", "en_given_name", "en_middle_name", "en_family_name"),
)


class Post(NamedTuple):
    """A kind of work: how many do it, its role among practitioners (none for the others), and how its people are addressed."""

    count: int
    realm_role: str
    role: str
    prefixes: tuple[str, str]
    english: tuple[str, str]
    licensed: bool


MISTER, MISS = ("นาย", "นางสาว"), ("Mr.", "Ms.")
POSTS = (
    Post(18, "doctor", "DOCTOR", ("นพ.", "พญ."), ("Dr.", "Dr."), licensed=True),
    Post(3, "dentist", "DENTIST", ("ทพ.", "ทพญ."), ("Dr.", "Dr."), licensed=True),
    Post(14, "nurse", "NURSE", MISTER, MISS, licensed=True),
    Post(4, "pharmacist", "PHARMACIST", ("ภก.", "ภกญ."), MISS, licensed=True),
    Post(3, "medical_technologist", "MEDICAL_TECHNOLOGIST", MISTER, MISS, licensed=True),
    Post(2, "radiographer", "RADIOGRAPHER", MISTER, MISS, licensed=False),
    Post(1, "physiotherapist", "PHYSIOTHERAPIST", MISTER, MISS, licensed=True),
    Post(5, "registrar", "", MISTER, MISS, licensed=False),
    Post(4, "cashier", "", MISTER, MISS, licensed=False),
    Post(3, "storekeeper", "", MISTER, MISS, licensed=False),
    Post(3, "admin", "", MISTER, MISS, licensed=False),
)


def derive(folder: Path) -> None:
    """Write users and the branches in which they may work."""
    users = list(_users())
    write_table(folder / "user/user.csv", HEADER, users)
    names = [str(user[0]) for user in users]
    write_table(
        folder / "user/user_allowed_branch.csv",
        ("username", "branch_code", "default"),
        (
            *((name, HEAD_QUARTER, "TRUE") for name in names),
            *((name, OTHER_BRANCHES[place % len(OTHER_BRANCHES)], "FALSE") for place, name in enumerate(names[::2])),
        ),
    )


def _users() -> Iterator[tuple[str, ...]]:
    romanised = {row["thai"]: row["romanised"] for row in read_input("romanised_names.csv")}
    posts = (post for post in POSTS for _ in range(post.count))
    for place, (post, (is_woman, given, family)) in enumerate(zip(posts, _names(), strict=True), start=1):
        prefix, english = post.prefixes[is_woman], post.english[is_woman]
        username = f"{romanised[given]}.{romanised[family][:3]}".lower().replace("-", "")
        yield (
            *(username, f"{username}@example.com", post.realm_role, post.role, flag(value=True)),
            *(prefix, given, "", family, f"{prefix} {given} {family}"),
            *(f"SYN-{place:05d}" if post.licensed else "", "", flag(value=False)),
            *(english, romanised[given], "", romanised[family]),
        )


def _names() -> Iterator[tuple[bool, str, str]]:
    """Whether a woman, given name, family name; men and women take turns, so that every post has both."""
    faker = Faker("th_TH")
    faker.seed_instance(SEED)
    men = [faker.unique.first_name_male() for _ in range(MEN)]
    women = [faker.unique.first_name_female() for _ in range(WOMEN)]
    families = [faker.unique.last_name() for _ in range(MEN + WOMEN)]
    for place, family in enumerate(families):
        # Two men to three women, as the vocabularies' sizes are.
        is_woman = place % 5 in (1, 3, 4)
        yield is_woman, (women if is_woman else men).pop(0), family
