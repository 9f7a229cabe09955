"""The local stack: embedded PostgreSQL, the sandbox, a Prefect server and worker, and the reports' server."""

from seedbed.stack.lifecycle import clean, down, up
from seedbed.stack.stack_options import StackOptions
from seedbed.stack.status import PartStatus, Status, status

__all__ = ["PartStatus", "StackOptions", "Status", "clean", "down", "status", "up"]
