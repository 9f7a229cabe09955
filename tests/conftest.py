"""Fixtures that several folders of tests share; they are written in tests/support."""

import os

from hypothesis import settings

# A busy machine is no failure; CI tries the same examples each time.
settings.register_profile("seedbed", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("seedbed")

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.pgbouncer",
    "tests.support.keycloak_server",
    "tests.support.project",
    "tests.support.prefect_server",
    "tests.support.hospital",
    "tests.support.browser",
    "tests.support.houses",
    "tests.support.stagings",
]
