"""The Demographic API: patients, who get their hospital numbers there.

Delivering twice equals delivering once in both wire profiles: `batch` has an Idempotency-Key, and knows what it may have sent before;
`single` looks up what it may have sent before. What is noted is never sent again by a later attempt of the run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from seedbed.core.environment import Profile
from seedbed.core.errors import UserError
from seedbed.core.registration import Settled, Wanted
from seedbed.targets.demographic_api.look_up import KEY, PATIENTS, LookUp, ask, listed, misconfigured
from seedbed.targets.demographic_api.register_batch import Batches
from seedbed.targets.demographic_api.register_rows import Request, Result, one_by_one, register, together
from seedbed.targets.demographic_api.register_single import Singles
from seedbed.targets.http.client import ApiClient
from seedbed.targets.http.responses import json_of
from seedbed.targets.port import Registering, Removal

NOBODY = "0" * 13
GONE = (404, 410)
NOT_REMOVABLE = (405, 409, 501)
NOT_CHANGEABLE = (400, 404, 405, 409, 422, 501)


@dataclass(slots=True)
class DemographicApi:
    """The target of patients. `look_up`: whether the API finds patients by citizen id; `lanes`: how many requests at once.

    `at_once`: how many patients are looked up or removed at once: as many as four units have requests under way.
    """

    client: ApiClient
    profile: Profile = "batch"
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
    def takes_more(self) -> bool:
        """Whether patients are sent with all that they have: the original system of `single` knows its documented fields only."""
        return self.profile == "batch"

    def greet(self) -> None:
        """Raise AuthError where token service or API refuse us; asks for a patient whom nobody is."""
        self.client.tokens.token()
        if self.look_up:
            ask(self.client, "GET", PATIENTS, params={KEY: NOBODY})

    def register(self, requests: Iterable[Sequence[Wanted]], registering: Registering) -> Counter[str]:
        """How many patients were `created`, `exists` or `skipped`; as `Registrar.register` has it."""
        cut = one_by_one if self.profile == "single" else together

        def send(client: ApiClient, request: Request) -> Result:
            look_up = LookUp(client, self.look_up)
            if self.profile == "single":
                return Singles(client, look_up).send(request)
            return Batches(client, registering, look_up).send(request)

        return register(self.client, cut(requests, registering), registering, send, lanes=self.lanes)

    def find(self, wanted: Wanted) -> Settled | None:
        """As `Registrar.find` has it: by citizen id; `unknown_outcome` where there is no look-up, or its answer tells nothing."""
        found = LookUp(self.client, self.look_up).fate(wanted, "it may have been sent")
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
        answer, _ = ask(self.client, "GET", PATIENTS, params={KEY: key})
        records = listed(json_of(answer)) if answer.is_success else None
        held = [one for one in records or () if one.get(KEY) == key]
        if records is None or (records and not held):
            raise UserError(
                f"{self.client.what('GET', PATIENTS)} does not tell who holds a citizen id, so nobody is removed by number",
                next_step="set SEEDBED_DEMOGRAPHIC_LOOK_UP=false if this API has no look-up: then its numbers are trusted",
                code="cleanup-cannot-identify",
            )
        return held

    def _remove(self, path: str) -> Removal:
        answer, maybe_gone = ask(self.client, "DELETE", path)
        if answer.is_success:
            return "removed"
        if answer.status_code in GONE:
            return "removed" if maybe_gone else "absent"
        if answer.status_code not in NOT_REMOVABLE:
            raise misconfigured(self.client, answer)
        return self._deactivate(path)

    def _deactivate(self, path: str) -> Removal:
        answer, _ = ask(self.client, "PATCH", path, json={"active": False})
        if answer.is_success:
            return "deactivated"
        if answer.status_code in NOT_CHANGEABLE:
            return "kept"
        raise misconfigured(self.client, answer)


def _is_record(held: Mapping[str, Any], target_id: str, number: str) -> bool:
    """Whether it is the record that was made: its id decides, and the hospital number where either has no id."""
    if target_id and held.get("ehrId"):
        return str(held["ehrId"]) == target_id
    return bool(number) and str(held.get("hn")) == number
