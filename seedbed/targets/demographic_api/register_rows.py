"""A unit's rows on their way to an API that registers them: settled in order, noted, counted; and what ends the unit."""

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from seedbed.core.errors import SeedbedError, Transient
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.core.report import SkipReason
from seedbed.targets.http.bearer_tokens import StoppableTokens
from seedbed.targets.http.client import ApiClient
from seedbed.targets.http.concurrency import Breaker, DeliveryInterrupted, map_ordered
from seedbed.targets.port import RegisterContext

SAID = {
    "created": "created",
    "exists": "there already",
    "skipped": "skipped",
    "open": "without an answer",
    "failed": "not tried",
}


@dataclass(frozen=True, slots=True)
class RegisterRequest:
    """Rows that are sent together.

    `is_unclear`: the API may have taken some of them before. `is_whole`: it is what was sent at first: no row of it is settled.
    `is_repeated`: its answer has said nothing of them once. `ends_group`: what is settled so far is noted after it. `doubts`: try by
    try, whether it may have been taken without an answer; whoever sends it tells.
    """

    rows: Sequence[RowToRegister]
    is_unclear: bool
    is_whole: bool = False
    is_repeated: bool = False
    ends_group: bool = True
    unknown_tries: list[bool] = field(default_factory=list)

    @property
    def has_unknown_outcome(self) -> bool:
        """Whether the API may hold its rows, where nothing was heard of it in the end."""
        return self.is_unclear or any(self.unknown_tries)


@dataclass(frozen=True, slots=True)
class RequestResult:
    """What became of a request's rows.

    `maybe_ours`: keys of rows that exist, and that an earlier request for this unit may have created. `again`: what is to be sent
    next. `unanswered`: why nothing is known of some rows, where the API gave no answer.
    """

    final: Sequence[RegisterResult] = ()
    maybe_ours: frozenset[str] = frozenset()
    again: Sequence[RegisterRequest] = ()
    unanswered: Transient | None = None


def skip_result(row: RowToRegister, reason: SkipReason, message: str) -> RegisterResult:
    """The row as a skip."""
    return RegisterResult(row.row, row.key, "skipped", reason=reason, message=message)


def unavailable_result(row: RowToRegister, error: SeedbedError, *, outcome_unknown: bool) -> RegisterResult:
    """The row as one that found no answer."""
    return replace(skip_result(row, "api_unavailable", error.message), outcome_unknown=outcome_unknown)


def existing(final: Sequence[RegisterResult]) -> frozenset[str]:
    """The keys of the rows that exist."""
    return frozenset(row.key for row in final if row.outcome == "exists")


def register_rows(
    client: ApiClient,
    requests: Generator[RegisterRequest],
    registering: RegisterContext,
    send: Callable[[ApiClient, RegisterRequest], RequestResult],
    *,
    lanes: int,
) -> Counter[str]:
    """How many rows were created, exist or were skipped, as the requests are sent by up to `lanes` threads.

    Raises what `Registrar.register` says. `send` sends one request with the client that it is handed.
    """
    unit = _Unit(registering, requests)
    tokens = StoppableTokens(client.tokens, registering.check_lease)
    watched = tokens.stop_on_failure(partial(send, replace(client, tokens=tokens)))
    for request, result in map_ordered(unit.take, watched, lanes=lanes):
        unit.record_outcome(request, result)
    return unit.end()


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit under way; everything here stays in the thread that registers."""

    registering: RegisterContext
    requests: Generator[RegisterRequest]
    counts: Counter[str] = field(default_factory=Counter)
    breaker: Breaker = field(default_factory=Breaker)
    again: deque[RegisterRequest] = field(default_factory=deque)
    final: list[RegisterResult] = field(default_factory=list)
    maybe_ours: set[str] = field(default_factory=set)

    def take(self) -> RegisterRequest | None:
        """The next request to send; none once the breaker is open: what is left is neither sent nor drawn."""
        if self.breaker.is_open:
            self.requests.close()
            return None
        return self.again.popleft() if self.again else next(self.requests, None)

    def record_outcome(self, request: RegisterRequest, result: RequestResult | SeedbedError) -> None:
        """Take over what became of a request's rows, and note it where its group ends."""
        if isinstance(result, RequestResult):
            self._take_over(result)
        elif isinstance(result, Transient):
            lost = [
                unavailable_result(row, result, outcome_unknown=request.has_unknown_outcome) for row in request.rows
            ]
            self._take_over(RequestResult(lost, unanswered=result))
        else:
            self.breaker.failed(result)
            self._resolve_unknown(request, result)
        if request.ends_group:
            self._note()

    def end(self) -> Counter[str]:
        """The counts, where every row has come to something final; otherwise raises what stopped the unit."""
        stopped = self.breaker.fatal or self.breaker.last
        if stopped:
            for request in self.again:
                self._resolve_unknown(request, stopped)
        self._note()
        self.registering.mark_finished()
        if self.breaker.fatal:
            raise self.breaker.fatal
        self.counts["failed"] = self.registering.rows - self.counts.total()
        last = self.breaker.last
        if last is None or not (self.counts["failed"] or self.counts["open"]):
            return Counter({name: self.counts[name] for name in ("created", "exists", "skipped")})
        raise DeliveryInterrupted(self._said(last), next_step=last.next_step)

    def _resolve_unknown(self, request: RegisterRequest, stopped: SeedbedError) -> None:
        # Rows that will not be sent again now: those that may have been taken must not be forgotten.
        if request.has_unknown_outcome:
            self.final.extend(unavailable_result(row, stopped, outcome_unknown=True) for row in request.rows)

    def _take_over(self, result: RequestResult) -> None:
        self.final.extend(result.final)
        self.maybe_ours.update(result.maybe_ours)
        self.again.extend(result.again)
        if result.unanswered:
            self.breaker.failed(result.unanswered)
        else:
            self.breaker.answered()

    def _note(self) -> None:
        final = self._with_ours() if self.maybe_ours else list(self.final)
        self.final.clear()
        self.maybe_ours.clear()
        if final:
            self.registering.record_results(final)
        self.counts.update(row.outcome if row.is_final else "open" for row in final)

    def _with_ours(self) -> list[RegisterResult]:
        ours = self.maybe_ours - self.registering.created_by_other_runs(sorted(self.maybe_ours))
        return [replace(row, outcome="created") if row.key in ours else row for row in self.final]

    def _said(self, last: Transient) -> str:
        counted = [f"{self.counts[name]:,} {words}" for name, words in SAID.items() if self.counts[name]]
        failed = "1 request failed" if self.breaker.exhausted == 1 else f"{self.breaker.exhausted} requests failed"
        return f"{self.registering.unit}: {', '.join(counted)}; {failed}, the last: {last.message}"


def batch_requests(
    requests: Iterable[Sequence[RowToRegister]], registering: RegisterContext
) -> Generator[RegisterRequest]:
    """Each sequence of rows as one request."""
    for rows in requests:
        if rows:
            is_whole = not any(registering.is_partial(row.row) for row in rows)
            yield RegisterRequest(rows, any(registering.maybe_sent(row.row) for row in rows), is_whole)


def single_requests(
    requests: Iterable[Sequence[RowToRegister]], registering: RegisterContext
) -> Generator[RegisterRequest]:
    """Each row as a request; what they come to is noted once for each sequence."""
    for rows in requests:
        for place, row in enumerate(rows, start=1):
            yield RegisterRequest((row,), registering.maybe_sent(row.row), ends_group=place == len(rows))
