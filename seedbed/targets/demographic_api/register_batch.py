"""The wire profile `batch`: many patients in a POST with an Idempotency-Key, and a result for each.

A request is the same bytes under the same key in every attempt. Where a server ignores the key, those that an earlier try or
attempt created come back as `exists`; they are ours all the same.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from seedbed.core.errors import Transient
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.core.report import SkipReason
from seedbed.targets.demographic_api.look_up import (
    PATIENTS,
    LookUp,
    misconfiguration_error,
    numbered,
    send_tracking_unknown,
    unknown_result,
)
from seedbed.targets.demographic_api.register_rows import (
    RegisterRequest,
    RequestResult,
    existing,
    skip_result,
    unavailable_result,
)
from seedbed.targets.http.client import ApiClient
from seedbed.targets.http.responses import reason_of, rejection_message, results_of
from seedbed.targets.http.retries import ABOUT_ROWS
from seedbed.targets.port import RegisterContext

JSON = "application/json"
REPLAYED = "Idempotent-Replayed"
SAYS_NOTHING = "the API's answer says nothing of it"


@dataclass(frozen=True, slots=True)
class Batches:
    """Sends requests of many patients."""

    client: ApiClient
    registering: RegisterContext
    look_up: LookUp

    def send(self, request: RegisterRequest) -> RequestResult:
        """What the API answers to the rows together; halves to send next where it refuses them as a whole."""
        body = json.dumps([row.body for row in request.rows], ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": JSON, "Idempotency-Key": self._key(body)}
        answer, maybe_taken = send_tracking_unknown(
            self.client, "POST", PATIENTS, unknown_tries=request.unknown_tries, content=body, headers=headers
        )
        # A replayed answer is what the API said first: of rows that were in no other request before, it is the truth.
        is_replayed = answer.headers.get(REPLAYED) == "true"
        is_unclear = request.is_unclear or (maybe_taken and not is_replayed)
        if answer.is_success:
            return self._understood(request, answer, is_unclear=is_unclear and not (is_replayed and request.is_whole))
        if answer.status_code not in ABOUT_ROWS:
            raise misconfiguration_error(self.client, answer, profile="batch")
        if len(request.rows) > 1:
            middle = (len(request.rows) + 1) // 2
            halves = (request.rows[:middle], request.rows[middle:])
            return RequestResult(
                again=[RegisterRequest(half, is_unclear, is_repeated=request.is_repeated) for half in halves]
            )
        why = rejection_message(answer)
        # What is refused now may have been taken before, by a try of which nothing was heard.
        refused = self.look_up.classify_rejected if is_unclear else _rejected
        final = [refused(request.rows[0], why)]
        return RequestResult(final, existing(final))

    def _key(self, body: bytes) -> str:
        return f"{self.registering.run}/{self.registering.unit}/{hashlib.sha256(body).hexdigest()}"

    def _understood(self, request: RegisterRequest, answer: httpx.Response, *, is_unclear: bool) -> RequestResult:
        results = results_of(answer, by="index")
        said = [_final_result(row, results.get(index)) for index, row in enumerate(request.rows)]
        final = [one for one in said if one]
        unanswered: Transient | None = None
        if is_unclear:
            final, unanswered = self._look_up_unknown(request, final)
        maybe_ours = existing(final) if is_unclear else frozenset()
        if len(final) == len(said):
            return RequestResult(final, maybe_ours, unanswered=unanswered)
        silent = self._looked_up([row for row, one in zip(request.rows, said, strict=True) if not one], request)
        in_order = sorted([*final, *silent.final], key=lambda one: one.row)
        return RequestResult(in_order, maybe_ours | silent.maybe_ours, silent.again, silent.unanswered or unanswered)

    def _look_up_unknown(
        self, request: RegisterRequest, final: Sequence[RegisterResult]
    ) -> tuple[list[RegisterResult], Transient | None]:
        """The same, where who is rejected now, and may have been taken before, is what a look-up says; and why one had no answer."""
        rows = {row.row: row for row in request.rows}
        known: list[RegisterResult] = []
        unanswered: Transient | None = None
        for one in final:
            try:
                found = self.look_up.classify_rejected(rows[one.row], one.message) if one.outcome == "skipped" else one
            except Transient as error:
                unanswered, found = error, unavailable_result(rows[one.row], error, outcome_unknown=True)
            known.append(one if found.reason == "rejected_by_api" else found)
        return known, unanswered

    def _looked_up(self, rows: Sequence[RowToRegister], request: RegisterRequest) -> RequestResult:
        """What a look-up says of rows of which the answer says nothing; those that are not there are sent once more."""
        final: list[RegisterResult] = []
        missing: list[RowToRegister] = []
        unanswered: Transient | None = None
        for row in rows:
            try:
                fate = self.look_up.find_outcome(row, SAYS_NOTHING)
            except Transient as error:
                unanswered, fate = error, unavailable_result(row, error, outcome_unknown=True)
            if fate:
                final.append(fate)
            elif request.is_repeated:
                final.append(unknown_result(row, f"{SAYS_NOTHING}, twice, and a look-up does not find it"))
            else:
                missing.append(row)
        again = [RegisterRequest(missing, is_unclear=True, is_repeated=True)] if missing else []
        return RequestResult(final, existing(final), again, unanswered)


def _rejected(row: RowToRegister, why: str) -> RegisterResult:
    return skip_result(row, "rejected_by_api", why)


def _final_result(row: RowToRegister, result: Mapping[str, Any] | None) -> RegisterResult | None:
    if result is None:
        return None
    outcome = result.get("outcome")
    if outcome == "created":
        return numbered(row, "created", result.get("data"))
    if outcome == "exists":
        return numbered(row, "exists", result.get("data"))
    if outcome != "rejected":
        return None
    reason: SkipReason = "id_taken" if result.get("code") == "id_taken" else "rejected_by_api"
    return skip_result(row, reason, reason_of(result))
