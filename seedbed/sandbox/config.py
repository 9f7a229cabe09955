"""The sandbox's configuration file."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from seedbed.core.errors import UserError
from seedbed.database.engines import DatabaseAddress

REALM_MANAGEMENT_ROLES = (
    "manage-realm",
    "manage-users",
    "query-clients",
    "query-groups",
    "query-users",
    "view-clients",
    "view-realm",
    "view-users",
)


class DatabaseConfig(BaseModel):
    """Where the sandbox keeps what it is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: int
    database: str
    user: str
    password: SecretStr = SecretStr("")

    def address(self) -> DatabaseAddress:
        """The same as the database room wants it."""
        return DatabaseAddress(self.host, self.port, self.database, self.user, self.password.get_secret_value())


class SandboxConfig(BaseModel):
    """Everything the sandbox needs to know.

    `issuer` and `jwks_url` name a Keycloak elsewhere: its tokens are checked then, and `/keycloak` is not served.
    `service_account_roles`: the realm-management roles in the client's own token; `more_clients` (id -> secret) have
    none: they may ask the APIs only. `realm_roles`,
    `user_attributes`: those that the realm has from the start.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: int
    database: DatabaseConfig
    client_id: str
    client_secret: SecretStr
    more_clients: dict[str, SecretStr] = Field(default_factory=dict)
    realm: str = "seedbed"
    fault_token: SecretStr = SecretStr("")
    signing_key_path: Path | None = None
    issuer: str = ""
    jwks_url: str = ""
    token_lifespan_s: int = 300
    service_account_roles: tuple[str, ...] = REALM_MANAGEMENT_ROLES
    realm_roles: tuple[str, ...] = ()
    user_attributes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_token_service(self) -> Self:
        if bool(self.issuer) != bool(self.jwks_url):
            raise ValueError("issuer and jwks_url belong together")
        if not self.issuer and self.signing_key_path is None:
            raise ValueError(
                "signing_key_path is needed to sign tokens (or issuer and jwks_url of a Keycloak elsewhere)"
            )
        return self

    @property
    def has_own_keycloak(self) -> bool:
        """Whether the sandbox stands in for Keycloak itself."""
        return not self.issuer

    @property
    def token_issuer(self) -> str:
        """The `iss` of the tokens that are accepted."""
        return self.issuer or f"http://{self.host}:{self.port}/keycloak/realms/{self.realm}"


def read_config(path: Path) -> SandboxConfig:
    """The configuration in a JSON file; UserError names what is wrong in it."""
    try:
        return SandboxConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(
            f"cannot read the sandbox's configuration {path}: {error.strerror}", code="sandbox-failed"
        ) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors(include_input=False)
        )
        raise UserError(f"the sandbox's configuration {path} is wrong: {faults}", code="sandbox-failed") from error
