"""What cannot be written, said as one of our errors; and drafts, of which none is left."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seedbed.core.errors import UserError


@contextmanager
def write_errors_as_user_errors(path: Path) -> Iterator[None]:
    """Within it, the file system's refusal to write there is a UserError with the next step."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}",
            next_step="make room there, or give --output-dir another place",
            code="output-not-writable",
        ) from error


@contextmanager
def removing_draft(draft: Path) -> Iterator[None]:
    """After it there is no such file, however it ended."""
    try:
        yield
    finally:
        draft.unlink(missing_ok=True)
