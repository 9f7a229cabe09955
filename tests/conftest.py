"""Fixtures that several folders of tests share; they are written in tests/support."""

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.keycloak_server",
    "tests.support.project",
    "tests.support.browser",
    "tests.support.houses",
]
