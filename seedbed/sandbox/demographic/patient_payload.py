"""What the Demographic API takes for a patient, and what is wrong with one that it does not take."""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from seedbed.database.sandbox.documents import Body

OLDEST_YEARS = 150
CITIZEN_ID = re.compile(r"[0-9]{13}")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
FINITE_JSON = json.JSONEncoder(allow_nan=False)
NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

DEFAULTS: Mapping[str, Any] = {"mode": "cid", "deceased": False}


def today_in_thailand() -> dt.date:
    """The date in Thailand, where the hospital is."""
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()


def check_digit(first_12: str) -> str:
    """The 13th digit of a Thai citizen id: weights 13 to 2, then (11 - sum mod 11) mod 10."""
    total = sum(int(digit) * weight for digit, weight in zip(first_12, range(13, 1, -1), strict=True))
    return str((11 - total % 11) % 10)


def _citizen_id(value: str) -> str:
    if not CITIZEN_ID.fullmatch(value):
        raise _fault("a citizen id has 13 digits")
    if check_digit(value[:12]) != value[12]:
        raise _fault("the check digit is wrong")
    return value


def _code(value: str) -> str:
    if value != value.strip() or CONTROL.search(value):
        raise _fault("a code has no control characters, and no space before or after it")
    return value


def _line(value: str) -> str:
    if CONTROL.search(value):
        raise _fault("one line of text has no control characters")
    return value


def _name(value: str) -> str:
    if not value.strip():
        raise _fault("a name is not empty")
    return _line(value)


def _date(value: str) -> str:
    try:
        day = dt.date.fromisoformat(value) if ISO_DATE.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        raise _fault("a date is a day of the calendar, written YYYY-MM-DD")
    now = today_in_thailand()
    if day > now:
        raise _fault("the date is in the future")
    if (day.year, day.month, day.day) < (now.year - OLDEST_YEARS, now.month, now.day):
        raise _fault(f"the date is more than {OLDEST_YEARS} years ago")
    return value


CitizenId = Annotated[str, AfterValidator(_citizen_id)]
CodeText = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_code)]
Name = Annotated[str, Field(max_length=100), AfterValidator(_name)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_line)]
Date = Annotated[str, AfterValidator(_date)]
PostalCode = Annotated[str, Field(pattern="^[0-9]{5}$")]


class Fields(BaseModel):
    """Fields with the names that the API gives them; what is not named here is kept as it comes."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)


class Code(Fields):
    """A code of one of the code tables."""

    code: CodeText


class PatientAddress(Fields):
    """An address in Thailand: province, district in it, sub-district in that, postal code."""

    line: Line = ""
    state_code: Annotated[str, Field(pattern="^[0-9]{2}$")]
    district_code: Annotated[str, Field(pattern="^[0-9]{4}$")]
    city_code: Annotated[str, Field(pattern="^[0-9]{6}$")]
    postal_code: PostalCode

    @model_validator(mode="after")
    def _one_within_the_other(self) -> Self:
        if not self.district_code.startswith(self.state_code):
            raise _fault(f"districtCode {self.district_code} does not lie in stateCode {self.state_code}")
        if not self.city_code.startswith(self.district_code):
            raise _fault(f"cityCode {self.city_code} does not lie in districtCode {self.district_code}")
        return self


class Contact(Fields):
    """Who gives information about the patient."""

    category_code: CodeText | None = None


class NewPatient(Fields):
    """A patient to be registered; fields that are not named here are kept as they come."""

    mode: Literal["cid"] = "cid"
    id_card_no: CitizenId
    gender: Literal["male", "female"]
    name_prefix_code: Code | None = None
    first_name: Name
    family_name: Name
    birth_date: Date
    nationality_code: CodeText | None = None
    marital_status_code: CodeText | None = None
    race_code: CodeText | None = None
    education_level_code: CodeText | None = None
    primary_language: CodeText | None = None
    religion_code: Code | None = None
    occupation_code: Code | None = None
    category_code: Code | None = None
    abo_blood_group: Literal["A", "B", "AB", "O"] | None = None
    rh_blood_group: Literal["positive", "negative"] | None = None
    official_address: PatientAddress | None = None
    current_address: PatientAddress | None = None
    information_giver_contact: Contact | None = None
    deceased: StrictBool = False
    deceased_date: Date | None = None

    @field_validator("deceased_date")
    @classmethod
    def _died_after_birth(cls, value: str | None, others: ValidationInfo) -> str | None:
        # A field that is wrong itself is not among the others.
        if value and others.data.get("deceased") is False:
            raise _fault("a date of death is given, but deceased is not true")
        if value and value < others.data.get("birth_date", ""):
            raise _fault("the date lies before birthDate")
        return value


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field; `field` is empty where it is the patient as a whole."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ValidatedPatient:
    """A patient as it came, and what is wrong with it."""

    body: Body
    faults: tuple[FieldFault, ...] = ()

    @property
    def reason(self) -> str:
        """All that is wrong, in one line."""
        return "; ".join(f"{fault.field}: {fault.reason}" if fault.field else fault.reason for fault in self.faults)


def validate_patient(body: Any) -> ValidatedPatient:
    """The patient with what it leaves to defaults filled in, and its faults."""
    if not isinstance(body, dict):
        return ValidatedPatient({}, (FieldFault("", "a patient is a JSON object"),))
    try:
        NewPatient.model_validate(body)
    except ValidationError as error:
        return ValidatedPatient(body, tuple(_faults(error)))
    return ValidatedPatient({**DEFAULTS, **body}, tuple(_unstorable(body)))


def _faults(error: ValidationError) -> Iterator[FieldFault]:
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        yield FieldFault(".".join(map(str, fault["loc"])), fault["msg"])


def _unstorable(body: Body) -> Iterator[FieldFault]:
    # Extra fields are nobody's to judge, but the database must be able to hold them. One look at all is the quick way.
    if _why_unstorable(body):
        named = ((name, _why_unstorable([name, value])) for name, value in body.items())
        yield from (FieldFault(name, reason) for name, reason in named if reason)


def _why_unstorable(value: Any) -> str:
    try:
        text = FINITE_JSON.encode(value)
    except ValueError:
        return "the number is too large"
    return "the text has the character NUL" if "\\u0000" in text and NUL_IN_JSON.search(text) else ""


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("patient", "{message}", {"message": message})
