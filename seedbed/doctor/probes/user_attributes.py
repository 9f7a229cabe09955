"""Does the realm's user profile declare the attributes that we write? Keycloak drops others without a word."""

from seedbed.core.report import Check
from seedbed.doctor.keycloak_admin import read_admin_api
from seedbed.doctor.probe import ProbeContext, failed, passed

OPEN_POLICIES = ("ENABLED", "ADMIN_EDIT")


def examine(probe_context: ProbeContext) -> Check:
    """PASS where they are declared, or any that an administrator writes is kept."""
    wanted = probe_context.inputs.keycloak.attributes
    profile = read_admin_api(probe_context, "/users/profile", right="view-realm")
    if profile.get("unmanagedAttributePolicy") in OPEN_POLICIES:
        return passed("the realm keeps undeclared attributes")
    declared = {attribute["name"] for attribute in profile.get("attributes", ())}
    missing = [name for name in wanted if name not in declared]
    if missing:
        return failed(
            f"not declared, so Keycloak drops them: {', '.join(missing)}",
            "declare them in Keycloak (Realm settings, User profile)",
        )
    return passed(f"declared: {', '.join(wanted)}")
