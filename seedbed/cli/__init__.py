"""The command line: a file a verb. It prints what actions return, and nothing below it prints."""

from seedbed.cli.command_line import main

__all__ = ["main"]
