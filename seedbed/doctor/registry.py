"""All probes, in the order in which they are shown: the first document's six, then what its users ask next."""

from collections.abc import Mapping

from seedbed.core.setting_names import DATABASE_NAMES, KEYCLOAK_NAMES, TOKEN_NAMES
from seedbed.doctor.inputs import DoctorInputs
from seedbed.doctor.probe import Probe
from seedbed.doctor.probes import (
    clock,
    csv_files,
    database_rights,
    database_version,
    disk_space,
    encryption,
    environment,
    environment_file,
    keycloak,
    local_access,
    oauth2_token,
    permit,
    postgresql,
    prefect_api,
    prefect_versions,
    prefect_worker,
    realm_roles,
    service_account,
    tables,
    user_attributes,
)
from seedbed.doctor.probes.api import pinging

PREFECT = ("PREFECT_API_URL",)
IN_REALM = ("OAuth2 Token", "Keycloak")

PROBES: Mapping[str, Probe] = {
    "Environment Variables": Probe(environment.examine, is_on_disk=True),
    "PostgreSQL": Probe(postgresql.examine, DATABASE_NAMES, target="postgres"),
    "OAuth2 Token": Probe(oauth2_token.examine, TOKEN_NAMES),
    "Cortex API": Probe(pinging("cortex_api"), ("CORTEX_API_URL",), target="cortex_api"),
    "Demographic API": Probe(pinging("demographic_api"), ("DEMOGRAPHIC_API_URL",), target="demographic_api"),
    "Keycloak": Probe(keycloak.examine, KEYCLOAK_NAMES, target="keycloak"),
    "Database Version": Probe(database_version.examine, DATABASE_NAMES, ("PostgreSQL",)),
    "Database Rights": Probe(database_rights.examine, DATABASE_NAMES, ("PostgreSQL",)),
    "Tables and Keys": Probe(tables.examine, DATABASE_NAMES, ("PostgreSQL",)),
    "Permit": Probe(permit.examine, DATABASE_NAMES, ("PostgreSQL",)),
    "Service Account Rights": Probe(service_account.examine, (*TOKEN_NAMES, *KEYCLOAK_NAMES), IN_REALM),
    "Realm Roles": Probe(realm_roles.examine, (*TOKEN_NAMES, *KEYCLOAK_NAMES), IN_REALM),
    "User Attributes": Probe(user_attributes.examine, (*TOKEN_NAMES, *KEYCLOAK_NAMES), IN_REALM),
    "Environment File": Probe(environment_file.examine, is_on_disk=True),
    "Encryption": Probe(encryption.examine, is_on_disk=True),
    "CSV Files": Probe(csv_files.examine, is_on_disk=True),
    "Disk Space": Probe(disk_space.examine, is_on_disk=True),
    "Clock": Probe(clock.examine, TOKEN_NAMES, ("OAuth2 Token",)),
    "Prefect API": Probe(prefect_api.examine, PREFECT),
    "Prefect Worker": Probe(prefect_worker.examine, PREFECT, ("Prefect API",)),
    "Prefect Versions": Probe(prefect_versions.examine, PREFECT, ("Prefect API",)),
    "Local Access": Probe(local_access.examine, is_on_disk=True),
}


def probes_of(inputs: DoctorInputs) -> dict[str, Probe]:
    """The registry, and after it a probe for every other target that can be pinged."""
    covered = {probe.target for probe in PROBES.values()}
    others = {
        f"Target {target}": Probe(pinging(target), (ping.setting,), target=target)
        for target, ping in inputs.pings.items()
        if target not in covered
    }
    return {**PROBES, **others}
