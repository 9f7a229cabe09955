"""Does the realm have the roles that user.csv names?"""

from seedbed.core.errors import DataError
from seedbed.core.report import Check
from seedbed.doctor.keycloak_admin import read_admin_api
from seedbed.doctor.probe import ProbeContext, failed, join_first, passed, skipped


def examine(probe_context: ProbeContext) -> Check:
    """PASS where it has them all; users whose role it lacks would be skipped."""
    try:
        named = probe_context.inputs.data.realm_roles()
    except DataError as error:
        return skipped(f"the file that names them cannot be read: {error.message}")
    held = {role["name"] for role in read_admin_api(probe_context, "/roles", right="view-realm")}
    missing = sorted(named - held)
    if missing:
        return failed(
            f"the realm lacks the roles {join_first(missing)}",
            "create them in Keycloak (Realm roles), or mend realm_role in user.csv",
        )
    return passed(f"{len(named)} roles, all in the realm")
