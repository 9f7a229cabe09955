"""The Demographic API: patients, who get their hospital numbers there.

Delivering twice equals delivering once in both wire profiles: `batch` has an Idempotency-Key, and knows what it may have sent before;
`single` looks up what it may have sent before. What is noted is never sent again by a later attempt of the run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from seedbed.core.environment import WireProtocol
from seedbed.core.errors import UserError
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.targets.demographic_api.look_up import (
    KEY,
    PATIENTS,
    LookUp,
    misconfiguration_error,
    patient_records,
    send_tracking_unknown,
)
from seedbed.targets.demographic_api.register_batch import Batches
from seedbed.targets.demographic_api.register_rows import (
    RegisterRequest,
    RequestResult,
    batch_requests,
    register_rows,
    single_requests,
)
from seedbed.targets.demographic_api.register_single import Singles
from seedbed.targets.http.client import ApiClient
from seedbed.targets.http.responses import response_json
from seedbed.targets.port import RegisterContext, Removal

UNUSED_CITIZEN_ID = "0" * 13
GONE = (404, 410)
NOT_REMOVABLE = (405, 409, 501)
NOT_CHANGEABLE = (400, 404, 405, 409, 422, 501)


@dataclass(slots=True)
class DemographicApi:
    """The target of patients. `look_up`: whether the API finds patients by citizen id; `lanes`: how many requests at once.

    `at_once`: how many patients are looked up or removed at once: as many as four units have requests under way.
    """

    client: ApiClient
    wire_protocol: WireProtocol = "batch"
    look_up: bool = True
    lanes: int = 4
    at_once: int = 16
    name: str = "demographic_api"

    def describe(self) -> str:
        """The API's address."""
        return self.client.base_url

    def ping(self) -> None:
        """Raise Transient where the API or its token service does not answer or is not well."""
        self.client.ping()

    def close(self) -> None:
        """Give back connections."""
        self.client.close()

    @property
    def accepts_extra_fields(self) -> bool:
        """Whether patients are sent with all that they have: the original system of `single` knows its documented fields only."""
        return self.wire_protocol == "batch"

    def check_access(self) -> None:
        """Raise AuthError where token service or API refuse us; asks for a patient whom nobody is."""
        self.client.tokens.token()
        if self.look_up:
            send_tracking_unknown(self.client, "GET", PATIENTS, params={KEY: UNUSED_CITIZEN_ID})

    def register(self, requests: Iterable[Sequence[RowToRegister]], registering: RegisterContext) -> Counter[str]:
        """How many patients were `created`, `exists` or `skipped`; as `Registrar.register` has it."""
        cut = single_requests if self.wire_protocol == "single" else batch_requests

        def send(client: ApiClient, request: RegisterRequest) -> RequestResult:
            look_up = LookUp(client, self.look_up)
            if self.wire_protocol == "single":
                return Singles(client, look_up).send(request)
            return Batches(client, registering, look_up).send(request)

        return register_rows(self.client, cut(requests, registering), registering, send, lanes=self.lanes)

    def find(self, wanted: RowToRegister) -> RegisterResult | None:
        """As `Registrar.find` has it: by citizen id; `unknown_outcome` where there is no look-up, or its answer tells nothing."""
        found = LookUp(self.client, self.look_up).find_outcome(wanted, "it may have been sent")
        return None if found and found.reason == "id_taken" else found

    def remove(self, target_id: str, number: str, key: str = "") -> Removal:
        """What became of the patient with that record id, or with the hospital number where it has none.

        Numbers are given again where an API is restored or reset, so with a look-up the patient is `absent` unless the citizen id
        `key` is that very record's. UserError where the look-up cannot tell.
        """
        if not (target_id or number):
            return "kept"
        if self.look_up and key and not any(_is_record(one, target_id, number) for one in self._records(key)):
            return "absent"
        return self._remove(f"{PATIENTS}/{quote(target_id or number, safe='')}")

    def _records(self, key: str) -> Sequence[Mapping[str, Any]]:
        answer, _ = send_tracking_unknown(self.client, "GET", PATIENTS, params={KEY: key})
        records = patient_records(response_json(answer)) if answer.is_success else None
        matching = [one for one in records or () if one.get(KEY) == key]
        if records is None or (records and not matching):
            raise UserError(
                f"{self.client.what('GET', PATIENTS)} does not return citizen ids, so no patient is removed by number",
                next_step="set SEEDBED_DEMOGRAPHIC_LOOK_UP=false if this API has no look-up: then its numbers are trusted",
                code="cleanup-cannot-identify",
            )
        return matching

    def _remove(self, path: str) -> Removal:
        answer, maybe_gone = send_tracking_unknown(self.client, "DELETE", path)
        if answer.is_success:
            return "removed"
        if answer.status_code in GONE:
            return "removed" if maybe_gone else "absent"
        if answer.status_code not in NOT_REMOVABLE:
            raise misconfiguration_error(self.client, answer)
        return self._deactivate(path)

    def _deactivate(self, path: str) -> Removal:
        answer, _ = send_tracking_unknown(self.client, "PATCH", path, json={"active": False})
        if answer.is_success:
            return "deactivated"
        if answer.status_code in NOT_CHANGEABLE:
            return "kept"
        raise misconfiguration_error(self.client, answer)


def _is_record(matching: Mapping[str, Any], target_id: str, number: str) -> bool:
    """Whether it is the record that was made: its id decides, and the hospital number where either has no id."""
    if target_id and matching.get("ehrId"):
        return str(matching["ehrId"]) == target_id
    return bool(number) and str(matching.get("hn")) == number
