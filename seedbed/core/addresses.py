"""What a name says of the place that it names: whether it is this machine, and whether it calls itself production."""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

# A pre-prod or non-prod is a staging.
PRODUCTION = re.compile(r"(?<![a-z0-9])(?<!pre[-_.])(?<!non[-_.])(?:prod|production|prd)\d*(?![a-z0-9])")


def is_loopback(url: str) -> bool:
    """Whether the host of a URL, or a bare host, is this machine."""
    host = (urlsplit(url).hostname or "") if "://" in url else url
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_production(name: str) -> bool:
    """Whether a host, database, realm, URL or environment calls itself production: prod, production or prd as a word of it."""
    return bool(PRODUCTION.search(name.lower()))


def production_places(places: Mapping[str, str]) -> dict[str, str]:
    """Those of the places that call themselves production."""
    return {name: place for name, place in places.items() if is_production(place)}
