"""Patients as the Demographic API takes and shows them."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from seedbed.database.documents import Body, Documents, LabelTakenError
from seedbed.sandbox.tokens import stable_id

PATIENTS = "demographic/patient"
BUDDHIST_ERA = 543
HN_DIGITS = 5

CodeText = Annotated[str, Field(min_length=1, max_length=100)]


class Code(BaseModel):
    """A code of one of the code tables."""

    model_config = ConfigDict(extra="allow")

    code: CodeText


class PatientAddress(BaseModel):
    """An address in Thailand: province (2 digits), district (4), sub-district (6) and postal code (5)."""

    model_config = ConfigDict(extra="allow")

    line: str = ""
    stateCode: Annotated[str, Field(pattern=r"^\d{2}$")]  # noqa: N815 - the API's name
    districtCode: Annotated[str, Field(pattern=r"^\d{4}$")]  # noqa: N815 - the API's name
    cityCode: Annotated[str, Field(pattern=r"^\d{6}$")]  # noqa: N815 - the API's name
    postalCode: Annotated[str, Field(pattern=r"^\d{5}$")]  # noqa: N815 - the API's name


class NewPatient(BaseModel):
    """A patient to be registered; fields that are not named here are kept as they come.

    `idCardNo` has 13 digits; its check digit is not judged, because synthetic numbers may be marked by a wrong one.
    """

    model_config = ConfigDict(extra="allow")

    mode: Literal["cid"] = "cid"
    idCardNo: Annotated[str, Field(pattern=r"^\d{13}$")]  # noqa: N815 - the API's name
    gender: Literal["male", "female"]
    namePrefixCode: Code | None = None  # noqa: N815 - the API's name
    firstName: Annotated[str, Field(min_length=1)]  # noqa: N815 - the API's name
    familyName: Annotated[str, Field(min_length=1)]  # noqa: N815 - the API's name
    birthDate: dt.date  # noqa: N815 - the API's name
    nationalityCode: CodeText | None = None  # noqa: N815 - the API's name
    maritalStatusCode: CodeText | None = None  # noqa: N815 - the API's name
    raceCode: CodeText | None = None  # noqa: N815 - the API's name
    educationLevelCode: CodeText | None = None  # noqa: N815 - the API's name
    primaryLanguage: CodeText | None = None  # noqa: N815 - the API's name
    religionCode: Code | None = None  # noqa: N815 - the API's name
    occupationCode: Code | None = None  # noqa: N815 - the API's name
    categoryCode: Code | None = None  # noqa: N815 - the API's name
    aboBloodGroup: Literal["A", "B", "AB", "O"] | None = None  # noqa: N815 - the API's name
    rhBloodGroup: Literal["positive", "negative"] | None = None  # noqa: N815 - the API's name
    officialAddress: PatientAddress | None = None  # noqa: N815 - the API's name
    currentAddress: PatientAddress | None = None  # noqa: N815 - the API's name
    informationGiverContact: dict[str, Any] | None = None  # noqa: N815 - the API's name
    deceased: bool = False

    @field_validator("birthDate")
    @classmethod
    def _born_already(cls, born: dt.date) -> dt.date:
        if born > today():
            raise ValueError("birthDate is in the future")
        return born


def today() -> dt.date:
    """The date in Thailand, where the hospital is."""
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()


def register(found: Documents, realm: str, patient: NewPatient) -> Body:
    """Stores the patient under a new hospital number; LabelTakenError where the identity number is known."""
    if found.find(PATIENTS, "idCardNo", patient.idCardNo):
        raise LabelTakenError("idCardNo", patient.idCardNo)
    year = f"{(today().year + BUDDHIST_ERA) % 100:02d}"
    key = stable_id(realm, "patient", patient.idCardNo)
    hn = f"{year}{found.next_number(f'hn/{year}'):0{HN_DIGITS}d}"
    body = {"ehrId": key, "hn": hn, **patient.model_dump(mode="json", exclude_none=True)}
    found.put(PATIENTS, {key: body})
    for kind in ("idCardNo", "hn"):
        found.claim(PATIENTS, key, kind, body[kind])
    return shown(body)


def shown(body: Mapping[str, Any]) -> Body:
    """The patient with today's age in full years."""
    born, now = dt.date.fromisoformat(body["birthDate"]), today()
    age = now.year - born.year - ((now.month, now.day) < (born.month, born.day))
    return {**body, "age": age}
