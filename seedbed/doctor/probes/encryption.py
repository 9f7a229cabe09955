"""Are the connections that leave this machine encrypted, with a server whose name is checked?"""

from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, passed, warned


def examine(probe_context: ProbeContext) -> Check:
    """PASS where they are; WARN where the environment's file allows plain http, or does not say `ssl_mode`."""
    found = probe_context.inputs.encryption
    said, steps = [], []
    if found.plain_http:
        said.append(f"plain http outside this machine: {', '.join(found.plain_http)}")
        steps.append(f"use https:// and take 'allow_plain_http' out of {found.file}")
    if found.lacks_ssl_mode:
        said.append(
            f"{found.file} does not say targets.postgres.ssl_mode: 'require' is used, and the server's name is not checked"
        )
        steps.append(
            "write 'ssl_mode: verify-full', which the next version assumes, with SEEDBED_CA_FILE; or the mode that you want"
        )
    return (
        warned("; ".join(said), "; ".join(steps)) if said else passed("connections outside this machine are encrypted")
    )
