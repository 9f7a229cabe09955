"""The first document's names of settings, by what they reach; settings read them, the doctor says which are missing."""

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
