"""How far apart two versions of Prefect are."""

import pytest

from seedbed.core.prefect_versions import version_gap


@pytest.mark.parametrize(
    ("client", "server", "apart"),
    [
        ("3.8.8", "3.8.8", "none"),
        ("3.8.8", "3.8.10", "small"),
        ("3.8.8", "3.8.7", "breaking"),
        ("3.8.8", "3.7.9", "breaking"),
        ("3.8.8", "3.9.0", "breaking"),
        ("3.8.8", "4.0.0", "breaking"),
    ],
)
def test_a_server_may_be_a_little_newer_and_never_older(client: str, server: str, apart: str) -> None:
    assert version_gap(client, server) == apart
