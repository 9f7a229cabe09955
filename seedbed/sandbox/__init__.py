"""The services that a fresh machine lacks: an OAuth2 token service, the Cortex and Demographic APIs, Keycloak's admin API."""
