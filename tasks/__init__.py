"""Retryable steps: each opens the context by name, calls an action and returns its report as plain JSON."""

from tasks.error_lines import use_brief_formatters

use_brief_formatters()  # whatever executes a flow imports its steps: the command line, a worker's process, a process of Dask
