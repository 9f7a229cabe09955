"""Keycloak as a target: users of one realm."""
