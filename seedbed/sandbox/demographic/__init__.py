"""The sandbox's Demographic API."""
