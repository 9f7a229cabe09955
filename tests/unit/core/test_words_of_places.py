"""What a name says of its place, what a failed connection says of its certificate, what brakes say of counts."""

import pytest

from seedbed.core.addresses import has_credentials, is_loopback, is_production, production_addresses
from seedbed.core.certificates import certificate_error
from seedbed.core.change_limits import ChangeLimits
from seedbed.core.report import EntityReport


@pytest.mark.parametrize(
    "place", ["localhost", "x.localhost", "127.0.0.9", "::1", "http://127.0.0.1:80/x", "http://[::1]/"]
)
def test_loopback_is_this_machine(place):
    assert is_loopback(place)


@pytest.mark.parametrize("place", ["", "staging", "10.0.0.1", "https://localhost.example/"])
def test_other_places_are_not_this_machine(place):
    assert not is_loopback(place)


def test_production_is_known_by_its_name():
    assert production_addresses({"a": "emr-prod", "b": "emr-uat", "c": "db.PRD.example", "d": "preprod"}) == {
        "a": "emr-prod",
        "c": "db.PRD.example",
    }
    assert is_production("production")
    assert not is_production("product-catalog")


def test_credentials_stand_before_the_host():
    assert has_credentials("https://user:word@host/x")
    assert not has_credentials("https://host/user@x")


def test_a_certificate_that_is_not_trusted_is_told_from_other_failures():
    error = certificate_error("Keycloak", OSError("[SSL] certificate verify failed:\n unknown authority"))
    assert error is not None
    assert (
        error.message == "Keycloak: its certificate is not trusted ([SSL] certificate verify failed: unknown authority)"
    )
    assert certificate_error("Keycloak", OSError("connection refused")) is None


def report(**counts):
    return EntityReport("demographic", "nationality", "postgres", **counts)


@pytest.mark.parametrize(
    ("counts", "is_first", "reason"),
    [
        ({"read": 1000, "skipped": 21}, True, "21 of 1,000 rows would be skipped"),
        ({"read": 1000, "skipped": 20}, True, ""),
        ({"read": 2000, "skipped": 21}, True, ""),
        ({"read": 100, "updated": 51}, False, "51 of 100 rows would be changed"),
        ({"read": 100, "updated": 51}, True, ""),
        ({"read": 1000, "updated": 51}, False, ""),
    ],
)
def test_a_brake_stops_what_exceeds_share_and_number(counts, is_first, reason):
    assert ChangeLimits().violation(report(**counts), is_first_load=is_first) == reason
