"""The realm's user profile: which attributes users have, and what Keycloak's validators say of their values."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from seedbed.database.sandbox.documents import Documents

Attributes = dict[str, list[str]]
Fault = dict[str, Any]
Profile = dict[str, Any]
Validator = Callable[[str, Mapping[str, Any]], list[Any] | None]

ROOT_ATTRIBUTES = ("username", "email", "firstName", "lastName")
POLICIES = ("ENABLED", "ADMIN_VIEW", "ADMIN_EDIT")
OPEN_POLICIES = ("ENABLED", "ADMIN_EDIT")
COLLECTION = "keycloak/profile"

_EVERYBODY = {"view": ["admin", "user"], "edit": ["admin", "user"]}
_NAME_RULES = {"length": {"max": 255}, "person-name-prohibited-characters": {}}
_USERNAME_RULES = {
    "length": {"min": 3, "max": 255},
    "username-prohibited-characters": {},
    "up-username-not-idn-homograph": {},
}


def _declared(name: str, validations: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    display = {"name": name, "displayName": f"${{{name}}}", "validations": validations}
    return {**display, **more, "permissions": _EVERYBODY, "multivalued": False}


DEFAULT_PROFILE: Profile = {
    "attributes": [
        _declared("username", _USERNAME_RULES),
        _declared("email", {"email": {}, "length": {"max": 255}}, required={"roles": ["user"]}),
        _declared("firstName", _NAME_RULES, required={"roles": ["user"]}),
        _declared("lastName", _NAME_RULES, required={"roles": ["user"]}),
    ],
    "groups": [
        {
            "name": "user-metadata",
            "displayHeader": "User metadata",
            "displayDescription": "Attributes, which refer to user metadata",
        }
    ],
}

# Keycloak's own patterns, from UsernameProhibitedCharactersValidator, PersonNameProhibitedCharactersValidator and EmailValidationUtil.
_USERNAME = re.compile(r"""[^<>&"'\s$%!#?§,;:*~/\\|^=\[\]{}()`\x00-\x1f\x7f-\x9f]+""")
_PERSON_NAME = re.compile(r"""[^<>&"\n\x0b\f\r\x85\u2028\u2029$%!#?§;*~/\\|^=\[\]{}()\x00-\x1f\x7f-\x9f]+""")
_LOCAL_PART = re.compile(
    r"""(?:[a-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+|"[^"]+")(?:\.(?:[a-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+|"[^"]+"))*""",
    re.IGNORECASE,
)
_LABEL = r"[a-z0-9\u0080-\uffff](?:[a-z0-9\u0080-\uffff-]{0,61}[a-z0-9\u0080-\uffff])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[\d{{1,3}}(?:\.\d{{1,3}}){{3}}\])", re.IGNORECASE)


def read_profile(found: Documents, realm: str) -> Profile:
    """The realm's profile; Keycloak's default until one is set."""
    return found.get(COLLECTION, realm) or DEFAULT_PROFILE


def declare_attributes(found: Documents, realm: str, names: Sequence[str]) -> None:
    """Declares the attributes that the realm's profile lacks; administrators may write them."""
    profile = read_profile(found, realm)
    missing = [_declared(name, {}) for name in names if name not in declared(profile)]
    if missing:
        found.put(COLLECTION, {realm: {**profile, "attributes": [*profile["attributes"], *missing]}})


def declared(profile: Profile) -> dict[str, dict[str, Any]]:
    """The declared attributes by name."""
    return {attribute["name"]: attribute for attribute in profile["attributes"]}


def profile_faults(profile: Profile) -> list[str]:
    """What Keycloak would refuse about a new profile, in its words."""
    names = [attribute.get("name") for attribute in profile.get("attributes", [])]
    faults = [f"The attribute '{name}' can not be removed" for name in ("username", "email") if name not in names]
    twice = dict.fromkeys(name for name in names if names.count(name) > 1)
    faults += [f"Attribute configuration already exists with 'name':'{name}'" for name in twice]
    for attribute in profile.get("attributes", []):
        unknown = [name for name in attribute.get("validations") or {} if name not in VALIDATORS]
        faults += [f"Validator '{v}' defined for attribute '{attribute.get('name')}' doesn't exist" for v in unknown]
    return faults


def keep_allowed(profile: Profile, attributes: Attributes) -> Attributes:
    """The attributes without empty values and without those that the profile neither declares nor tolerates: they vanish silently."""
    tolerant = profile.get("unmanagedAttributePolicy") in OPEN_POLICIES
    known = declared(profile)
    filled = {name: [value for value in values if value] for name, values in attributes.items()}
    return {name: values for name, values in filled.items() if values and (tolerant or name in known)}


def keep_visible(profile: Profile, attributes: Attributes) -> Attributes:
    """The stored attributes that the profile shows to an administrator."""
    if profile.get("unmanagedAttributePolicy") in POLICIES:
        return attributes
    known = declared(profile)
    return {name: values for name, values in attributes.items() if name in known}


def attribute_faults(profile: Profile, attributes: Attributes, before: Attributes | None) -> list[Fault]:
    """What the profile's rules say against the attributes; `before` are those of the existing user."""
    return [
        {"field": name, "errorMessage": message, "params": [name, *params]}
        for name, rules in declared(profile).items()
        for message, *params in _faults(rules, attributes.get(name, []), before)
    ]


def _faults(rules: Mapping[str, Any], values: Sequence[str], before: Attributes | None) -> Iterator[Sequence[Any]]:
    name = rules["name"]
    if _is_read_only(rules, before) and list(values) != (before or {}).get(name, []):
        yield ("error-user-attribute-read-only",)
    elif not values:
        if _is_required(rules):
            yield ("error-user-attribute-required",)
    elif len(values) > 1 and not rules.get("multivalued"):
        yield "error-invalid-multivalued-size", 0, 1
    for value in values:
        for validator, options in (rules.get("validations") or {}).items():
            fault = VALIDATORS[validator](value, options or {})
            if fault:
                yield fault


def _is_read_only(rules: Mapping[str, Any], before: Attributes | None) -> bool:
    if rules["name"] == "username" and before is not None:
        return True  # the realm's editUsernameAllowed is off, as it is by default
    return "admin" not in (rules.get("permissions") or {}).get("edit", ["admin"])


def _is_required(rules: Mapping[str, Any]) -> bool:
    required = rules.get("required")
    if required is None:
        return False
    return not required.get("roles") or "admin" in required["roles"]


def _length(value: str, options: Mapping[str, Any]) -> list[Any] | None:
    low, high = options.get("min"), options.get("max")
    if (low is None or len(value) >= int(low)) and (high is None or len(value) <= int(high)):
        return None
    suffix = "" if low is not None and high is not None else "-too-long" if low is None else "-too-short"
    return [f"error-invalid-length{suffix}", low, high]


def _username(value: str, _: Mapping[str, Any]) -> list[Any] | None:
    return None if _USERNAME.fullmatch(value) else ["error-username-invalid-character"]


def _latin_username(value: str, _: Mapping[str, Any]) -> list[Any] | None:
    return None if all(map(_is_latin_or_common, value)) else ["error-username-invalid-character"]


def _is_latin_or_common(char: str) -> bool:
    """Near enough to the Unicode scripts Latin and Common, which the standard library does not tell."""
    if char.isascii() or char in "ªºµ":
        return True
    name = unicodedata.name(char, "")
    return name.startswith(("LATIN", "ROMAN NUMERAL", "SMALL ROMAN", "FULLWIDTH DIGIT")) or (
        unicodedata.category(char)[0] not in "LM" and unicodedata.category(char) != "Nd"
    )


def _person_name(value: str, _: Mapping[str, Any]) -> list[Any] | None:
    return None if _PERSON_NAME.fullmatch(value) else ["error-person-name-invalid-character"]


def _email(value: str, _: Mapping[str, Any]) -> list[Any] | None:
    local, _at, domain = value.rpartition("@")
    fits = 0 < len(local) <= 64 and len(domain) <= 255
    return (
        None if fits and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain) else ["error-invalid-email", value]
    )


def _options(value: str, options: Mapping[str, Any]) -> list[Any] | None:
    return None if value in options.get("options", []) else ["error-invalid-value"]


def _pattern(value: str, options: Mapping[str, Any]) -> list[Any] | None:
    pattern = options.get("pattern", "")
    return None if re.fullmatch(pattern, value) else [options.get("error-message", "error-pattern-no-match"), pattern]


def _integer(value: str, options: Mapping[str, Any]) -> list[Any] | None:
    if not re.fullmatch(r"[+-]?\d+", value):
        return ["error-invalid-number"]
    low, high = options.get("min"), options.get("max")
    inside = (low is None or int(value) >= int(low)) and (high is None or int(value) <= int(high))
    return None if inside else ["error-number-out-of-range", low, high]


VALIDATORS: Mapping[str, Validator] = {
    "length": _length,
    "username-prohibited-characters": _username,
    "up-username-not-idn-homograph": _latin_username,
    "person-name-prohibited-characters": _person_name,
    "email": _email,
    "options": _options,
    "pattern": _pattern,
    "integer": _integer,
}
