"""Removes what one run created."""
