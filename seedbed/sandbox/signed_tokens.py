"""Signed access tokens: RS256 JWTs with Keycloak's claims, and how they are checked."""

import base64
import hashlib
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from seedbed.core.errors import Transient

Claims = Mapping[str, Any]
TokenCheck = Callable[[str], Claims]

ALGORITHM = "RS256"
KEY_BITS = 2_048
NAMESPACE = uuid.UUID("7d9bd0b6-2f3c-5a39-9a5e-5eedbed00001")


class TokenRefusedError(Exception):
    """The token is not ours, not whole, or no longer valid."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The realm's key: what signs tokens, and its public half as a JSON Web Key."""

    issuer: str
    lifespan_s: int
    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public key as it stands in the realm's key set."""
        numbers = self.key.public_key().public_numbers()
        modulus, exponent = _base64url(numbers.n), _base64url(numbers.e)
        thumbprint = f'{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}'
        kid = base64.urlsafe_b64encode(hashlib.sha256(thumbprint.encode()).digest()).rstrip(b"=").decode()
        return {"kid": kid, "kty": "RSA", "alg": ALGORITHM, "use": "sig", "n": modulus, "e": exponent}

    def issue(self, claims: Claims, *, lifespan_s: int | None = None) -> str:
        """A signed token; `lifespan_s` overrules the realm's."""
        now = int(time.time())
        stamps = {"exp": now + (self.lifespan_s if lifespan_s is None else lifespan_s), "iat": now}
        identity = {"jti": str(uuid.uuid4()), "iss": self.issuer, "typ": "Bearer"}
        return jwt.encode(
            {**stamps, **identity, **claims}, self.key, ALGORITHM, headers={"kid": self.public_jwk["kid"]}
        )

    def check(self, token: str) -> Claims:
        """The claims of a token that this key signed and that has not expired."""
        return _decode(token, self.key.public_key(), self.issuer)


def open_signer(path: Path, issuer: str, lifespan_s: int) -> Signer:
    """The signer with the key kept at the path; a new key is made, readable by its owner only, where there is none."""
    if not path.exists():
        _write_new_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds no RSA key")
    return Signer(issuer, lifespan_s, key)


def remote_check(issuer: str, jwks_url: str) -> TokenCheck:
    """A check of tokens against the published keys of a Keycloak elsewhere."""
    keys = jwt.PyJWKClient(jwks_url, timeout=10)

    def check(token: str) -> Claims:
        try:
            return _decode(token, keys.get_signing_key_from_jwt(token).key, issuer)
        except jwt.PyJWKClientConnectionError as error:
            raise Transient(f"the keys at {jwks_url} cannot be read", code="sandbox-failed") from error
        except jwt.PyJWTError as error:
            raise TokenRefusedError(str(error)) from error

    return check


def stable_id(*path: str) -> str:
    """A UUID that is the same for the same path, on every start."""
    return str(uuid.uuid5(NAMESPACE, "/".join(path)))


def _decode(token: str, key: Any, issuer: str) -> Claims:
    try:
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=issuer,
            options={"require": ["exp", "iat", "iss"], "verify_aud": False},
        )
    except jwt.PyJWTError as error:
        raise TokenRefusedError(str(error)) from error
    return claims


def _base64url(number: int) -> str:
    whole = number.to_bytes((number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def _write_new_key(path: Path) -> None:
    pem = rsa.generate_private_key(65_537, KEY_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    draft.replace(path)
