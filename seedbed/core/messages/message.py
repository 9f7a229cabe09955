"""A sentence that knows its code and its values, so that programs read those and people get it in their language."""

from collections.abc import Mapping
from typing import Any

from seedbed.core.messages.file_messages import FILES
from seedbed.core.messages.finding_messages import FINDINGS
from seedbed.core.messages.sentence import MessageLanguage, Sentence, fill_in

SENTENCES: Mapping[str, Sentence] = {**FINDINGS, **FILES}
Params = dict[str, Any]


class Message(str):
    """A sentence of the catalogue. It is a `str`, so that it goes wherever text goes; code and values go with it.

    code: the kebab-case name of the sentence; stable.
    params: name -> value (text, number, list of text, or another message under `hint`).
    language: that of the text.

    >>> Message("cell-empty", column="ward_code")
    'ward_code is empty'
    """

    __slots__ = ("code", "language", "params")
    code: str
    params: Params
    language: MessageLanguage

    def __new__(cls, code: str, language: MessageLanguage = "en", /, **params: Any) -> "Message":
        """The sentence of that code with these values; KeyError if there is none, or if it lacks a value."""
        values = {name: in_language(value, language) for name, value in params.items()}
        said = fill_in(SENTENCES[code].text(language), values)
        message = super().__new__(cls, f"{said} ({values['hint']})" if values.get("hint") else said)
        message.code, message.params, message.language = code, params, language
        return message

    @property
    def next_step(self) -> str:
        """What to do about it, in the language of the text; "" if there is nothing to do."""
        values = {name: in_language(value, self.language) for name, value in self.params.items()}
        return fill_in(SENTENCES[self.code].next_step(self.language), values)

    def but(self, **params: Any) -> "Message":
        """The same sentence with other values."""
        return Message(self.code, self.language, **{**self.params, **params})

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, (self.code, self.language, self.params)

    def __deepcopy__(self, _: object) -> "Message":
        return self  # it does not change


def _made_again(code: str, language: MessageLanguage, params: Params) -> Message:
    return Message(code, language, **params)


def in_language(text: Any, language: MessageLanguage) -> Any:
    """A message in that language; anything else as it is."""
    if isinstance(text, Message) and text.language != language:
        return Message(text.code, language, **text.params)
    return text


def code_of(text: str) -> str:
    """The code of a message; "" for plain text."""
    return text.code if isinstance(text, Message) else ""


def params_of(text: str) -> Params:
    """The values of a message as plain JSON; none for plain text."""
    return {name: _plain(value) for name, value in text.params.items()} if isinstance(text, Message) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return {"code": value.code, "params": params_of(value)}
    return list(value) if isinstance(value, tuple | list) else value
