"""Environments: registration, tables, checks of their files."""
