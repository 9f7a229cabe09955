"""`local.json`: the environment names and values with which everything reaches the local stack."""

import json
from collections.abc import Mapping
from urllib.parse import quote

from seedbed.database.engines import DatabaseAddress
from seedbed.stack import keycloak_service, prefect_service, reports_service, sandbox_service
from seedbed.stack.stack_options import CLIENT_ID, REALM, StackOptions
from seedbed.stack.state import Service, prefect_auth_string, write_private


def write(
    options: StackOptions, target: DatabaseAddress, secrets: Mapping[str, str], parts: Mapping[str, Service]
) -> None:
    """Writes the file, readable by its owner only."""
    names = _keycloak(parts, secrets) | _services(parts, secrets) | _database(target) | _prefect(options, parts)
    write_private(options.local_settings, json.dumps(names, indent=1))


def _keycloak(parts: Mapping[str, Service], secrets: Mapping[str, str]) -> dict[str, str]:
    real = parts.get(keycloak_service.NAME)
    base = keycloak_service.url(real) if real else f"{sandbox_service.url(parts[sandbox_service.NAME])}/keycloak"
    return {
        "OAUTH2_TOKEN_URL": f"{base}/realms/{REALM}/protocol/openid-connect/token",
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": secrets["client_secret"],
        "KEYCLOAK_BASE_URL": base,
        "KEYCLOAK_REALM": REALM,
        "KEYCLOAK_DEFAULT_PASSWORD": secrets["keycloak_default_password"],
        "KEYCLOAK_PASSWORD_TEMPORARY": "false",
    }


def _services(parts: Mapping[str, Service], secrets: Mapping[str, str]) -> dict[str, str]:
    sandbox = sandbox_service.url(parts[sandbox_service.NAME])
    return {
        "CORTEX_API_URL": f"{sandbox}/cortex",
        "DEMOGRAPHIC_API_URL": f"{sandbox}/demographic",
        "SANDBOX_URL": sandbox,
        "SANDBOX_FAULT_TOKEN": secrets["fault_token"],
        "REPORTS_URL": reports_service.url(parts[reports_service.NAME]),
    }


def _database(target: DatabaseAddress) -> dict[str, str]:
    return {
        "POSTGRES_HOST": target.host,
        "POSTGRES_PORT": str(target.port),
        "POSTGRES_DB": target.database,
        "POSTGRES_USER": target.user,
        "POSTGRES_PASSWORD": target.password,
        "POSTGRES_SSL_MODE": target.ssl_mode,
        "DATABASE_URL": f"postgresql://{target.user}:{quote(target.password)}@{target.host}:{target.port}/{target.database}",
    }


def _prefect(options: StackOptions, parts: Mapping[str, Service]) -> dict[str, str]:
    server = parts[prefect_service.NAME]
    return {
        "PREFECT_API_URL": prefect_service.api_url(server),
        "PREFECT_UI_URL": prefect_service.ui_url(server),
        "PREFECT_HOME": str(options.prefect_home),
        **({"PREFECT_API_AUTH_STRING": prefect_auth_string(options)} if options.prefect_auth else {}),
    }
