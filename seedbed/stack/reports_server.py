"""The reports' web server: shows the files of one folder, without directory listings and without following links.

Started as a program: `python reports_server.py HOST PORT FOLDER`. It imports only the standard library, so it starts fast.
"""

import io
import os
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

HEALTH_PATH = "/-/health"
INDEX_PAGES = ("index.html", "index.htm")  # what the standard library shows in place of a folder


class ReportsHandler(SimpleHTTPRequestHandler):
    """Answers GET and HEAD for regular files below the folder; 404 for everything else."""

    server_version = "SeedbedReports"

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """The headers and the open file; None after an error was sent."""
        if self.path == HEALTH_PATH:
            return self._send_health()
        if not is_servable(Path(self.directory), Path(self.translate_path(self.path))):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path: str | os.PathLike[str]) -> io.BytesIO | None:  # noqa: ARG002 - the standard library calls it
        """404: a folder without an index page shows nothing."""
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def _send_health(self) -> io.BytesIO | None:
        if not Path(self.directory).is_dir():
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return None
        body = b"ok\n"
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)


def is_servable(folder: Path, path: Path) -> bool:
    """Whether `path` is a regular file or a folder below `folder`, reached without a symbolic link."""
    if not path.is_relative_to(folder):
        return False
    steps = path.relative_to(folder).parts
    below = [folder.joinpath(*steps[: count + 1]) for count in range(len(steps))]
    if any(step.is_symlink() for step in below):
        return False
    if path.is_dir():
        return not any((path / name).is_symlink() for name in INDEX_PAGES)
    return path.is_file()  # no pipe or device, whose opening would block


def make_server(host: str, port: int, folder: Path) -> ThreadingHTTPServer:
    """The bound server; `serve_forever` starts it. The folder itself may be a link."""
    return ThreadingHTTPServer((host, port), partial(ReportsHandler, directory=str(folder.resolve())))


if __name__ == "__main__":
    make_server(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])).serve_forever()
