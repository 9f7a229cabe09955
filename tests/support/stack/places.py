"""Settings that name a sandbox and a database as targets, as a staging's would."""

from typing import Any

from seedbed.database.engines import DatabaseAddress
from seedbed.settings import Settings
from tests.support.stack.sandbox_server import SandboxServer


def settings_of(sandbox: SandboxServer, url: str, address: DatabaseAddress, **more: Any) -> Settings:
    """The settings of the sandbox where it is reached at `url`, and of the database."""
    named = {
        "OAUTH2_TOKEN_URL": f"{url}/keycloak/realms/{sandbox.realm}/protocol/openid-connect/token",
        "CLIENT_ID": sandbox.client_id,
        "CLIENT_SECRET": sandbox.client_secret,
        "CORTEX_API_URL": f"{url}/cortex",
        "DEMOGRAPHIC_API_URL": f"{url}/demographic",
        "KEYCLOAK_BASE_URL": f"{url}/keycloak",
        "KEYCLOAK_REALM": sandbox.realm,
        "POSTGRES_HOST": address.host,
        "POSTGRES_PORT": address.port,
        "POSTGRES_DB": address.database,
        "POSTGRES_USER": address.user,
        "POSTGRES_PASSWORD": address.password,
        "POSTGRES_SSL_MODE": address.ssl_mode,
    }
    return Settings(**{**named, **more})
