"""Realms to load users into: the sandbox's, and a new one in a real Keycloak."""

import functools
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from seedbed.stack import realm
from seedbed.targets.http_client import open_http
from seedbed.targets.keycloak import KeycloakTarget, open_keycloak
from seedbed.targets.keycloak_realm import NO_PASSWORD, Password
from seedbed.targets.tokens import ClientCredentials, TokenService

ROLES = ("doctor", "nurse", "clerk", "ward/ICU 1")
ATTRIBUTES = ("role", "display", "medical_certificate_code", "level")


@dataclass(frozen=True, slots=True)
class KeycloakRealm:
    """A realm and the client whose service account may fill it."""

    base_url: str
    realm: str
    client_id: str
    client_secret: str = field(repr=False)

    @property
    def token_url(self) -> str:
        return f"{self.base_url}/realms/{self.realm}/protocol/openid-connect/token"

    def tokens(self) -> TokenService:
        """Tokens of the service account."""
        tokens = TokenService(ClientCredentials(self.token_url, self.client_id, self.client_secret))
        tokens.sleep = lambda _: None
        return tokens

    def target(self, password: Password = NO_PASSWORD) -> KeycloakTarget:
        """The target, which does not wait between tries."""
        target = open_keycloak(self.base_url, self.realm, self.tokens(), password=password)
        target.admin.connection._sleep = lambda _: None
        return target

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of the realm's admin API."""
        http, tokens = _connection(self)
        headers = {"Authorization": f"Bearer {tokens.token()}"}
        answer = http.request(method, f"{self.base_url}/admin/realms/{self.realm}{path}", json=body, headers=headers)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def user(self, name: str) -> dict[str, Any]:
        """A user as it is now, with its own roles and whether it has a password."""
        found = self.ask("GET", f"/users?exact=true&username={name}")[0]
        roles = self.ask("GET", f"/users/{found['id']}/role-mappings/realm")
        secrets_held = self.ask("GET", f"/users/{found['id']}/credentials")
        return {**found, "roles": sorted(role["name"] for role in roles), "passwords": len(secrets_held)}

    def prepare(self) -> "KeycloakRealm":
        """Roles made and attributes declared."""
        held = {role["name"] for role in self.ask("GET", "/roles")}
        for role in ROLES:
            if role not in held:
                self.ask("POST", "/roles", {"name": role})
        self.declare(ATTRIBUTES)
        return self

    def declare(self, attributes: Sequence[str]) -> None:
        """Makes these the declared attributes, besides Keycloak's own."""
        profile = self.ask("GET", "/users/profile")
        own = [a for a in profile["attributes"] if a["name"] in ("username", "email", "firstName", "lastName")]
        permissions = {"view": ["admin", "user"], "edit": ["admin"]}
        added = [{"name": name, "permissions": permissions} for name in attributes]
        self.ask("PUT", "/users/profile", {**profile, "attributes": own + added})

    def empty(self) -> None:
        """Deletes all users."""
        users = self.ask("GET", "/users?max=5000")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda user: self.ask("DELETE", f"/users/{user['id']}"), users))


@functools.cache
def _connection(realm: KeycloakRealm) -> tuple[httpx.Client, TokenService]:
    return open_http(realm.base_url), realm.tokens()


def new_realm(base_url: str, password: str) -> KeycloakRealm:
    """A new realm in a real Keycloak, with a client as the local stack has it."""
    client = realm.Client(f"test-{secrets.token_hex(4)}", "seedbed", secrets.token_hex())
    realm.create_realm(base_url, password, client)
    return KeycloakRealm(base_url, client.realm, client.client_id, client.secret).prepare()
