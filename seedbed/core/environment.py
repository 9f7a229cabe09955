"""A named set of targets that our own stack did not make: what its file `deployments/environments/NAME.yaml` says."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seedbed.core.brakes import Brakes
from seedbed.core.spec import Names


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class PostgresTarget(_Part):
    """The database; user and password come from the environment, never from here."""

    host: str = Field(min_length=1)
    port: int = Field(default=5432, gt=0, le=65_535)
    database: str = Field(min_length=1)
    ssl_mode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = "require"


class KeycloakTarget(_Part):
    """The realm whose users are ours to make."""

    base_url: str = Field(min_length=1)
    realm: str = Field(min_length=1)
    adopt_existing: bool = Field(default=False, description="users whom others made are reconciled too")


class Targets(_Part):
    """Where everything is. What is left out is not used."""

    postgres: PostgresTarget
    keycloak: KeycloakTarget | None = None
    cortex_api: str = ""
    demographic_api: str = ""
    token_url: str = ""


class Pool(_Part):
    """The work pool that takes the environment's runs."""

    name: str = Field(default="seedbed", min_length=1)
    type: Literal["process", "docker", "kubernetes"] = "process"


class Schedule(_Part):
    """When the nightly refresh runs."""

    cron: str = "30 1 * * *"
    timezone: str = "Asia/Bangkok"
    active: bool = False


class Code(_Part):
    """Where workers get the code: a tag of a repository, or an image; neither: from the folder in which they were started."""

    repository: str = ""
    tag: str = ""
    image: str = ""


class Environment(_Part):
    """One staging: its targets, where its runs go, which data it gets, and how much may change in a night."""

    name: str
    targets: Targets
    pool: Pool = Pool()
    schedule: Schedule = Schedule()
    code: Code = Code()
    data: tuple[str, ...] = ("data",)
    expectations: tuple[str, ...] = ("expectations",)
    modules: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    invented: tuple[str, ...] = ()
    tables: Mapping[str, Names] = {}
    brakes: Brakes = Brakes()
    secret_files: Mapping[str, str] = {}

    def settings(self) -> dict[str, str]:
        """The settings that it says, by their names."""
        postgres, keycloak = self.targets.postgres, self.targets.keycloak
        said = {
            "POSTGRES_HOST": postgres.host,
            "POSTGRES_PORT": str(postgres.port),
            "POSTGRES_DB": postgres.database,
            "POSTGRES_SSL_MODE": postgres.ssl_mode,
            "KEYCLOAK_BASE_URL": keycloak.base_url if keycloak else "",
            "KEYCLOAK_REALM": keycloak.realm if keycloak else "",
            "CORTEX_API_URL": self.targets.cortex_api,
            "DEMOGRAPHIC_API_URL": self.targets.demographic_api,
            "OAUTH2_TOKEN_URL": self.targets.token_url,
        }
        return {name: value for name, value in said.items() if value}
