"""Health checks: a file a probe, all of them in one registry."""
