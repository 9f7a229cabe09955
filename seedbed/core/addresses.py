"""What a name says of the place that it names: whether it is this machine, and whether it calls itself production."""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

# A word that is, or ends with, prod, production or prd; or prod before what a host does. A pre-prod or non-prod is a staging.
PRODUCTION = re.compile(
    r"(?<![a-z0-9])(?<!pre[-_.])(?<!non[-_.])"
    r"(?:(?!(?:pre|non|re|by)prod)[a-z0-9]*?(?:prod|production|prd)|prod(?:db|srv|sql|pg|host))\d*(?![a-z0-9])"
)

# Who one is, before the host of a URL.
CREDENTIALS = re.compile(r"://[^/?#]*@")


def is_loopback(url: str) -> bool:
    """Whether the host of a URL, or a bare host, is this machine."""
    host = (urlsplit(url).hostname or "") if "://" in url else url
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def plain_http_urls(urls: Mapping[str, str]) -> dict[str, str]:
    """The URLs whose requests cross a network unencrypted: http, and not to this machine."""
    return {name: url for name, url in urls.items() if urlsplit(url).scheme == "http" and not is_loopback(url)}


def default_ssl_mode(host: str) -> str:
    """How PostgreSQL at this host is reached unless something else is configured: a folder is a socket of this machine."""
    return "disable" if is_loopback(host) or host.startswith("/") else "verify-full"


def is_url(text: str) -> bool:
    """Whether HTTP can ask it: http or https, a host, a port that is one, and no space."""
    try:
        parts = urlsplit(text)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and has_port and not re.search(r"\s", text)


def is_host(text: str) -> bool:
    """Whether it names a host, or a folder that has a socket, and says no user, port or path beside it."""
    return not re.search(r"://|@|\s|^[^/].*/|\]:\d*$", text) and not re.fullmatch(r"[^:]*:\d*", text)


def is_same_repository(one: str, other: str) -> bool:
    """Whether two addresses of git repositories name one place, whoever asks and however it is spelled: `git@host:a/b`, `https://host/a/b.git`."""
    return _repository(one) == _repository(other)


def _repository(address: str) -> str:
    return re.sub(r"^(\w+://)?([^@/]*@)?", "", address).replace(":", "/", 1).rstrip("/").removesuffix(".git")


def is_production(name: str) -> bool:
    """Whether a name calls itself production: a word of it is, or ends with, prod, production or prd."""
    return bool(PRODUCTION.search(name.lower()))


def has_credentials(url: str) -> bool:
    """Whether a URL says who asks, and not only where."""
    return bool(CREDENTIALS.search(url))


def production_addresses(addresses: Mapping[str, str]) -> dict[str, str]:
    """Those of the places that call themselves production."""
    return {name: address for name, address in addresses.items() if is_production(address)}
