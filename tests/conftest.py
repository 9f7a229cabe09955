"""Fixtures that several folders of tests share; they are written in tests/support."""

import os

from hypothesis import settings

# A busy machine is no failure; CI tries the same examples each time.
settings.register_profile("seedbed", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("seedbed")

pytest_plugins = [
    "tests.support.stack.reaper",
    "tests.support.stack.file_order",
    "tests.support.stack.postgres",
    "tests.support.stack.pgbouncer",
    "tests.support.stack.keycloak_server",
    "tests.support.stack.project",
    "tests.support.stack.prefect_server",
    "tests.support.stack.hospital",
    "tests.support.stack.browser",
    "tests.support.builders.houses",
    "tests.support.stack.stagings",
]
