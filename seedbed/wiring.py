"""Settings -> live targets and content: the one place where parts are put together."""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TypeVar

import httpx

from seedbed.actions.catalogue import usual_entities
from seedbed.actions.context import AppContext
from seedbed.actions.diagnose import data_files
from seedbed.actions.environments.check_environment import check_nightly_config
from seedbed.actions.environments.table_names import entities_under
from seedbed.actions.permit import describe_permit
from seedbed.content.layouts import known_headers
from seedbed.core.addresses import plain_http_urls
from seedbed.core.report import Check
from seedbed.core.setting_names import HTTP_NAMES, NEEDED_BY, TARGET_NAMES, text_of
from seedbed.database.engines import Database, DatabaseAddress, open_database
from seedbed.database.schema.inspection import open_briefly
from seedbed.datasets.registry import ALIASES, DATASETS, ENTITIES, GENERATED, MODULES
from seedbed.doctor.inputs import (
    Configuration,
    DoctorInputs,
    Encryption,
    KeycloakRealm,
    LocalStack,
    Ping,
    PrefectServer,
    TokenClient,
)
from seedbed.doctor.run_probes import run_probes
from seedbed.settings import ROOT, Settings, read_settings
from seedbed.stack import prefect_api
from seedbed.stack.stack_options import WORK_POOL
from seedbed.stack.state import require_current
from seedbed.targets.cortex_api.target import CortexApi
from seedbed.targets.demographic_api.target import DemographicApi
from seedbed.targets.http.bearer_tokens import ClientCredentials, TokenService
from seedbed.targets.http.client import ApiClient, load_ca_file, open_api, open_http, ping
from seedbed.targets.keycloak.realm_users import Password
from seedbed.targets.keycloak.target import KeycloakTarget, open_keycloak
from seedbed.targets.keycloak.user_rows import attribute_names
from seedbed.targets.port import Target
from seedbed.targets.postgres.target import PostgresTarget

T = TypeVar("T")


@lru_cache(maxsize=1)
def app_context() -> AppContext:
    """This process's context, from its own settings: connections and tokens are shared by all tasks."""
    return open_app_context(read_settings())


def open_app_context(settings: Settings) -> AppContext:
    """The context of these settings. Nothing connects before it is needed; a target whose names are not set is a UserError then."""
    if settings.is_local:
        require_current(settings.SEEDBED_STATE_DIR)
    if settings.SEEDBED_CA_FILE:
        load_ca_file(settings.SEEDBED_CA_FILE)  # a file that cannot be read is said before anything connects
    database = _once(lambda: _open_database(settings))
    tokens = _once(lambda: _open_tokens(settings, _credentials(settings)))
    keycloak_tokens = _once(lambda: _keycloak_tokens(settings, tokens))
    demographic = _once(lambda: _open_demographic(settings, tokens))
    openers: Mapping[str, Callable[[], Target]] = {
        "postgres": _once(lambda: PostgresTarget(database())),
        "cortex_api": _once(lambda: _open_cortex(settings, tokens())),
        "keycloak": _once(lambda: _open_keycloak(settings, keycloak_tokens())),
    }

    def target(name: str) -> Target:
        settings.needs(name)
        return openers[name]()

    made = AppContext(
        entities=entities_under(ENTITIES, settings.environment),
        modules=MODULES,
        aliases=ALIASES,
        target=target,
        database=database,
        diagnose=lambda: _diagnose(settings, made),
        target_addresses=target_addresses(settings),
        root=ROOT,
        is_local=settings.is_local,
        known_headers=known_headers,
        environment=settings.environment,
        output_dir=ROOT / settings.SEEDBED_OUTPUT_DIR if settings.SEEDBED_OUTPUT_DIR else None,
        registrar=demographic,
        generated=GENERATED,
        local_time=settings.local_time,
    )
    return made


def target_addresses(settings: Settings) -> dict[str, str]:
    """Where each configured target is, without secrets."""
    found = {
        "postgres": f"{settings.POSTGRES_HOST}:{settings.POSTGRES_PORT}/{settings.POSTGRES_DB}"
        if settings.POSTGRES_HOST
        else "",
        "cortex_api": settings.CORTEX_API_URL,
        "demographic_api": settings.DEMOGRAPHIC_API_URL,
        "keycloak": f"{settings.KEYCLOAK_BASE_URL} realm {settings.KEYCLOAK_REALM}"
        if settings.KEYCLOAK_BASE_URL
        else "",
    }
    return {name: place for name, place in found.items() if place}


def address_of(settings: Settings) -> DatabaseAddress:
    """The address of the PostgreSQL that the settings name."""
    settings.needs("postgres")
    return DatabaseAddress(
        settings.POSTGRES_HOST,
        settings.POSTGRES_PORT,
        settings.POSTGRES_DB,
        settings.POSTGRES_USER,
        settings.POSTGRES_PASSWORD.get_secret_value(),
        settings.POSTGRES_SSL_MODE,
        settings.SEEDBED_CA_FILE,
    )


def _open_database(settings: Settings) -> Database:
    return open_database(address_of(settings))


def _credentials(settings: Settings) -> ClientCredentials:
    return ClientCredentials(settings.OAUTH2_TOKEN_URL, settings.CLIENT_ID, settings.CLIENT_SECRET.get_secret_value())


def _keycloak_tokens(settings: Settings, tokens: Callable[[], TokenService]) -> TokenService:
    """Keycloak's own client where one is named, else the client of all."""
    if not settings.KEYCLOAK_CLIENT_ID:
        return tokens()
    return _open_tokens(settings, keycloak_credentials(settings))


def _open_tokens(settings: Settings, credentials: ClientCredentials) -> TokenService:
    return TokenService(credentials, ca_file=settings.SEEDBED_CA_FILE, timeout_s=settings.SEEDBED_API_TIMEOUT_S)


def keycloak_credentials(settings: Settings) -> ClientCredentials:
    """Who speaks to Keycloak's admin API: its own client asks the realm that it administers, unless the token URL is Keycloak's."""
    if not settings.KEYCLOAK_CLIENT_ID:
        return _credentials(settings)
    base = settings.KEYCLOAK_BASE_URL.rstrip("/")
    own = f"{base}/realms/{settings.KEYCLOAK_REALM}/protocol/openid-connect/token"
    url = settings.OAUTH2_TOKEN_URL if settings.OAUTH2_TOKEN_URL.startswith(f"{base}/") else own
    secret = settings.KEYCLOAK_CLIENT_SECRET.get_secret_value()
    return ClientCredentials(url, settings.KEYCLOAK_CLIENT_ID, secret, "KEYCLOAK_")


def _open_cortex(settings: Settings, tokens: TokenService) -> CortexApi:
    return CortexApi(_open_api("Cortex API", settings.CORTEX_API_URL, settings, tokens))


def _open_demographic(settings: Settings, tokens: Callable[[], TokenService]) -> DemographicApi:
    settings.needs("demographic_api")
    client = _open_api("Demographic API", settings.DEMOGRAPHIC_API_URL, settings, tokens())
    return DemographicApi(
        client, wire_protocol=settings.SEEDBED_DEMOGRAPHIC_PROFILE, look_up=settings.SEEDBED_DEMOGRAPHIC_LOOK_UP
    )


def _open_api(name: str, url: str, settings: Settings, tokens: TokenService) -> ApiClient:
    return open_api(name, url, tokens, ca_file=settings.SEEDBED_CA_FILE, timeout_s=settings.SEEDBED_API_TIMEOUT_S)


def _open_keycloak(settings: Settings, tokens: TokenService) -> KeycloakTarget:
    password = Password(
        settings.KEYCLOAK_DEFAULT_PASSWORD.get_secret_value(), temporary=settings.KEYCLOAK_PASSWORD_TEMPORARY
    )
    base_url, realm = settings.KEYCLOAK_BASE_URL, settings.KEYCLOAK_REALM
    target = open_keycloak(base_url, realm, tokens, password=password, ca_file=settings.SEEDBED_CA_FILE)
    return replace(target, adopt_existing=_adopts_existing(settings))


def _adopts_existing(settings: Settings) -> bool:
    """Whether users whom others made are reconciled too: in our own stack's realm everybody is ours."""
    environment = settings.environment
    return settings.is_local or bool(
        environment and environment.targets.keycloak and environment.targets.keycloak.adopt_existing
    )


def _diagnose(settings: Settings, made: AppContext) -> tuple[Check, ...]:
    return run_probes(_doctor_inputs(settings, made), settings.DOCTOR_TIMEOUT_MS / 1000)


def _doctor_inputs(settings: Settings, made: AppContext) -> DoctorInputs:
    """What the doctor examines: a fresh one at every call, so that nothing that was found before is believed."""
    client = _token_client(_credentials(settings))
    own = _token_client(keycloak_credentials(settings)) if settings.KEYCLOAK_CLIENT_ID else None
    users = [entity for entity in ENTITIES.values() if entity.target == "keycloak"]
    attributes = tuple(name for entity in users for name in attribute_names(entity))
    unset = frozenset(settings.missing if settings.PREFECT_API_URL else (*settings.missing, "PREFECT_API_URL"))
    return DoctorInputs(
        Configuration(_required(settings, made), unset, settings.SEEDBED_ENV, settings.is_local),
        client,
        KeycloakRealm(settings.KEYCLOAK_BASE_URL, settings.KEYCLOAK_REALM, attributes, own),
        PrefectServer(settings.PREFECT_API_URL, _work_pool(settings), _prefect_login(settings)),
        _pings(settings),
        open_http=lambda url, timeout_s: open_http(
            url, ca_file=settings.SEEDBED_CA_FILE, timeouts=httpx.Timeout(timeout_s)
        ),
        open_database=lambda timeout_s: open_briefly(address_of(settings), timeout_s),
        data=data_files(usual_entities(made), made.data_dirs, root=ROOT),
        folders={"output/": made.output, "the state directory": settings.SEEDBED_STATE_DIR},
        permit=partial(_permit, settings, made),
        check_nightly_config=lambda: (
            check_nightly_config(made, made.local_time.day(datetime.now(UTC)))
            if made.environment
            else "no environment's file is used"
        ),
        encryption=_encryption(settings),
        local_stack=LocalStack(
            settings.SEEDBED_STATE_DIR if settings.prefect_is_local else None,
            has_login=bool(settings.PREFECT_API_AUTH_STRING),
        ),
    )


def _prefect_login(settings: Settings) -> dict[str, str]:
    if auth_string := settings.PREFECT_API_AUTH_STRING.get_secret_value():
        prefect_api.use_auth_string(settings.PREFECT_API_URL, auth_string)
    return prefect_api.login(settings.PREFECT_API_URL)


def _work_pool(settings: Settings) -> str:
    return settings.environment.pool.name if settings.environment else WORK_POOL


def _encryption(settings: Settings) -> Encryption:
    """What the environment's file allows less than it should; nothing without a file."""
    environment = settings.environment
    if environment is None:
        return Encryption()
    urls = {name: text_of(getattr(settings, name)) for name in HTTP_NAMES}
    return Encryption(tuple(plain_http_urls(urls)), environment.path, environment.targets.postgres.lacks_ssl_mode)


def _required(settings: Settings, made: AppContext) -> tuple[str, ...]:
    """The settings that the context's targets need; in an environment, of the targets that it names or loads."""
    if settings.environment is None:
        return TARGET_NAMES
    own = {
        generator.entity.target
        for one in settings.environment.generate
        for generator in DATASETS[one.dataset].generators.values()
    }
    used = {"postgres", *made.target_addresses, *own, *(entity.target for entity in usual_entities(made))}
    needed = {name for target in used for name in NEEDED_BY[target]}
    return tuple(name for name in TARGET_NAMES if name in needed)


def _permit(settings: Settings, made: AppContext, timeout_s: float) -> str:
    if made.is_local:
        return "the local stack needs none"
    with closing(open_briefly(address_of(settings), timeout_s)) as database:
        return describe_permit(made, database)


def _pings(settings: Settings) -> dict[str, Ping]:
    """The ping of every target whose address is in `<TARGET>_URL`; others need a probe of their own."""
    addresses = {target: f"{target.upper()}_URL" for target in NEEDED_BY}
    return {
        target: Ping(name, partial(_ping, name, text_of(getattr(settings, name)), settings.SEEDBED_CA_FILE))
        for target, name in addresses.items()
        if name in NEEDED_BY[target]
    }


def _ping(name: str, url: str, ca_file: str, timeout_s: float) -> str:
    return ping(name, url, timeout_s=timeout_s, ca_file=ca_file)


def _token_client(credentials: ClientCredentials) -> TokenClient:
    return TokenClient(credentials.token_url, credentials.client_id, credentials.client_secret, credentials.prefix)


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """The same thing at every call, made at the first; a failed making is tried again."""
    made: list[T] = []
    lock = threading.Lock()

    def get() -> T:
        with lock:
            if not made:
                made.append(make())
            return made[0]

    return get
