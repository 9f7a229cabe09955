"""Retryable steps: each opens the house by name, calls an action and returns its report as plain JSON."""
