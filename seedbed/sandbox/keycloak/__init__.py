"""The sandbox's Keycloak: admin API and token service."""
