"""Do our Prefect and the server's have the same version?"""

from importlib.metadata import version

from seedbed.core.prefect_versions import version_gap
from seedbed.core.report import Check
from seedbed.doctor.http import PREFECT_SETTING, ask_prefect, parse_json_response
from seedbed.doctor.probe import ProbeContext, failed, passed, warned


def examine(probe_context: ProbeContext) -> Check:
    """PASS where they are equal, WARN where the server is a little newer, FAIL where a run or a deployment would break."""
    server = str(parse_json_response(ask_prefect(probe_context, "GET", "/admin/version"), setting=PREFECT_SETTING))
    ours = version("prefect")
    apart = version_gap(ours, server)
    if apart == "none":
        return passed(f"{ours}, here and there")
    said = f"the server has Prefect {server}, we have {ours}"
    step = f"move the server to {ours} (on the local stack: `seedbed down`, `seedbed up`)"
    return warned(said, step) if apart == "small" else failed(said, step)
