"""Is anybody there who takes up runs?"""

from seedbed.core.errors import UserError
from seedbed.core.report import Check
from seedbed.doctor.http import PREFECT_SETTING, ask_prefect, parse_json_response
from seedbed.doctor.probe import ProbeContext, failed, passed

START = "run `seedbed up` for the local stack, elsewhere `prefect worker start --pool {}`"


def examine(probe_context: ProbeContext) -> Check:
    """PASS where the work pool is not paused and one of its workers is online."""
    pool = probe_context.inputs.prefect.work_pool
    path = f"/work_pools/{pool}"
    answer = ask_prefect(probe_context, "GET", path)
    if answer.status_code == 404:
        raise UserError(f"there is no work pool '{pool}'", next_step=START.format(pool), code="prefect-worker")
    if parse_json_response(answer, setting=PREFECT_SETTING).get("is_paused"):
        return failed(f"the work pool '{pool}' is paused", f"run `prefect work-pool resume {pool}`")
    found = ask_prefect(probe_context, "POST", f"{path}/workers/filter", json={})
    workers = parse_json_response(found, setting=PREFECT_SETTING)
    online = [worker["name"] for worker in workers if worker.get("status") == "ONLINE"]
    if not online:
        return failed(f"no worker of the pool '{pool}' is online: runs stay scheduled", START.format(pool))
    return passed(f"online in pool '{pool}': {', '.join(online)}")
