"""Which patients are asked for, in the words of the command line, Prefect's form and an environment's file."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as typed; "" and None are what was not.

    `age`: `60-`, `-15`, `18-65` or `7`. `province`: code, or Thai or English name. `insurance`, `category`, `nationality`: codes.
    """

    age: str = ""
    sex: str = ""
    province: str = ""
    insurance: str = ""
    category: str = ""
    nationality: str = ""
    deceased: str = ""
    counted_on: date | None = None
