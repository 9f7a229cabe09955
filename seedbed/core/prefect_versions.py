"""How far apart two versions of Prefect are: a client that is newer than its server breaks deployments and runs."""

from typing import Literal

VersionGap = Literal["none", "small", "breaking"]


def version_gap(client: str, server: str) -> VersionGap:
    """`small` where the server is newer in its last number alone, `breaking` where the client is newer, or another line."""
    if client == server:
        return "none"
    same_line = client.rpartition(".")[0] == server.rpartition(".")[0]
    return "small" if same_line and _numbers(client) < _numbers(server) else "breaking"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))
