"""Salted password hashes for the users of the sandbox's realm."""

import hashlib
import hmac
import secrets
from typing import Any

# Cheap on purpose (about 3 ms): the users are fictional, and a refresh creates hundreds of them.
COST = {"n": 1 << 10, "r": 8, "p": 1}


def hash_password(password: str) -> dict[str, str]:
    """What is kept of a password."""
    salt = secrets.token_bytes(16)
    return {"salt": salt.hex(), "hash": hashlib.scrypt(password.encode(), salt=salt, **COST).hex()}


def is_password(kept: dict[str, Any] | None, password: str) -> bool:
    """Whether this is the password that was kept."""
    if not kept:
        return False
    attempt = hashlib.scrypt(password.encode(), salt=bytes.fromhex(kept["salt"]), **COST)
    return hmac.compare_digest(attempt.hex(), kept["hash"])
