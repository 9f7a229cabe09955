"""One entry of the catalogue, and how its values are filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MessageLanguage = Literal["en", "th"]
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What one code says, in both languages.

    en, th: the sentence; `{name}` is a value, and a part in square brackets appears only if its values are not empty.
    next_en, next_th: the next step, written the same way; "" if the reader has nothing to do.
    """

    en: str
    th: str
    next_en: str = ""
    next_th: str = ""

    def text(self, language: str) -> str:
        """The template of the sentence."""
        return self.th if language == "th" else self.en

    def next_step(self, language: str) -> str:
        """The template of the next step."""
        return self.next_th if language == "th" else self.next_en

    @property
    def params(self) -> frozenset[str]:
        """The names of all values that the English templates use."""
        return frozenset(NAME.findall(f"{self.en} {self.next_en}"))


def fill_in(template: str, values: Mapping[str, Any]) -> str:
    """The template with its values; lists are joined by commas. KeyError if a value that is not optional is missing."""
    said = {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value for name, value in values.items()
    }

    def keep(part: re.Match[str]) -> str:
        return part[1] if all(said.get(name) not in (None, "") for name in NAME.findall(part[1])) else ""

    return NAME.sub(lambda found: str(said[found[1]]), OPTIONAL.sub(keep, template))
