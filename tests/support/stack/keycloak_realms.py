"""Realms to load users into: the sandbox's, and a new one in a real Keycloak."""

import functools
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from seedbed.stack import realm_setup
from seedbed.stack.keycloak_service import ADMIN
from seedbed.targets.http.bearer_tokens import ClientCredentials, TokenService
from seedbed.targets.http.client import open_http
from seedbed.targets.keycloak.realm_users import NO_PASSWORD, Password
from seedbed.targets.keycloak.target import KeycloakTarget, open_keycloak
from tests.support.stack.sandbox_server import APPLICATION

ROLES = ("doctor", "nurse", "clerk", "ward/ICU 1")
ATTRIBUTES = ("role", "display", "medical_certificate_code", "level")

DIRECTORY = {
    "name": "directory",
    "providerId": "ldap",
    "providerType": "org.keycloak.storage.UserStorageProvider",
    "config": {
        name: [value]
        for name, value in {
            "enabled": "false",
            "priority": "0",
            "editMode": "READ_ONLY",
            "vendor": "other",
            "usernameLDAPAttribute": "uid",
            "rdnLDAPAttribute": "uid",
            "uuidLDAPAttribute": "entryUUID",
            "userObjectClasses": "inetOrgPerson",
            "connectionUrl": "ldap://127.0.0.1:1",
            "usersDn": "ou=people,dc=example,dc=org",
            "authType": "none",
            "importEnabled": "true",
        }.items()
    },
}


def brief(user: dict[str, Any]) -> dict[str, Any]:
    """What an update repeats of a user."""
    return {name: user[name] for name in ("username", "email", "firstName", "lastName", "attributes") if name in user}


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

    def target(self, password: Password = NO_PASSWORD, *, adopt_existing: bool = True) -> KeycloakTarget:
        """The target, which does not wait between tries."""
        opened = open_keycloak(self.base_url, self.realm, self.tokens(), password=password)
        target = replace(opened, adopt_existing=adopt_existing)
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

    def federate(self, name: str) -> None:
        """Makes a user one whom a directory keeps: imported from a provider that is switched off."""
        if self.base_url.endswith("/keycloak"):  # the sandbox keeps the link and knows no providers
            link = "directory"
        else:
            self._add_directory()
            link = self.ask("GET", f"/components?name={DIRECTORY['name']}")[0]["id"]
        user = self.user(name)
        self.ask("PUT", f"/users/{user['id']}", {**brief(user), "federationLink": link})

    def _add_directory(self) -> None:
        if not self.ask("GET", f"/components?name={DIRECTORY['name']}"):
            self.ask("POST", "/components", DIRECTORY)

    def remove_directory(self) -> None:
        """Removes the provider, and with it the users whom it keeps."""
        if not self.base_url.endswith("/keycloak"):
            for found in self.ask("GET", f"/components?name={DIRECTORY['name']}"):
                self.ask("DELETE", f"/components/{found['id']}")

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
    client = realm_setup.Client(f"test-{secrets.token_hex(4)}", "seedbed", secrets.token_hex())
    realm_setup.create_realm(base_url, password, client)
    _add_application(base_url, password, client)
    return KeycloakRealm(base_url, client.realm, client.client_id, client.secret).prepare()


def _add_application(base_url: str, password: str, client: realm_setup.Client) -> None:
    """A second client, which may ask for tokens and has no right in the realm; its secret is that of the first."""
    login = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": password}
    with open_http(base_url) as http:
        token = http.post(f"{base_url}/realms/master/protocol/openid-connect/token", data=login).json()["access_token"]
        added = {
            "clientId": APPLICATION,
            "secret": client.secret,
            "serviceAccountsEnabled": True,
            "publicClient": False,
        }
        url, bearer = f"{base_url}/admin/realms/{client.realm}/clients", {"Authorization": f"Bearer {token}"}
        http.post(url, json=added, headers=bearer).raise_for_status()
