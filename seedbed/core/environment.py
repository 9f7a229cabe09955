"""A named set of targets that our own stack did not make: what its file `deployments/environments/NAME.yaml` says."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from seedbed.core.addresses import default_ssl_mode, is_host, is_url
from seedbed.core.change_limits import ChangeLimits
from seedbed.core.local_time import TIME_ZONE, checked_zone
from seedbed.core.spec import TableNames

LOCAL = "local"  # the local stack's own environment, as marks and reports call it
FOLDER = "deployments/environments"
WireProtocol = Literal["batch", "single"]  # how the Demographic API takes patients: a list and a key, or one form each
LOCAL_ENVIRONMENTS = ("development", "test")  # they mean the local stack unless they have a file


def _checked_url(given: str) -> str:
    if given and not is_url(given):  # which may hold a password, and is not repeated
        raise ValueError("it is no URL: write https:// and the host")
    return given


def _checked_host(given: str) -> str:
    if not is_host(given):
        raise ValueError(
            "it is no bare host: port and database have keys of their own, users come from outside the file"
        )
    return given


Url = Annotated[str, AfterValidator(_checked_url)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class PostgresConfig(_Part):
    """The database; user and password come from the environment, never from here."""

    host: Annotated[str, AfterValidator(_checked_host)] = Field(min_length=1)
    port: int = Field(default=5432, gt=0, le=65_535)
    database: str = Field(min_length=1)
    # The default of a file without the key becomes verify-full in the next version; until then the doctor warns.
    ssl_mode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = "require"

    @property
    def lacks_ssl_mode(self) -> bool:
        """Whether the file leaves the mode to a default that does not check whose server answers."""
        return "ssl_mode" not in self.model_fields_set and default_ssl_mode(self.host) == "verify-full"


class KeycloakConfig(_Part):
    """The realm whose users are ours to make."""

    base_url: Url = Field(min_length=1)
    realm: str = Field(min_length=1)
    adopt_existing: bool = Field(default=False, description="users whom others made are reconciled too")


class TargetsConfig(_Part):
    """Where everything is. What is left out is not used."""

    postgres: PostgresConfig
    keycloak: KeycloakConfig | None = None
    cortex_api: Url = ""
    demographic_api: Url = ""
    demographic_profile: WireProtocol = "batch"
    demographic_look_up: bool = Field(default=True, description="patients can be looked up by their citizen id")
    token_url: Url = ""

    @model_validator(mode="after")
    def _has_the_api_that_it_speaks_of(self) -> Self:
        said = sorted({"demographic_profile", "demographic_look_up"} & self.model_fields_set)
        if said and not self.demographic_api:
            raise ValueError(f"{said[0]} says how demographic_api works: say where that is")
        return self


class Pool(_Part):
    """The work pool that takes the environment's runs."""

    name: str = Field(default="", description="empty: called as the environment; the pool 'seedbed' is a local stack's")
    type: Literal["process", "docker", "kubernetes"] = "process"


class Schedule(_Part):
    """When the nightly refresh runs."""

    cron: str = "30 1 * * *"
    timezone: str = Field(default=TIME_ZONE, description="unless the file says it: time_zone")
    active: bool = False


class CodeSource(_Part):
    """Where workers get the code: a tag of a repository, or an image; neither: from the folder in which they were started."""

    repository: str = ""
    tag: str = Field(default="", pattern=r"^([^-].*)?$")
    image: str = ""
    token_block: str = Field(default="", description="the Prefect Secret block with the token of a private repository")

    @model_validator(mode="after")
    def _is_one_address(self) -> Self:
        if self.repository and self.image:
            raise ValueError("repository and image exclude each other: the image holds the code")
        if bool(self.repository) != bool(self.tag):
            raise ValueError("repository and tag belong together: say which tag of which repository")
        if self.token_block and not self.repository:
            raise ValueError("token_block is the token of a repository: say which repository")
        address = urlsplit(self.repository)
        if address.password or (address.username and address.scheme in ("http", "https")):
            raise ValueError("repository holds a password or token in plain text: use token_block")
        return self

    @property
    def version(self) -> str:
        """What the code is called: the tag, or the image; empty where the worker's folder decides."""
        return self.tag or self.image


class NightlyData(_Part):
    """Rows of a dataset that every nightly refresh generates: the same ones each night, moved on to the night's date.

    - `dataset`: a name of the registry. `scenario`: one of the dataset's; "" is its usual one.
    - `count`, `seed`, `batch`: how many rows, which ones, and how many in a request.
    - `cohort`: a value of the dataset's own type; None is everyone. `seedbed.content.environment_files` makes it of the file's words.
    """

    dataset: str
    scenario: str = ""
    count: int = Field(ge=1, le=10_000_000, strict=True)
    seed: int = Field(ge=0, le=1 << 62, strict=True)
    batch: int | None = Field(default=None, ge=1, le=1_000, strict=True)
    cohort: Any = None


class Environment(_Part):
    """One staging: its targets, where its runs go, which data it gets, and how much may change in a night."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    targets: TargetsConfig
    pool: Pool = Field(default=Pool(), validate_default=True)
    schedule: Schedule = Schedule()
    code: CodeSource = CodeSource()
    data: tuple[str, ...] = Field(default=("data",), min_length=1)
    expectations: tuple[str, ...] = Field(default=("expectations",), min_length=1)
    modules: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    invented: tuple[str, ...] = ()
    tables: Mapping[str, TableNames] = {}
    brakes: ChangeLimits = ChangeLimits()
    generate: tuple[NightlyData, ...] = ()
    secret_files: Mapping[str, str] = {}
    time_zone: Annotated[str, AfterValidator(checked_zone)] = TIME_ZONE
    as_of: date | None = None
    allow_plain_http: bool = Field(default=False, description="http:// is allowed outside this machine")

    @field_validator("data", "expectations", "modules", "entities", "invented", mode="before")
    @classmethod
    def _is_list_or_text(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        return tuple(name.strip() for name in given.split(",") if name.strip())

    @field_validator("name")
    @classmethod
    def _is_no_word_of_ours(cls, name: str) -> str:
        if name == LOCAL:
            raise ValueError("is what the local stack is called")
        return name

    @field_validator("pool")
    @classmethod
    def _has_a_name(cls, pool: Pool, info: ValidationInfo) -> Pool:
        name = pool.name or info.data.get("name", "")
        if name.lower().startswith("prefect") or set(name) & set("/%&<>"):
            raise ValueError(
                "Prefect takes no pool whose name begins with 'prefect' or has one of / % & < >: say another"
            )
        return pool.model_copy(update={"name": name})

    @field_validator("brakes")
    @classmethod
    def _are_possible(cls, brakes: ChangeLimits) -> ChangeLimits:
        if not all(0 <= share <= 1 for share in (brakes.skipped_share, brakes.updated_share)):
            raise ValueError("a share is between 0 and 1")
        if brakes.skipped_rows < 0 or brakes.updated_rows < 0:
            raise ValueError("a number of rows is not negative")
        return brakes

    @field_validator("generate")
    @classmethod
    def _has_each_dataset_once(cls, generate: tuple[NightlyData, ...]) -> tuple[NightlyData, ...]:
        names = [one.dataset for one in generate]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"dataset '{twice[0]}' stands twice: a night generates a dataset once")
        return generate

    def generated_of(self, dataset: str) -> NightlyData | None:
        """What its nights generate of that dataset; None where they generate nothing of it."""
        return next((one for one in self.generate if one.dataset == dataset), None)

    @property
    def path(self) -> str:
        """Its file, relative to the project."""
        return f"{FOLDER}/{self.name}.yaml"

    @model_validator(mode="before")
    @classmethod
    def _schedules_in_its_time_zone(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "time_zone" not in given:
            return given
        schedule = given.get("schedule", {})
        if not isinstance(schedule, dict) or "timezone" in schedule:
            return given
        return {**given, "schedule": {**schedule, "timezone": given["time_zone"]}}

    @model_validator(mode="after")
    def _has_code_for_its_pool(self) -> Self:
        if self.pool.type == "process" and self.code.image:
            raise ValueError(
                "a process pool runs no image: say code.repository and code.tag, or pool.type docker or kubernetes"
            )
        if self.pool.type != "process" and not self.code.image:
            raise ValueError(f"a {self.pool.type} pool needs code.image: its containers hold nothing else")
        return self

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
            "SEEDBED_DEMOGRAPHIC_PROFILE": self.targets.demographic_profile,
            "SEEDBED_DEMOGRAPHIC_LOOK_UP": str(self.targets.demographic_look_up),
            "SEEDBED_TIME_ZONE": self.time_zone if "time_zone" in self.model_fields_set else "",
            "SEEDBED_AS_OF": self.as_of.isoformat() if self.as_of else "",
        }
        return {name: value for name, value in said.items() if value}
