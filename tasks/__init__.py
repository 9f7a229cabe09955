"""Retryable steps: each opens the house by name, calls an action and returns its report as plain JSON."""

from tasks.error_lines import tell_briefly

tell_briefly()  # whatever executes a flow imports its steps: the command line, a worker's process, a process of Dask
