"""Who on this machine may use the local stack's Prefect API, which starts processes as the stack's user?"""

from pathlib import Path

import psutil

from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, join_first, passed, warned


def examine(probe_context: ProbeContext) -> Check:
    """WARN where the API has no login and the stack is root's, or other users are logged in."""
    stack = probe_context.inputs.local_stack
    if stack.state is None or not stack.state.exists():
        return passed("the local stack's Prefect server is not used")
    if stack.has_login:
        return passed("the local Prefect API asks for an auth string")
    owner = owner_of(stack.state)
    others = sorted({user.name for user in psutil.users()} - {owner})
    said = ["the stack runs as root"] if owner == "root" else []
    said += [f"other users are logged in: {join_first(others)}"] if others else []
    if not said:
        return passed("the local Prefect API has no login, and no other user is logged in")
    return warned(
        f"the local Prefect API has no login, so that every user of this machine can run code by it; {', and '.join(said)}",
        "set SEEDBED_PREFECT_AUTH=true, then `seedbed up`",
    )


def owner_of(folder: Path) -> str:
    """The name of the folder's owner; the number where the machine knows no name."""
    try:
        return folder.owner()
    except KeyError:
        return str(folder.stat().st_uid)
