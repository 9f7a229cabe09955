"""The reports' server shows files, lists no folder and follows no link."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from seedbed.stack import processes, reports_server, reports_service
from seedbed.stack.stack_options import StackOptions
from seedbed.stack.state import Service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    output = tmp_path / "output"
    (output / "run-1").mkdir(parents=True)
    (output / "run-1" / "report.html").write_text("<p>the report</p>")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_text("secret")
    return output


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    server = reports_server.make_server("127.0.0.1", 0, folder)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=30)


def test_a_report_is_shown(address: str) -> None:
    answer = get(f"{address}/run-1/report.html")
    assert (answer.status_code, answer.text) == (200, "<p>the report</p>")


@pytest.mark.parametrize("path", ["/", "/run-1/", "/run-1", "/nothing", "/..", "/%2e%2e/secret.txt"])
def test_no_folder_is_listed_and_nothing_above_it_is_shown(address: str, path: str) -> None:
    answer = get(address + path)
    assert answer.status_code in (301, 404)
    assert "report.html" not in answer.text
    assert "secret" not in answer.text


def test_a_folder_shows_its_index_page(address: str, folder: Path) -> None:
    (folder / "index.html").write_text("the runs")
    assert get(f"{address}/").text == "the runs"


def test_no_link_is_followed(address: str, folder: Path) -> None:
    (folder / "file.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "inside.html").symlink_to(folder / "run-1" / "report.html")
    (folder / "linked").symlink_to(folder.parent / "elsewhere")
    (folder / "run-1" / "index.html").symlink_to(folder.parent / "secret.txt")
    paths = ("/file.txt", "/inside.html", "/linked/secret.txt", "/linked/", "/run-1/")
    assert [get(address + path).status_code for path in paths] == [404] * len(paths)


def test_a_pipe_does_not_block_it(address: str, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert get(f"{address}/pipe").status_code == 404


def test_the_folder_itself_may_be_a_link(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "shown").symlink_to(folder)
    server = reports_server.make_server("127.0.0.1", 0, tmp_path / "shown")
    threading.Thread(target=server.handle_request).start()
    answer = get(f"http://127.0.0.1:{server.server_address[1]}/run-1/report.html")
    server.server_close()
    assert answer.status_code == 200


def test_the_launched_program_is_ready_without_a_listing(tmp_path: Path, folder: Path) -> None:
    options = StackOptions(root=tmp_path, state=tmp_path / "state")
    for needed in (options.prefect_home, options.log_of("reports").parent):
        needed.mkdir(parents=True)
    launched = reports_service.launch(options, processes.free_port())
    process = subprocess.Popen(launched.command, cwd=launched.cwd, env=dict(launched.env), stderr=subprocess.DEVNULL)
    try:
        created = psutil.Process(process.pid).create_time()
        part = Service("reports", process.pid, created, launched.port, "", "")
        assert processes.wait_until_ready(part, reports_service.answers, 60)
        assert get(reports_service.url(part)).status_code == 404
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
