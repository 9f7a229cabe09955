"""Seedbed keeps staging systems supplied with data."""
