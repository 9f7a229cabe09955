"""What happens to a request before its application sees it: faults and the body limit. And a server that can hang up."""

import asyncio
import json
from asyncio.transports import BaseTransport
from collections.abc import Mapping
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from seedbed.sandbox.faults.fault_rules import TOKEN_LIFESPAN, FaultRule, FaultSwitch, content_of

HANG_UP = "hang_up"
BODY_LIMIT = 1 << 20
LIMITED = ("/cortex", "/demographic")
SWITCH_PATH = "/faults"


class HangUpProtocol(H11Protocol):
    """HTTP/1.1 whose connection the application can close in the client's face; a class because uvicorn takes a protocol."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Hands the application the means to close this connection."""
        tcp = cast("asyncio.Transport", transport)
        super().connection_made(tcp)
        self.app_state = {**self.app_state, HANG_UP: tcp.abort}


def with_faults(app: ASGIApp, switch: FaultSwitch) -> ASGIApp:
    """The application, failing as the switch says."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(SWITCH_PATH):
            await app(scope, receive, send)
            return
        content = ""
        if switch.wants_content():
            body = await _whole_body(receive)
            receive, content = _replay(body, receive), _content(scope, body)
        rule = switch.next_fault(scope["method"], scope["path"], content)
        if rule is None:
            await app(scope, receive, send)
        else:
            with switch.failing():
                await _fail(app, rule, (scope, receive, send))

    return failing


def with_body_limit(app: ASGIApp) -> ASGIApp:
    """The application, answering 413 to bodies above the limit under the paths that have one."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(LIMITED):
            await app(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            message = f"the body is larger than {BODY_LIMIT} bytes"
            await _answer(send, 413, {"code": "too_large", "message": message}, {})
        else:
            await app(scope, _replay(body, receive), send)

    return limited


async def _fail(app: ASGIApp, rule: FaultRule, request: tuple[Scope, Receive, Send]) -> None:
    scope, receive, send = request
    # Read to its end first: the client has sent everything before it hears anything, and may leave while we wait.
    receive = _replay(await _whole_body(receive), receive)
    if rule.latency_at == "before":
        await asyncio.sleep(rule.latency_s)
    answer = await _answer_under(rule, app, scope, receive)
    if rule.latency_at == "after":
        await asyncio.sleep(rule.latency_s)
    if rule.drop:
        await _hang_up(scope, receive)
        return
    for message in answer:
        await send(message)


async def _answer_under(rule: FaultRule, app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    """What would be sent; the work is done on the way, unless the rule says otherwise."""
    held: list[Message] = []

    async def collect(message: Message) -> None:
        held.append(message)

    if rule.token_expires_in_s is not None:
        scope["state"] = {**scope.get("state", {}), TOKEN_LIFESPAN: rule.token_expires_in_s}
    if rule.status is not None and rule.drop is None:
        headers = {} if rule.retry_after_s is None else {"Retry-After": str(rule.retry_after_s)}
        await _answer(
            collect, rule.status, {"code": "fault", "error": "fault", "message": "a fault was ordered"}, headers
        )
    elif rule.drop != "before":
        await app(scope, receive, collect)
    return held


def _content(scope: Scope, body: bytes) -> str:
    target = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}"
    return content_of(target, dict(scope["headers"]).get(b"content-type", b"").decode("latin-1"), body)


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Closes the connection and waits until the server knows, so that it sends nothing more."""
    scope["state"][HANG_UP]()
    while (await receive())["type"] != "http.disconnect":
        continue


async def _whole_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
    return b"".join(chunks)


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None above the limit; what is too much is read all the same and forgotten."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= BODY_LIMIT:
            chunks.append(chunk)
        more = message["type"] == "http.request" and message.get("more_body", False)
    return b"".join(chunks) if size <= BODY_LIMIT else None


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replayed() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replayed


async def _answer(send: Send, status: int, body: Mapping[str, str], headers: Mapping[str, str]) -> None:
    content = json.dumps(body).encode()
    pairs = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
    encoded = [(name.lower().encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": content})
