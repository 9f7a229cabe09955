"""The sandbox's Cortex API."""
