"""Records of which a run says beforehand that it is about to create them, so that a kill in between loses none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Creations:
    """What a run notes of the records that it creates, by key.

    `asking`: those that it is about to ask for; `created`: those that are made, with the target's id; `not_created`: those that it
    had asked for and that were not made, or not by it.
    """

    requested: Sequence[str] = ()
    created: Mapping[str, str] = field(default_factory=dict)
    not_created: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.requested or self.created or self.not_created)
