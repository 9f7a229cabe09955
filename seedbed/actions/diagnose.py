"""The doctor: every health check, each always run."""

from seedbed.actions.house import House
from seedbed.core.report import Check


def diagnose(house: House) -> tuple[Check, ...]:
    """The checks' outcomes, in the order of the first document, then what its users ask next."""
    return house.diagnose()
