"""Where tables go: one module a target, each behind the port of `port.py`."""
