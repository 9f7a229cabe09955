"""The only reader of `data/` and `expectations/`: files -> core values, checked on load."""
