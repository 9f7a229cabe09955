"""What the probes examine, as values and callables: rooms that the doctor does not know are handed to it here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from seedbed.core.spec import Entity
from seedbed.database.engines import Database


@dataclass(frozen=True, slots=True)
class TokenClient:
    """Who asks for tokens, and where. `prefix`: how the names of its settings begin."""

    url: str
    client_id: str
    secret: str = field(repr=False)
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class KeycloakRealm:
    """A realm, the user attributes that rows write into it, and who speaks to its admin API: None is the client of all."""

    base_url: str
    realm: str
    attributes: tuple[str, ...] = ()
    client: TokenClient | None = None


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """The API of the server that runs are seen in, the work pool that deployments name, and the header of its login."""

    api_url: str
    work_pool: str
    login: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ping:
    """Whether a target answers, as a sentence; takes the time-out in seconds. `setting` names its address."""

    setting: str
    ask: Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Which names the targets need, which of all names have no value, and whose values the others are."""

    required: tuple[str, ...]
    unset: frozenset[str]
    environment: str = "development"
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class DataFiles:
    """The CSV files of a data directory: `check` raises DataError where a file or its header is wrong."""

    entities: tuple[Entity, ...]
    check: Callable[[Entity], None]
    realm_roles: Callable[[], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Encryption:
    """How connections that leave this machine are protected, as far as the environment's file allows less than it should.

    `plain_http`: settings whose URLs are plain http; `file`: the environment's file, "" without one;
    `lacks_ssl_mode`: the file does not say `ssl_mode`, and PostgreSQL is on another machine.
    """

    plain_http: tuple[str, ...] = ()
    file: str = ""
    lacks_ssl_mode: bool = False


@dataclass(frozen=True, slots=True)
class LocalStack:
    """The local stack's state folder, None where its Prefect server is not used, and whether that server has a login."""

    state: Path | None = None
    has_login: bool = False


@dataclass(frozen=True, slots=True)
class DoctorInputs:
    """Everything that is examined. Nothing connects before a probe asks; `folders` are those that runs write into.

    `permit`: what permits us to write, as a sentence; UserError where nothing does. `nights`: what the environment's file asks for, as
    a sentence; UserError where it cannot be done.
    """

    configuration: Configuration
    token_client: TokenClient
    keycloak: KeycloakRealm
    prefect: PrefectServer
    pings: Mapping[str, Ping]
    open_http: Callable[[str, float], httpx.Client]
    open_database: Callable[[float], Database]
    data: DataFiles
    folders: Mapping[str, Path]
    permit: Callable[[float], str]
    check_nightly_config: Callable[[], str]
    encryption: Encryption = Encryption()
    local_stack: LocalStack = LocalStack()

    @property
    def keycloak_client(self) -> TokenClient:
        """Who speaks to Keycloak's admin API."""
        return self.keycloak.client or self.token_client
