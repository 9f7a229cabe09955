"""Queues: the service units, the kinds of numbers that each gives out, and the counters at which it calls them."""

from collections.abc import Iterator
from pathlib import Path

from tables import flag, read_input, write_table

# The letter behind a unit's code -> Thai and English name, and whether the patient is known when the number is given.
# The three of the emergency room are the classes and colours of Thai emergency medicine.
TYPES = {
    "A": ("นัดหมาย", "appointment", True),
    "W": ("ไม่ได้นัด", "walk-in", False),
    "N": ("ทั่วไป", "general", False),
    "P": ("ช่องทางด่วน", "priority lane", False),
    "E": ("วิกฤต (แดง)", "critical (red)", False),
    "U": ("เร่งด่วน (เหลือง)", "urgent (yellow)", False),
    "G": ("ไม่รุนแรง (เขียว)", "not severe (green)", False),
}
PRIORITY_TEXT = "สำหรับผู้สูงอายุ 70 ปีขึ้นไป พระภิกษุ ผู้พิการ และหญิงตั้งครรภ์"
LANGUAGES = '["th","en"]'


def derive(folder: Path) -> None:
    """Write service units, their types and their counters."""
    write_table(
        folder / "general/queue_service_unit.csv",
        (
            *("code", "info.th.name", "info.en.name", "announce_languages", "instruction", "type"),
            *("patient_journey_rank", "active"),
        ),
        (
            (
                *(unit["code"], unit["thai"], unit["english"], LANGUAGES, unit["instruction"], unit["type"]),
                *(unit["journey_rank"], "TRUE"),
            )
            for unit in read_input("queue_units.csv")
        ),
    )
    write_table(
        folder / "general/queue_type.csv",
        (
            *("code", "info.th.name", "info.en.name", "rank", "queue_service_unit_code", "instruction"),
            *("is_required_identifier", "active"),
        ),
        _types(),
    )
    write_table(
        folder / "general/queue_counter.csv",
        ("code", "info.th.name", "info.en.name", "rank", "queue_service_unit_code", "active"),
        _counters(),
    )


def _types() -> Iterator[tuple[object, ...]]:
    for unit in read_input("queue_units.csv"):
        for rank, letter in enumerate(unit["kinds"].split(), start=1):
            thai, english, known = TYPES[letter]
            names = (f"{unit['thai']} {thai}", f"{unit['english']}, {english}")
            text = PRIORITY_TEXT if letter == "P" else ""
            yield f"{unit['code']}-{letter}", *names, rank, unit["code"], text, flag(known), "TRUE"


def _counters() -> Iterator[tuple[object, ...]]:
    for unit in read_input("queue_units.csv"):
        room = unit["place"] == "room"
        # The branch stands last in Thai, as in the names of its rooms: "2 1" would be read as one number.
        name, at, branch = unit["thai"].partition(" สาขา")
        for number in range(1, int(unit["counters"]) + 1):
            thai = f"ห้อง{name} {number}" if room else f"{name} ช่อง {number}"
            english = f"{unit['english']}{',' if at else ''} {'room' if room else 'counter'} {number}"
            yield f"{unit['code']}-{number}", f"{thai}{at}{branch}", english, number, unit["code"], "TRUE"
