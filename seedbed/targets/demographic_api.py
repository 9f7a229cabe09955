"""The Demographic API: patients, who get their hospital numbers there.

Delivering twice equals delivering once in both wire profiles: `batch` has an Idempotency-Key, and knows what it may have sent before;
`single` looks up what it may have sent before. What is noted is never sent again by a later attempt of the run.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from seedbed.core.registration import Wanted
from seedbed.targets.http_client import ApiClient
from seedbed.targets.patient_look_up import KEY, PATIENTS, LookUp, ask, misconfigured
from seedbed.targets.port import Registering, Removal
from seedbed.targets.registering import Request, Result, one_by_one, register, together
from seedbed.targets.registering_batch import Batches
from seedbed.targets.registering_single import Singles

Profile = Literal["batch", "single"]

NOBODY = "0" * 13
GONE = (404, 410)
NOT_REMOVABLE = (405, 409, 501)
NOT_CHANGEABLE = (400, 404, 405, 409, 422, 501)


@dataclass(slots=True)
class DemographicApi:
    """The target of patients. `look_up`: whether the API finds patients by citizen id; `lanes`: how many requests at once."""

    client: ApiClient
    profile: Profile = "batch"
    look_up: bool = True
    lanes: int = 4
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

    def remove(self, target_id: str, number: str) -> Removal:
        """What became of the patient with the hospital number, or with that id where it has none."""
        named = quote(number or target_id, safe="")
        if not named:
            return "kept"
        path = f"{PATIENTS}/{named}"
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
