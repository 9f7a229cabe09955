"""All configuration: from the process, from NAME_FILE, from `.env`, or from the local stack. Nothing else reads the environment."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from seedbed.core.configuration import DATABASE_NAMES, KEYCLOAK_NAMES, TOKEN_NAMES
from seedbed.core.environment import Environment
from seedbed.core.errors import UserError, unknown_name

ROOT = Path(__file__).resolve().parent.parent
TARGET_NAMES = (*TOKEN_NAMES, "CORTEX_API_URL", "DEMOGRAPHIC_API_URL", *KEYCLOAK_NAMES, *DATABASE_NAMES)
NEEDED_BY = {
    "postgres": DATABASE_NAMES,
    "cortex_api": (*TOKEN_NAMES, "CORTEX_API_URL"),
    "demographic_api": (*TOKEN_NAMES, "DEMOGRAPHIC_API_URL"),
    "keycloak": ("CLIENT_ID", "CLIENT_SECRET", *KEYCLOAK_NAMES),
}
ENVIRONMENT_NAMES = (*TARGET_NAMES, "KEYCLOAK_DEFAULT_PASSWORD", "DATABASE_URL", "PREFECT_API_URL", "REPORTS_URL")
ENVIRONMENTS = ("development", "test", "staging")


class Settings(BaseSettings):
    """Where things are. Secrets are `SecretStr`: they show as stars wherever they are printed."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=True, env_ignore_empty=True)

    SEEDBED_ENV: Literal["development", "test", "staging"] = "development"
    SEEDBED_STATE_DIR: Path = ROOT / ".seedbed"
    SEEDBED_KEYCLOAK: Literal["sandbox", "real"] = "sandbox"
    SEEDBED_CA_FILE: str = ""
    SEEDBED_OUTPUT_DIR: str = ""
    SEEDBED_CODE_VERSION: str = ""
    SEEDBED_PROBE_PAUSE_S: float = Field(default=60, gt=0, le=3_600)
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
    PREFECT_UI_URL: str = ""
    PREFECT_HOME: str = ""
    REPORTS_URL: str = ""
    DATABASE_URL: str = ""
    SANDBOX_URL: str = ""
    SANDBOX_FAULT_TOKEN: SecretStr = SecretStr("")
    is_local: bool = Field(default=False, description="the targets are the local stack's")
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
            step = (
                "run `make up` (or `seedbed up`) for the local stack, or set them as in .env.sample"
                if len(self.missing) == len(TARGET_NAMES) and self.SEEDBED_ENV != "staging"
                else "set them in the environment or in .env (see .env.sample)"
            )
            raise UserError(f"{target} is not configured: {', '.join(absent)} not set", next_step=step)


def read(environ: Mapping[str, str] | None = None, *, root: Path = ROOT) -> Settings:
    """The settings of this process: environment, then NAME_FILE, then `.env`; the local stack where no target name is set."""
    given = _given(os.environ if environ is None else environ, root)
    _refuse_production(given.get("SEEDBED_ENV", "development"))
    state = Path(given.get("SEEDBED_STATE_DIR") or root / ".seedbed")
    given["SEEDBED_STATE_DIR"] = str(state if state.is_absolute() else root / state)
    local = _local(Path(given["SEEDBED_STATE_DIR"]))
    is_local = (
        bool(local) and not any(given.get(name) for name in TARGET_NAMES) and given.get("SEEDBED_ENV") != "staging"
    )
    values: dict[str, Any] = {**local, **given} if is_local else {**_of_prefect(local), **given}
    try:
        return Settings(**{name: value for name, value in values.items() if value != ""}, is_local=is_local)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise UserError(f"wrong configuration: {wrong}", next_step="compare with .env.sample") from None


def _given(environ: Mapping[str, str], root: Path) -> dict[str, str]:
    names = {name for name in Settings.model_fields if name.isupper()}
    given = {name: value for name, value in dotenv_values(root / ".env").items() if name in names and value}
    for name in names:
        if file := environ.get(f"{name}_FILE"):
            try:
                given[name] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
                raise UserError(f"{name}_FILE: cannot read {file}: {reason}") from error
    return given | {name: value for name, value in environ.items() if name in names and value}


def _refuse_production(environment: str) -> None:
    if environment.lower().startswith("prod"):
        raise UserError(
            "SEEDBED_ENV=production is refused: Seedbed fills staging systems only", next_step="set SEEDBED_ENV=staging"
        )
    if environment not in ENVIRONMENTS:
        raise unknown_name("environment in SEEDBED_ENV", environment, ENVIRONMENTS)


def _local(state: Path) -> dict[str, Any]:
    path = state / "local.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {error}", next_step="run `seedbed up` to write it anew") from error


def _of_prefect(local: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: local[name]
        for name in ("PREFECT_API_URL", "PREFECT_UI_URL", "PREFECT_HOME", "REPORTS_URL")
        if name in local
    }


def text_of(value: object) -> str:
    """A setting's value as text, a secret's too."""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")
