"""A Cortex API in memory behind httpx's mock transport, which can be told how to fail."""

import csv
import email.parser
import email.policy
import io
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

Fault = Callable[["CortexDouble", httpx.Request], httpx.Response]


@dataclass
class CortexDouble:
    """Keeps rows by key and honours Idempotency-Key; `faults` are used up one a request, before anything else.

    `wrong`: codes for which a whole upload is refused with 422; `rejected`: codes rejected in the answer's rows.
    """

    faults: list[Fault] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    limit_bytes: int = 1024 * 1024
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, dict[str, object]] = field(default_factory=dict)
    uploads: list[tuple[str, int]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    says_rows: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self._lock:
            self.requests.append(f"{request.method} {request.url.path}")
            if self.faults:
                return self.faults.pop(0)(self, request)
            return self.serve(request)

    def serve(self, request: httpx.Request) -> httpx.Response:
        """The answer without any fault."""
        if request.method == "POST":
            return self._import(request)
        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        items = [self.rows[key] for key in sorted(self.rows)]
        return httpx.Response(200, json={"items": items[offset : offset + limit], "total": len(items)})

    def _import(self, request: httpx.Request) -> httpx.Response:
        if len(request.content) > self.limit_bytes:
            return httpx.Response(413, json={"code": "too_large"})
        key = request.headers["Idempotency-Key"]
        content = file_of(request)
        self.bodies.append(request.content)
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        self.uploads.append((key, len(rows)))
        if key in self.answers:
            return httpx.Response(200, json=self.answers[key])
        if self.wrong & {row["code"] for row in rows}:
            return httpx.Response(422, json={"code": "bad_row", "message": "a row is wrong"})
        results = [{"row": n, "key": row["code"], **self._store(row)} for n, row in enumerate(rows, 2)]
        self.answers[key] = {"results": results} if self.says_rows else {"ok": True}
        return httpx.Response(200, json=self.answers[key])

    def _store(self, row: dict[str, str]) -> dict[str, str]:
        if row["code"] in self.rejected:
            return {"outcome": "rejected", "code": "unknown_unit", "reason": "no such unit"}
        before = self.rows.get(row["code"])
        self.rows[row["code"]] = row
        return {"outcome": "created" if before is None else "unchanged" if before == row else "updated"}


def status(code: int, **headers: str) -> Fault:
    """Answers with a status and does nothing."""
    return lambda _, __: httpx.Response(code, headers=headers, json={"code": f"fault_{code}"})


def times_out(_: CortexDouble, request: httpx.Request) -> httpx.Response:
    """No answer in time."""
    raise httpx.ReadTimeout("timed out", request=request)


def drops_before(_: CortexDouble, request: httpx.Request) -> httpx.Response:
    """The connection drops before anything happens."""
    raise httpx.RemoteProtocolError("Server disconnected", request=request)


def drops_after(double: CortexDouble, request: httpx.Request) -> httpx.Response:
    """The connection drops when the work is done."""
    double.serve(request)
    raise httpx.RemoteProtocolError("Server disconnected", request=request)


def file_of(request: httpx.Request, field: str = "file") -> bytes:
    """The content of a multipart field."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.content)
    for part in message.iter_parts():
        if part.get_param("name", header="content-disposition") == field:
            return part.get_payload(decode=True)
    raise AssertionError(json.dumps(dict(request.headers)))
