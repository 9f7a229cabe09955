"""The order of test files: first those that use the project's stack, which take longest, so that no process waits at the end."""

import pytest

SHARED = "running_project"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files with tests of the project's stack first; each file's order stays."""
    of_project = {item.path for item in items if SHARED in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in of_project)
