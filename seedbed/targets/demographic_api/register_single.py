"""The wire profile `single`: one patient in a POST, as a form, and no idempotency.

A patient that the API may have taken without saying so is looked up before it is sent again; never is anything sent twice blindly.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from seedbed.core.errors import Transient
from seedbed.core.registration import RowToRegister
from seedbed.targets.demographic_api.look_up import PATIENTS, LookUp, may_have_arrived, misconfiguration_error, numbered
from seedbed.targets.demographic_api.register_rows import RegisterRequest, RequestResult, existing, skip_result
from seedbed.targets.http.client import ApiClient
from seedbed.targets.http.responses import rejection_message, response_json
from seedbed.targets.http.retries import (
    ABOUT_ROWS,
    NEXT_STEP,
    TRIES,
    backoff_s,
    describe_failure,
    is_retryable,
    retries_exhausted_error,
)

EARLIER = "an earlier attempt may have sent it"
REGISTERED = 409

Sent = httpx.Response | httpx.RequestError

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Singles:
    """Sends requests of one patient."""

    client: ApiClient
    look_up: LookUp

    def send(self, request: RegisterRequest) -> RequestResult:
        """What became of the patient after up to four tries; Transient where that stays open."""
        (row,) = request.rows
        unknown_reason = EARLIER if request.is_unclear else ""
        if unknown_reason and (fate := self._fate(row, unknown_reason)):
            return fate
        for tries in range(1, TRIES + 1):
            last = self._try(row)
            if result := self._final_result(row, last, unknown_reason):
                return result
            _logger.info("%s: try %d: %s", self._what, tries, describe_failure(last))
            new = self._unknown_reason(last)
            request.unknown_tries.append(bool(new))
            unknown_reason = new or unknown_reason
            if unknown_reason or tries < TRIES:
                self.client.sleep(backoff_s(tries, last if isinstance(last, httpx.Response) else None))
            if unknown_reason and (fate := self._fate(row, unknown_reason, last)):
                return fate
        raise retries_exhausted_error(self._what, TRIES, last)

    @property
    def _what(self) -> str:
        return self.client.what("POST", PATIENTS)

    def _try(self, row: RowToRegister) -> Sent:
        data = json.dumps(row.body, ensure_ascii=False, separators=(",", ":"))
        try:
            return self.client.once("POST", PATIENTS, files={"data": (None, data)})
        except httpx.RequestError as error:
            return error

    def _final_result(self, row: RowToRegister, sent: Sent, unknown_reason: str) -> RequestResult | None:
        """What the answer says for good; None where it is to be tried again or looked up."""
        if not isinstance(sent, httpx.Response) or is_retryable(sent):
            return None
        if sent.is_success:
            body = response_json(sent)
            created = numbered(row, "created", body.get("data") if isinstance(body, Mapping) else None)
            return RequestResult([created]) if created else None
        if sent.status_code not in ABOUT_ROWS:
            raise misconfiguration_error(self.client, sent, profile="single")
        return self._refused(row, rejection_message(sent), unknown_reason, is_registered=sent.status_code == REGISTERED)

    def _refused(self, row: RowToRegister, why: str, unknown_reason: str, *, is_registered: bool) -> RequestResult:
        # What was refused now may have been taken before, by a try of which nothing was heard.
        if unknown_reason:
            fate = self.look_up.find_outcome(row, unknown_reason) or skip_result(row, "rejected_by_api", why)
            return RequestResult([fate], existing([fate]))
        if is_registered:
            return RequestResult([self.look_up.classify_rejected(row, why)])
        return RequestResult([skip_result(row, "rejected_by_api", why)])

    def _fate(self, row: RowToRegister, unknown_reason: str, last: Sent | None = None) -> RequestResult | None:
        fate = self.look_up.find_outcome(row, unknown_reason)
        if fate is None:
            return None
        is_open = fate.reason == "unknown_outcome" and last is not None and may_have_arrived(last)
        unanswered = (
            Transient(f"{self._what}: {unknown_reason}", next_step=NEXT_STEP, code="target-unavailable")
            if is_open
            else None
        )
        return RequestResult([fate], existing([fate]), unanswered=unanswered)

    def _unknown_reason(self, sent: Sent) -> str:
        if isinstance(sent, httpx.Response) and sent.is_success:
            return f"the answer {sent.status_code} has no number"
        return f"the last try ended with {describe_failure(sent)}" if may_have_arrived(sent) else ""
