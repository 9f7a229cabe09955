"""Which tests one process of xdist runs: all that use the project's stack, so that there is one; else a file's."""

from pathlib import Path

import pytest

PROJECT, SHARED = "project", "running_project"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests in groups for `--dist loadgroup`, those of the project's stack first: they take longest."""
    of_project = {item.path for item in items if uses_project(item)}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(PROJECT if item.path in of_project else name_of(item.path)))
    items.sort(key=lambda item: item.path not in of_project)


def uses_project(item: pytest.Item) -> bool:
    """Whether the test uses the project with its stack."""
    return SHARED in getattr(item, "fixturenames", ())


def name_of(path: Path) -> str:
    """A file's group; no two files of tests have one name."""
    return path.stem
