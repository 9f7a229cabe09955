"""Is anybody there who takes up runs?"""

from seedbed.core.errors import UserError
from seedbed.core.report import Check
from seedbed.doctor.asking import ask, json_of
from seedbed.doctor.probe import Visit, failed, passed

SETTING = "PREFECT_API_URL"
START = "run `seedbed up` for the local stack, elsewhere `prefect worker start --pool {}`"


def examine(visit: Visit) -> Check:
    """PASS where the work pool is not paused and one of its workers is online."""
    prefect = visit.clinic.prefect
    pool = prefect.work_pool
    url = f"{prefect.api_url.rstrip('/')}/work_pools/{pool}"
    answer = ask(visit, "GET", url, setting=SETTING)
    if answer.status_code == 404:
        raise UserError(f"there is no work pool '{pool}'", next_step=START.format(pool), code="prefect-worker")
    if json_of(answer, setting=SETTING).get("is_paused"):
        return failed(f"the work pool '{pool}' is paused", f"run `prefect work-pool resume {pool}`")
    workers = json_of(ask(visit, "POST", f"{url}/workers/filter", setting=SETTING, json={}), setting=SETTING)
    online = [worker["name"] for worker in workers if worker.get("status") == "ONLINE"]
    if not online:
        return failed(f"no worker of the pool '{pool}' is online: runs stay scheduled", START.format(pool))
    return passed(f"online in pool '{pool}': {', '.join(online)}")
