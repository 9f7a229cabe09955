"""The wire profile `single`: one patient in a POST, as a form, and no idempotency.

A patient that the API may have taken without saying so is looked up before it is sent again; never is anything sent twice blindly.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from seedbed.core.errors import Transient
from seedbed.core.registration import Wanted
from seedbed.targets.demographic_api.look_up import PATIENTS, LookUp, maybe_taken, misconfigured, numbered
from seedbed.targets.demographic_api.register_rows import Request, Result, existing, skipped
from seedbed.targets.http.client import ApiClient
from seedbed.targets.http.responses import json_of, refusal
from seedbed.targets.http.retries import ABOUT_ROWS, NEXT_STEP, TRIES, cause, given_up, may_pass, pause_s

EARLIER = "an earlier attempt may have sent it"
REGISTERED = 409

Sent = httpx.Response | httpx.RequestError

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Singles:
    """Sends requests of one patient."""

    client: ApiClient
    look_up: LookUp

    def send(self, request: Request) -> Result:
        """What became of the patient after up to four tries; Transient where that stays open."""
        (row,) = request.rows
        doubt = EARLIER if request.is_unclear else ""
        if doubt and (fate := self._fate(row, doubt)):
            return fate
        for tries in range(1, TRIES + 1):
            last = self._try(row)
            if result := self._settled(row, last, doubt):
                return result
            _logger.info("%s: try %d: %s", self._what, tries, cause(last))
            new = self._doubt(last)
            request.doubts.append(bool(new))
            doubt = new or doubt
            if doubt or tries < TRIES:
                self.client.sleep(pause_s(tries, last if isinstance(last, httpx.Response) else None))
            if doubt and (fate := self._fate(row, doubt, last)):
                return fate
        raise given_up(self._what, TRIES, last)

    @property
    def _what(self) -> str:
        return self.client.what("POST", PATIENTS)

    def _try(self, row: Wanted) -> Sent:
        data = json.dumps(row.body, ensure_ascii=False, separators=(",", ":"))
        try:
            return self.client.once("POST", PATIENTS, files={"data": (None, data)})
        except httpx.RequestError as error:
            return error

    def _settled(self, row: Wanted, sent: Sent, doubt: str) -> Result | None:
        """What the answer says for good; None where it is to be tried again or looked up."""
        if not isinstance(sent, httpx.Response) or may_pass(sent):
            return None
        if sent.is_success:
            body = json_of(sent)
            created = numbered(row, "created", body.get("data") if isinstance(body, Mapping) else None)
            return Result([created]) if created else None
        if sent.status_code not in ABOUT_ROWS:
            raise misconfigured(self.client, sent, profile="single")
        return self._refused(row, refusal(sent), doubt, is_registered=sent.status_code == REGISTERED)

    def _refused(self, row: Wanted, why: str, doubt: str, *, is_registered: bool) -> Result:
        # What was refused now may have been taken before, by a try of which nothing was heard.
        if doubt:
            fate = self.look_up.fate(row, doubt) or skipped(row, "rejected_by_api", why)
            return Result([fate], existing([fate]))
        if is_registered:
            return Result([self.look_up.refused(row, why)])
        return Result([skipped(row, "rejected_by_api", why)])

    def _fate(self, row: Wanted, doubt: str, last: Sent | None = None) -> Result | None:
        fate = self.look_up.fate(row, doubt)
        if fate is None:
            return None
        is_open = fate.reason == "unknown_outcome" and last is not None and maybe_taken(last)
        unanswered = (
            Transient(f"{self._what}: {doubt}", next_step=NEXT_STEP, code="target-unavailable") if is_open else None
        )
        return Result([fate], existing([fate]), unanswered=unanswered)

    def _doubt(self, sent: Sent) -> str:
        if isinstance(sent, httpx.Response) and sent.is_success:
            return f"the answer {sent.status_code} has no number"
        return f"the last try ended with {cause(sent)}" if maybe_taken(sent) else ""
