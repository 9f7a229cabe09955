"""Environments from `deployments/environments/NAME.yaml`: read strictly, one file a staging."""

import dataclasses
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from seedbed.content.nightly_data import (
    GENERATE,
    PATIENTS,
    KeyPath,
    Wrong,
    dataset_of,
    entries_of,
    entry_keys,
    patients_keys,
    with_cohort,
    with_entries,
)
from seedbed.core.environment import FOLDER, LOCAL_ENVIRONMENTS, Environment
from seedbed.core.errors import UserError, unknown_name
from seedbed.core.strict_yaml import parse_yaml

OF_USERS = re.compile(r"password|passwd|client_id|client_secret|api_key|username|(^|_)user$", re.IGNORECASE)
WORDS = {  # what pydantic says in the words of a programmer
    "string_type": "it is text: write it in quotes",
    "int_type": "it is a whole number, without quotes",
    "bool_parsing": "it is true or false",
    "tuple_type": "it is a list, or names with commas between them",
    "too_short": "name at least one",
    **dict.fromkeys(("model_type", "dataclass_type", "dict_type"), "it has keys of its own: write them below it"),
}
EMPTY = "nothing stands there: leave the key out, or say what it is"


def read_environment(root: Path, name: str) -> Environment | None:
    """The environment of that name; None for one of the local stack's that has no file. UserError for an unknown name."""
    known = {path.stem for path in (root / FOLDER).glob("*.yaml")}
    if name not in known:
        if name in LOCAL_ENVIRONMENTS:
            return None
        refusal = unknown_name("environment in SEEDBED_ENV", name, known | set(LOCAL_ENVIRONMENTS))
        step = f"{refusal.next_step}; or write {FOLDER}/{name}.yaml"
        raise UserError(refusal.message, next_step=step, code=refusal.code)
    return _read(root, f"{FOLDER}/{name}.yaml", name)


def read_others(root: Path, name: str) -> Iterator[Environment]:
    """The other environments; one whose file is wrong is left out, for its own deploy and runs say so."""
    for path in sorted((root / FOLDER).glob("*.yaml")):
        if path.stem != name:
            try:
                yield _read(root, f"{FOLDER}/{path.name}", path.stem)
            except UserError:
                continue


def _read(root: Path, shown_as: str, name: str) -> Environment:
    try:
        content = (root / shown_as).read_bytes()
    except OSError as error:
        raise UserError(f"{shown_as}: {error}", next_step="mend that line", code="environment-file-invalid") from error
    return parse_environment(content, shown_as, name)


def parse_environment(content: bytes, shown_as: str, name: str) -> Environment:
    """The environment that a file of these bytes describes; UserError where it describes none."""
    try:
        said = parse_yaml(content)
    except ValueError as error:
        raise UserError(f"{shown_as}: {error}", next_step="mend that line", code="environment-file-invalid") from error
    if not isinstance(said, dict):
        raise UserError(
            f"{shown_as}: it is not a mapping", next_step="start with 'targets:'", code="environment-file-invalid"
        )
    known = {name: field.annotation for name, field in Environment.model_fields.items()}
    _check_keys(shown_as, "", said, {**known, PATIENTS: patients_keys()})
    if said.setdefault("name", name) != name:
        raise UserError(
            f"{shown_as}: its name is '{said['name']}'",
            next_step=f"leave it out, or write '{name}'",
            code="environment-file-invalid",
        )
    return _checked(shown_as, said)


def _checked(shown_as: str, said: Mapping[str, Any]) -> Environment:
    key_paths, entries, wrong = [], [], Wrong()
    for key_path, entry in entries_of(said):
        dataset = dataset_of(shown_as, key_path, entry)
        if dataset:
            _check_keys(shown_as, ".".join(map(str, key_path)), entry, entry_keys(dataset))
            entry, found = with_cohort(dataset, key_path, entry)  # noqa: PLW2901 - the same entry, with its cohort
            wrong += found
        key_paths.append(key_path)
        entries.append(entry)
    try:
        environment = Environment(**with_entries(said, entries))
    except ValidationError as error:
        wrong += [(_key_path(one["loc"], key_paths), one) for one in error.errors()]
    if wrong:
        sentences = "; ".join(f"{'.'.join(map(str, key_path))}: {_worded(one)}" for key_path, one in wrong)
        raise UserError(
            f"{shown_as}: {sentences}", next_step="docs/environments.md has every key", code="environment-file-invalid"
        )
    return environment


def _key_path(loc: KeyPath, key_paths: Sequence[KeyPath]) -> KeyPath:
    """Where a value stands in the file: an entry of `generate` may be the key `patients` there."""
    return (*key_paths[int(loc[1])], *loc[2:]) if loc[0] == GENERATE and len(loc) > 1 and key_paths else loc


def _worded(wrong: Mapping[str, Any]) -> str:
    """What is wrong with a value, which is not repeated."""
    if wrong["type"] != "missing" and wrong["input"] is None:
        return EMPTY
    said = str(wrong["msg"]).removeprefix("Value error, ")
    return WORDS.get(wrong["type"], said)


def _check_keys(shown_as: str, where: str, said: object, kind: Any) -> None:
    """UserError where a key is unknown, with the nearest one that exists, however deep it stands."""
    if not isinstance(said, dict):
        return  # the model says what is wrong with it
    for option in _alternatives(kind):
        fields = _fields(option)
        for key, value in said.items():
            if fields is not None and str(key) not in fields:
                raise _unknown_key(shown_as, where, str(key), fields)
            below = fields[str(key)] if fields is not None else _value_type(option)
            _check_keys(shown_as, f"{where}.{key}".strip("."), value, below)


def _unknown_key(shown_as: str, where: str, key: str, known: Mapping[str, Any]) -> UserError:
    if OF_USERS.search(key):
        return UserError(
            f"{shown_as}: '{f'{where}.{key}'.strip('.')}' does not belong there: all users of the repository can read the file",
            next_step="set users and secrets where the runs are (docs/environments.md), and change one that was published",
            code="environment-file-invalid",
        )
    return unknown_name(f"key in '{where}' of {shown_as}" if where else f"key in {shown_as}", key, known)


def _alternatives(kind: Any) -> tuple[Any, ...]:
    """The types that `A | None` allows."""
    is_union = isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union
    return typing.get_args(kind) if is_union else (kind,)


def _fields(kind: Any) -> dict[str, Any] | None:
    """The keys that a model or a dataclass takes, with the type of each; a mapping says them itself. None for any other type."""
    if isinstance(kind, dict):
        return kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return typing.get_type_hints(kind)
    return None


def _value_type(kind: Any) -> Any:
    """What a mapping's values are; None for any other type."""
    arguments = typing.get_args(kind)
    return arguments[1] if len(arguments) == 2 and arguments[0] is str else None
