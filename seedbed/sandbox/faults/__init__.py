"""Faults on demand: rules by which requests fail, and connections that break."""
