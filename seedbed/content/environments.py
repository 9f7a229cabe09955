"""Environments from `deployments/environments/NAME.yaml`: read strictly, one file a staging."""

import dataclasses
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from seedbed.content.strict_yaml import read_yaml
from seedbed.core.environment import FOLDER, LOCAL_ENVIRONMENTS, Environment
from seedbed.core.errors import UserError, unknown_name


def read_environment(root: Path, name: str) -> Environment | None:
    """The environment of that name; None for one of the local stack's that has no file. UserError for an unknown name."""
    known = {path.stem for path in (root / FOLDER).glob("*.yaml")}
    if name not in known:
        if name in LOCAL_ENVIRONMENTS:
            return None
        refusal = unknown_name("environment in SEEDBED_ENV", name, known | set(LOCAL_ENVIRONMENTS))
        step = f"{refusal.next_step}; or write {FOLDER}/{name}.yaml"
        raise UserError(refusal.message, next_step=step)
    return _read(root, f"{FOLDER}/{name}.yaml", name)


def _read(root: Path, shown_as: str, name: str) -> Environment:
    try:
        said = read_yaml(root / shown_as)
    except (OSError, ValueError) as error:
        raise UserError(f"{shown_as}: {error}", next_step="mend that line") from error
    if not isinstance(said, dict):
        raise UserError(f"{shown_as}: it is not a mapping", next_step="start with 'targets:'")
    _check_keys(shown_as, "", said, Environment)
    if said.setdefault("name", name) != name:
        raise UserError(f"{shown_as}: its name is '{said['name']}'", next_step=f"leave it out, or write '{name}'")
    try:
        return Environment(**said)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise UserError(f"{shown_as}: {wrong}", next_step="docs/environments.md has every key") from None


def _check_keys(shown_as: str, where: str, said: object, kind: Any) -> None:
    """UserError where a key is unknown, with the nearest one that exists, however deep it stands."""
    if not isinstance(said, dict):
        return  # the model says what is wrong with it
    for option in _alternatives(kind):
        fields = _fields(option)
        for key, value in said.items():
            if fields is not None and str(key) not in fields:
                place = f"key in '{where}' of {shown_as}" if where else f"key in {shown_as}"
                raise unknown_name(place, str(key), fields)
            below = fields[str(key)] if fields is not None else _value_type(option)
            _check_keys(shown_as, f"{where}.{key}".strip("."), value, below)


def _alternatives(kind: Any) -> tuple[Any, ...]:
    """The types that `A | None` allows."""
    is_union = isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union
    return typing.get_args(kind) if is_union else (kind,)


def _fields(kind: Any) -> dict[str, Any] | None:
    """The keys that a model or a dataclass takes, with the type of each; None for any other type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return typing.get_type_hints(kind)
    return None


def _value_type(kind: Any) -> Any:
    """What a mapping's values are; None for any other type."""
    arguments = typing.get_args(kind)
    return arguments[1] if len(arguments) == 2 and arguments[0] is str else None
