"""A private certificate authority, servers behind its certificate, and a proxy that writes down what it is asked."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
SSL_REQUEST = bytes.fromhex(
    "0000000804d2162f"
)  # PostgreSQL's protocol: eight bytes, then the server says S and TLS begins
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Authority:
    """The files of an authority, and of one server whose certificate it has signed for 127.0.0.1."""

    ca_file: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """What the server shows."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context


def new_authority(folder: Path) -> Authority:
    """An authority that nobody trusts unless told to."""
    ca_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in "ab")
    ca_name, server_name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("a test's CA", HOST)
    )
    is_ca = x509.BasicConstraints(ca=True, path_length=None)
    root = _template(ca_name, ca_name, ca_key.public_key()).add_extension(is_ca, critical=True)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    leaf = _template(server_name, ca_name, server_key.public_key()).add_extension(address, critical=False)
    files = Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    for path, template in ((files.ca_file, root), (files.certificate, leaf)):
        path.write_bytes(template.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    pem = server_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    files.key.write_bytes(pem)
    return files


def _template(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    named = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    dated = named.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))
    return dated.serial_number(x509.random_serial_number())


@contextmanager
def behind_tls(port: int, authority: Authority) -> Iterator[int]:
    """A port where the HTTP server of another port speaks TLS."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _join(reader, writer, port)

    with _serving(serve, authority.context()) as secured:
        yield secured


@contextmanager
def postgres_behind_tls(port: int, authority: Authority) -> Iterator[int]:
    """A port where the PostgreSQL of another port speaks TLS, as one with `ssl=on` does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readexactly(len(SSL_REQUEST)) != SSL_REQUEST:
            writer.close()  # who comes without TLS is not let in
            return
        writer.write(b"S")
        await writer.start_tls(authority.context())
        await _join(reader, writer, port)

    with _serving(serve) as secured:
        yield secured


@contextmanager
def recording_proxy(port: int, asked: list[str]) -> Iterator[int]:
    """A proxy for plain HTTP that sends everything to one port, whatever host was meant, and notes the URLs."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, rest = head.split(b"\r\n", 1)
        method, url, version = first.split(b" ")
        asked.append(url.decode())
        path = b"/" + url.split(b"/", 3)[3]
        once = rest.replace(b"\r\nConnection: keep-alive", b"").replace(b"\r\nconnection: keep-alive", b"")
        start = b"\r\n".join([b" ".join([method, path, version]), b"Connection: close", once])
        await _join(reader, writer, port, start)

    with _serving(serve) as listening:
        yield listening


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, start: bytes = b"") -> None:
    far_reader, far_writer = await asyncio.open_connection(HOST, port)
    far_writer.write(start)
    await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


@contextmanager
def _serving(serve: Serve, context: ssl.SSLContext | None = None) -> Iterator[int]:
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(serve, HOST, 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
