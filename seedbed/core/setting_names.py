"""The first document's names of settings, by what they reach; settings read them, the doctor says which are missing."""

from pydantic import SecretStr

DATABASE_NAMES = (
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "POSTGRES_DB",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_SSL_MODE",
)
TOKEN_NAMES = ("OAUTH2_TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")
HTTP_NAMES = (
    "OAUTH2_TOKEN_URL",
    "CORTEX_API_URL",
    "DEMOGRAPHIC_API_URL",
    "KEYCLOAK_BASE_URL",
)  # they receive secrets and patients
KEYCLOAK_NAMES = ("KEYCLOAK_BASE_URL", "KEYCLOAK_REALM")

API_TIMEOUT_S: float = 30  # for an answer of an API or of the token service, unless a setting says otherwise
TARGET_NAMES = (*TOKEN_NAMES, "CORTEX_API_URL", "DEMOGRAPHIC_API_URL", *KEYCLOAK_NAMES, *DATABASE_NAMES)
NEEDED_BY = {
    "postgres": DATABASE_NAMES,
    "cortex_api": (*TOKEN_NAMES, "CORTEX_API_URL"),
    "demographic_api": (*TOKEN_NAMES, "DEMOGRAPHIC_API_URL"),
    "keycloak": ("CLIENT_ID", "CLIENT_SECRET", *KEYCLOAK_NAMES),
}
PREFECT_NAMES = ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING")
ENVIRONMENT_NAMES = (*TARGET_NAMES, "KEYCLOAK_DEFAULT_PASSWORD", "DATABASE_URL", *PREFECT_NAMES, "REPORTS_URL")
SECRET_NAMES = ("CLIENT_ID", "CLIENT_SECRET", "POSTGRES_USER", "POSTGRES_PASSWORD")
OPTIONAL_SECRETS = ("KEYCLOAK_CLIENT_ID", "KEYCLOAK_CLIENT_SECRET", "KEYCLOAK_DEFAULT_PASSWORD")
ADDRESS_NAMES = tuple(name for name in TARGET_NAMES if name not in SECRET_NAMES)  # what an environment's file says
NEVER_PRODUCTION = (
    "SEEDBED_ENV",
    *(name for name in ADDRESS_NAMES if name not in ("POSTGRES_PORT", "POSTGRES_SSL_MODE")),
)


def text_of(value: object) -> str:
    """A setting's value as text, a secret's too."""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")
