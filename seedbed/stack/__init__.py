"""The local stack: embedded PostgreSQL, the sandbox, a Prefect server and worker, and the reports' server."""

from seedbed.stack.lifecycle import clean, down, up
from seedbed.stack.stack_options import StackOptions
from seedbed.stack.status import ServiceStatus, StackStatus, status

__all__ = ["ServiceStatus", "StackOptions", "StackStatus", "clean", "down", "status", "up"]
