"""A refused login is told by its SQLSTATE, whatever language the server speaks."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from seedbed.core.errors import AuthError, SeedbedError, Transient, UserError
from seedbed.database.engines import DatabaseAddress, open_database

GERMAN = "Passwort-Authentifizierung für Benutzer »loader« fehlgeschlagen"
SSL, GSS = 80877103, 80877104
Answer = Callable[[socket.socket], None]


def refusal(code: str) -> Answer:
    """Answers a start-up packet with an ErrorResponse."""
    fields = b"".join(name + text.encode() + b"\0" for name, text in ((b"S", "FATAL"), (b"C", code), (b"M", GERMAN)))

    def answer(client: socket.socket) -> None:
        client.sendall(b"E" + struct.pack("!I", len(fields) + 5) + fields + b"\0")

    return answer


def wants_a_password(client: socket.socket) -> None:
    client.sendall(b"R" + struct.pack("!II", 8, 3))


@contextmanager
def server(answer: Answer) -> Iterator[DatabaseAddress]:
    """A server on loopback that reads start-up packets and answers each in that way."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return  # closed: the test is over
            with client:
                while True:
                    (length,) = struct.unpack("!I", client.recv(4, socket.MSG_WAITALL))
                    (kind,) = struct.unpack("!I", client.recv(length - 4, socket.MSG_WAITALL)[:4])
                    if kind not in (SSL, GSS):
                        break
                    client.sendall(b"N")
                answer(client)
                client.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield DatabaseAddress("127.0.0.1", listening.getsockname()[1], "hospital", "loader", "wrong")
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def failure(address: DatabaseAddress) -> SeedbedError:
    with closing(open_database(address)) as database, pytest.raises(SeedbedError) as found, database.transaction():
        pass
    return found.value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("28P01", AuthError),
        ("28000", AuthError),
        ("42501", AuthError),
        ("08P01", AuthError),
        ("3D000", UserError),
        ("53300", Transient),
        ("57P03", Transient),
    ],
)
def test_a_refusal_in_another_language_is_what_its_code_says(code: str, kind: type[SeedbedError]) -> None:
    with server(refusal(code)) as address:
        error = failure(address)
    assert type(error) is kind
    assert GERMAN in error.message
    assert error.params["sqlstate"] == code


def test_a_password_that_is_missing_is_an_error_of_authorization() -> None:
    with server(wants_a_password) as address:
        error = failure(DatabaseAddress(address.host, address.port, address.database, address.user))
    assert type(error) is AuthError


def test_a_server_that_is_not_there_may_come_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = failure(DatabaseAddress("127.0.0.1", port, "hospital", "loader", "x"))
    assert (type(error), error.code) == (Transient, "database-unavailable")
