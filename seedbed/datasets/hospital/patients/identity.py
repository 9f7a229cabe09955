"""Identifiers that cannot be anybody's: citizen ids, phone numbers, mail addresses.

A Thai citizen id begins with the class of its holder, 1 to 8 (0 on the cards of persons without a status in the registers); there is
no class 9. Ids here begin with 9 and have a valid check digit. A made-up registration office in digits 2 to 5 would be weaker: offices
are opened, and no list says which numbers never will be.

That leaves 11 digits: a slot of six, and a place of five in the slot. Block b of 100,000 patients of seed s < 10,000 has slot
s + 10,000 b of its own, so that such seeds share no id up to 10^7 patients each: 100 of them with 100,000 patients each expect 0
collisions. Any other seed, of whatever size, begins at a slot found by hashing: of 100 such seeds two meet with odds of
4950 / 10^6, so 0.005 pairs of seeds share ids (all of a block: 495 ids on average over all outcomes). No numbering could be below
one for seeds drawn at random: 5 x 10^13 pairs of patients stand against 10^12 numbers of twelve free digits.

Thailand has no range of phone numbers that is reserved for fiction, as far as is known. Numbers here begin with 010 and have ten
digits. Numbers of ten digits are assigned below 06, 08 and 09 only; the mobile prefix 01 had nine, and moved to 081 in 2006. All of 01
would not do: the plan of 2017 for fixed lines of ten digits puts a 1 behind their 0, so that 02 becomes 012 and the like for 3, 4, 5
and 7. No area begins with 0, so 010 is nobody's after that either. Mail is at example.com, which RFC 2606 reserves.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seedbed.core.draws import Ids, bits, stream_keys
from seedbed.core.errors import DataError
from seedbed.core.permutation import permutation
from seedbed.datasets.hospital.patients.text import Digits, characters, digits, followed, of_width, strings

PATH = "hospital/patient"
PHONE_DIGITS = 10
CLASS, PHONE_START, DOMAIN = "9", "010", "example.com"
BLOCK, SEEDS, TURNS = 100_000, 10_000, 100  # patients of a slot; seeds with slots of their own; slots of such a seed
ID_DIGITS = 13
CHECK_WEIGHTS = np.arange(ID_DIGITS, 1, -1, dtype=np.uint16)
CHECK_DIGITS = np.array([(11 - total % 11) % 10 for total in range(9 * CHECK_WEIGHTS.sum() + 1)], np.uint8)


def citizen_ids(seed: int, rows: Ids) -> pa.StringArray:
    """Another id for each row below 10^11."""
    if len(rows) and rows.max() >= BLOCK * SEEDS * TURNS:
        raise DataError(
            f"patient {rows.max()}: there is no citizen id left",
            next_step="number patients below 10^11",
            code="distribution-invalid",
        )
    place = permutation(seed, f"{PATH}/id_card_no", rows % np.uint64(BLOCK), BLOCK)
    return strings(_with_check(_slots(seed, rows // np.uint64(BLOCK)) * np.uint64(BLOCK) + place))


def check_digits(first: Digits) -> Digits:
    """The 13th digit to each twelve: weights 13 to 2, then (11 - sum mod 11) mod 10."""
    return CHECK_DIGITS.take(first.astype(np.uint16) @ CHECK_WEIGHTS)


def phones(seed: int, path: str, rows: Ids) -> pa.StringArray:
    """Ten digits that begin with 010."""
    found = digits(bits(seed, f"{PATH}/{path}", rows) >> np.uint64(32), PHONE_DIGITS)
    found[:, : len(PHONE_START)] = [int(digit) for digit in PHONE_START]
    return strings(found)


def mail(names: pa.StringArray, positions: npt.NDArray[np.int64], ids: pa.StringArray) -> pa.StringArray:
    """The name at each place, the id without class and check digit, and the domain."""
    ends = np.tile(np.frombuffer(f".00000000000@{DOMAIN}".encode(), np.uint8), (len(ids), 1))
    ends[:, 1:12] = characters(ids, ID_DIGITS)[:, 1:12]
    return followed(names, positions, of_width(ends, ends.shape[1]))


def _with_check(numbers: Ids) -> Digits:
    first = digits(numbers, 12)
    first[:, 0] = int(CLASS)
    return np.column_stack([first, check_digits(first)])


def _slots(seed: int, blocks: Ids) -> Ids:
    start = seed
    if not 0 <= seed < SEEDS:
        start = int(stream_keys(seed, f"{PATH}/id_card_no/slot", 1)[0]) % (SEEDS * TURNS)
    turn, own = np.uint64(start // SEEDS), np.uint64(start % SEEDS)
    turns, seeds = np.uint64(TURNS), np.uint64(SEEDS)
    return (blocks + turn) % turns * seeds + (own + blocks // turns) % seeds
