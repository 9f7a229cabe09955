"""YAML as we read it: what plain YAML passes over in silence is an error, and errors name the line."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

FASTEST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast, where it is built in


class _StrictLoader(FASTEST):  # type: ignore[misc] # whichever it is, it is a SafeLoader
    """YAML in which a key that stands twice is an error: plain YAML keeps the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands twice", key.start_mark
                )
            seen.add(str(key.value))
        made: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return made

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except (
            ValueError,
            AttributeError,
        ) as error:  # 2026-13-01, for example; or what is tagged as one and none at all
            words = error if isinstance(error, ValueError) else f"'{node.value}'"
            raise yaml.constructor.ConstructorError(None, None, f"no date: {words}", node.start_mark) from error


_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _StrictLoader.construct_yaml_timestamp)


def read_yaml(path: Path) -> Any:
    """What the file says; errors as `parse_yaml`."""
    return parse_yaml(path.read_bytes())


def parse_yaml(content: bytes) -> Any:
    """What a file of these bytes says. ValueError, as a sentence's end with the line, where it is not UTF-8 or not YAML."""
    try:
        return yaml.load(content.decode("utf-8"), Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from error
    except yaml.YAMLError as error:
        raise ValueError(f"it is not YAML: {_position(error)}") from error


def _position(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError):
        return str(error).splitlines()[0]
    mark = error.problem_mark or error.context_mark
    return f"line {mark.line + 1}: {error.problem}" if mark else str(error.problem)
