"""Deployments: prefect.yaml on the local stack and on other Prefect servers."""
