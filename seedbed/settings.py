"""All configuration: from the process, from NAME_FILE, from `.env`, or from the local stack. Nothing else reads the environment."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from seedbed.content.environment_files import read_environment
from seedbed.core.addresses import has_credentials, plain_http_urls, production_addresses
from seedbed.core.environment import Environment, WireProtocol
from seedbed.core.errors import UserError, unknown_name
from seedbed.core.local_time import TIME_ZONE, LocalTime, checked_zone
from seedbed.core.setting_names import (
    ADDRESS_NAMES,
    API_TIMEOUT_S,
    HTTP_NAMES,
    NEEDED_BY,
    NEVER_PRODUCTION,
    OPTIONAL_SECRETS,
    PREFECT_NAMES,
    SECRET_NAMES,
    TARGET_NAMES,
    text_of,
)

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Where things are. Secrets are `SecretStr`: they show as stars wherever they are printed."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=True, env_ignore_empty=True)

    SEEDBED_ENV: str = "development"
    SEEDBED_STATE_DIR: Path = ROOT / ".seedbed"
    SEEDBED_KEYCLOAK: Literal["sandbox", "real"] = "sandbox"
    SEEDBED_PREFECT_AUTH: bool = False
    SEEDBED_CA_FILE: str = ""
    SEEDBED_DEMOGRAPHIC_PROFILE: WireProtocol = "batch"
    SEEDBED_DEMOGRAPHIC_LOOK_UP: bool = True
    SEEDBED_OUTPUT_DIR: str = ""
    SEEDBED_TIME_ZONE: Annotated[str, AfterValidator(checked_zone)] = TIME_ZONE
    SEEDBED_AS_OF: date | None = None
    SEEDBED_CODE_VERSION: str = ""
    SEEDBED_API_TIMEOUT_S: float = Field(default=API_TIMEOUT_S, gt=0, le=600)
    SEEDBED_PROBE_PAUSE_S: float = Field(default=60, gt=0, le=3_600)
    SEEDBED_SUPERSEDED_AFTER_S: float = Field(default=14_400, gt=0)
    SEEDBED_TASK_RUNNER: Literal["threads", "dask"] = "threads"
    SEEDBED_DASK_ADDRESS: str = ""
    SEEDBED_DASK_WORKERS: int = Field(default=2, ge=1, le=256)
    SEEDBED_RETRY_DELAYS_S: str = Field(default="30,120", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")

    OAUTH2_TOKEN_URL: str = ""
    CLIENT_ID: str = ""
    CLIENT_SECRET: SecretStr = SecretStr("")
    CORTEX_API_URL: str = ""
    DEMOGRAPHIC_API_URL: str = ""
    KEYCLOAK_BASE_URL: str = ""
    KEYCLOAK_REALM: str = ""
    KEYCLOAK_CLIENT_ID: str = ""
    KEYCLOAK_CLIENT_SECRET: SecretStr = SecretStr("")
    KEYCLOAK_DEFAULT_PASSWORD: SecretStr = SecretStr("")
    KEYCLOAK_PASSWORD_TEMPORARY: bool = True
    POSTGRES_HOST: str = ""
    POSTGRES_PORT: int = Field(default=0, ge=0, le=65_535)
    POSTGRES_DB: str = ""
    POSTGRES_USER: str = ""
    POSTGRES_PASSWORD: SecretStr = SecretStr("")
    POSTGRES_SSL_MODE: str = ""
    DOCTOR_TIMEOUT_MS: int = Field(default=5_000, gt=0, le=600_000)
    PREFECT_API_URL: str = ""
    PREFECT_API_AUTH_STRING: SecretStr = SecretStr("")
    PREFECT_UI_URL: str = ""
    PREFECT_HOME: str = ""
    REPORTS_URL: str = ""
    DATABASE_URL: str = ""
    SANDBOX_URL: str = ""
    SANDBOX_FAULT_TOKEN: SecretStr = SecretStr("")
    is_local: bool = Field(default=False, description="the targets are the local stack's")
    prefect_is_local: bool = Field(default=False, description="no Prefect server is set: the local stack's is used")
    environment: Environment | None = Field(default=None, description="what the file of SEEDBED_ENV says")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `read` hands in: it has merged the sources, so that the precedence stands in one place."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def prefect_ui(self) -> str:
        """Where people find Prefect's UI: beside its API, unless it is named; "" where neither is."""
        return (self.PREFECT_UI_URL or self.PREFECT_API_URL.rstrip("/").removesuffix("/api")).rstrip("/")

    @property
    def local_time(self) -> LocalTime:
        """The hospital's clock."""
        return LocalTime(self.SEEDBED_TIME_ZONE, self.SEEDBED_AS_OF)

    @property
    def retry_delays_s(self) -> list[float]:
        """Seconds before each further attempt of a unit."""
        return [float(delay) for delay in self.SEEDBED_RETRY_DELAYS_S.split(",")]

    @property
    def missing(self) -> tuple[str, ...]:
        """The first document's required names that have no value."""
        return tuple(name for name in TARGET_NAMES if not text_of(getattr(self, name)))

    def needs(self, target: str) -> None:
        """UserError where a name that the target needs has no value."""
        absent = [name for name in NEEDED_BY[target] if name in self.missing]
        if absent:
            raise UserError(
                f"{target} is not configured: {', '.join(absent)} not set",
                next_step=self._where_to_set(absent),
                code="target-not-configured",
            )

    def _where_to_set(self, absent: Sequence[str]) -> str:
        if self.environment and any(name in ADDRESS_NAMES for name in absent):
            return f"name the target in {self.environment.path}"
        if self.environment:
            return "set them in the environment of this process (or of the worker), or in .env"
        if len(self.missing) == len(TARGET_NAMES):
            return "run `make up` (or `seedbed up`) for the local stack, or set them as in .env.sample"
        return "set them in the environment or in .env (see .env.sample)"


def read_settings(
    environ: Mapping[str, str] | None = None, *, root: Path | None = None, environment: str = ""
) -> Settings:
    """The settings of this process: its environment, then NAME_FILE, the file of SEEDBED_ENV, `.env`; or the local stack.

    `environment` stands for SEEDBED_ENV. UserError where anything calls itself production, before anything connects.
    """
    root = root or ROOT
    written, said = _given(os.environ if environ is None else environ, root)
    name = environment or said.get("SEEDBED_ENV") or written.get("SEEDBED_ENV") or "development"
    found = harmless_environment(root, name)
    given: dict[str, Any] = {**written, **(_secrets(found, root) if found else {}), **said, "SEEDBED_ENV": name}
    _refuse_credentials(given)
    if found:
        _check_agreement(found, given)
        given |= found.settings()
    state = Path(given.get("SEEDBED_STATE_DIR") or root / ".seedbed")
    given["SEEDBED_STATE_DIR"] = str(root / state)  # an absolute one stays
    if authorities := given.get("SEEDBED_CA_FILE"):
        given["SEEDBED_CA_FILE"] = str(root / authorities)
    local = _local(Path(given["SEEDBED_STATE_DIR"]))
    is_local = found is None and bool(local) and _is_of_local_stack(given, local)
    own = "PREFECT_API_URL" in local and "PREFECT_API_URL" not in given
    values: dict[str, Any] = {**local, **given} if is_local else {**_of_prefect(local), **given}
    if not own:
        values = _without_other_server(values, given, local)
    values = {name: value for name, value in values.items() if value != ""}
    refuse_production_settings(values)
    _refuse_plain_http(values, found)
    try:
        return Settings(**values, is_local=is_local, prefect_is_local=own, environment=found)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise UserError(
            f"wrong configuration: {wrong}", next_step="compare with .env.sample", code="configuration-invalid"
        ) from None


def settings_of_environment(environment: Environment) -> Settings:
    """The settings that its file alone says: where its targets are, without users and secrets."""
    said: dict[str, Any] = {**environment.settings(), "SEEDBED_ENV": environment.name}
    return Settings(**said, environment=environment)


def harmless_environment(root: Path, name: str) -> Environment | None:
    """The environment of that name, None where it has no file; UserError where it is production, or its file holds a secret."""
    refuse_production_settings({"SEEDBED_ENV": name})
    found = read_environment(root, name)
    if found:
        _refuse_credentials(found.settings())
        refuse_production_settings(found.settings())
        _refuse_plain_http(found.settings(), found)
        known = (*SECRET_NAMES, *OPTIONAL_SECRETS)
        for secret in found.secret_files.keys() - set(known):
            raise unknown_name(f"name in 'secret_files' of {found.path}", secret, known)
    return found


def _given(environ: Mapping[str, str], root: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What `.env` says, and what the process and its NAME_FILEs say."""
    names = {name for name in Settings.model_fields if name.isupper()}
    written = {name: value for name, value in dotenv_values(root / ".env").items() if name in names and value}
    files = {name: Path(file) for name in names if (file := environ.get(f"{name}_FILE"))}
    in_files = {name: _secret(f"{name}_FILE", path) for name, path in files.items()}
    return written, in_files | {name: value for name, value in environ.items() if name in names and value}


def _secret(said_by: str, path: Path, shown_as: str = "") -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UserError(f"{said_by}: cannot read {shown_as or path}: {reason}", code="configuration-invalid") from None


def _secrets(environment: Environment, root: Path) -> dict[str, str]:
    """What the files hold that the environment names for its secrets."""
    shown_as = "the file that stands there"  # where somebody has written the secret itself instead of a path
    files = environment.secret_files
    return {name: _secret(f"{environment.path}: {name}", root / file, shown_as) for name, file in files.items()}


def _check_agreement(environment: Environment, given: Mapping[str, str]) -> None:
    """UserError where a place is set and the environment's file says another: one of them is not meant."""
    named = environment.settings()
    for name in ADDRESS_NAMES:
        if name in given and given[name] != named.get(name, ""):
            raise UserError(
                f"{name} is '{given[name]}' in the environment and '{named.get(name, '')}' in {environment.path}",
                next_step=f"unset {name}, or mend the file",
                code="configuration-invalid",
            )


def _is_of_local_stack(given: Mapping[str, str], local: Mapping[str, Any]) -> bool:
    """Whether no target name is set, or all are as the local stack has them (`eval "$(seedbed env)"`)."""
    own = {name: value for name in TARGET_NAMES if (value := given.get(name))}
    return not own or own == {name: str(value) for name in TARGET_NAMES if (value := local.get(name))}


def refuse_production_settings(values: Mapping[str, Any]) -> None:
    """UserError where the environment, a host, the database, the realm or a URL calls itself production."""
    named = {name: str(values.get(name, "")) for name in NEVER_PRODUCTION}
    for name, value in production_addresses(named).items():
        raise UserError(
            f"{name}={value} is refused: Seedbed fills staging systems only",
            next_step="name a staging",
            code="production-refused",
        )


def _refuse_credentials(values: Mapping[str, str]) -> None:
    """UserError where a target's URL holds a user or password: logs, reports and the ledger say where targets are."""
    for name in NEVER_PRODUCTION:
        if has_credentials(str(values.get(name, ""))):
            raise UserError(
                f"{name} holds a user or password, which logs and reports would show",
                next_step="take it out of the URL: CLIENT_ID and CLIENT_SECRET say who asks",
                code="configuration-invalid",
            )


def _refuse_plain_http(values: Mapping[str, Any], environment: Environment | None) -> None:
    """UserError where a URL is plain http outside this machine and the environment does not allow it."""
    names = plain_http_urls({name: str(values.get(name, "")) for name in HTTP_NAMES})
    if not names or (environment and environment.allow_plain_http):
        return
    file = environment.path if environment else "the environment's file (docs/environments.md)"
    raise UserError(
        f"{', '.join(names)}: plain http outside this machine is refused, because tokens and data would be readable on the way",
        next_step=f"use https://, or write 'allow_plain_http: true' in {file}",
    )


def _local(state: Path) -> dict[str, Any]:
    path = state / "local.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(
            f"cannot read {path}: {error}", next_step="run `seedbed up` to write it anew", code="configuration-invalid"
        ) from error


def _of_prefect(local: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: local[name] for name in (*PREFECT_NAMES, "PREFECT_UI_URL", "PREFECT_HOME", "REPORTS_URL") if name in local
    }


def _without_other_server(
    values: Mapping[str, Any], given: Mapping[str, Any], local: Mapping[str, Any]
) -> dict[str, Any]:
    """The values without the local server's UI, and without its auth string unless the Prefect API is the local server's."""
    is_same = given.get("PREFECT_API_URL", "").rstrip("/") == str(local.get("PREFECT_API_URL", "")).rstrip("/")
    dropped = {"PREFECT_UI_URL"} if is_same else {"PREFECT_UI_URL", "PREFECT_API_AUTH_STRING"}
    return {name: value for name, value in values.items() if name in given or name not in dropped}
