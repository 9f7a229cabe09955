"""Who is who at the Demographic API: whether a request may have been taken, the numbers given, and who holds a citizen id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from seedbed.core.errors import UserError
from seedbed.core.registration import RegisterOutcome, RegisterResult, RowToRegister
from seedbed.targets.demographic_api.register_rows import skip_result
from seedbed.targets.http.client import ApiClient
from seedbed.targets.http.responses import rejection_message, response_json
from seedbed.targets.http.retries import HttpResponse, is_retryable, send_with_retries

PATIENTS = "/patients"
KEY = "idCardNo"
# Two records with the same citizen id are the same person where these agree.
IDENTITY = ("firstName", "familyName", "birthDate")
# The request never left: no connection was made, or none was free.
NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
NOT_IMPLEMENTED = 501


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a citizen id, with the record of the `same` person; `why` where it cannot be told."""

    who: Literal["same", "another", "none", "unknown"]
    record: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Looks patients up by citizen id, where the API offers it."""

    client: ApiClient
    is_offered: bool

    def holder(self, row: RowToRegister) -> Holder:
        """Who holds the row's citizen id now; Transient when the API does not answer in four tries."""
        if not self.is_offered:
            return Holder("unknown", why="this API has no look-up")
        answer, _ = send_tracking_unknown(self.client, "GET", PATIENTS, params={KEY: row.key})
        if not answer.is_success:
            return Holder("unknown", why=f"the look-up answered {answer.status_code}")
        records = patient_records(response_json(answer))
        if records is None:
            return Holder("unknown", why="the look-up's answer is no list of patients")
        return _holder_among(records, row) if records else Holder("none")

    def find_outcome(self, row: RowToRegister, unknown_reason: str) -> RegisterResult | None:
        """What became of a row of which only the doubt is known: there, its id taken, or unknown; None where the API does not hold it."""
        holder = self.holder(row)
        if holder.who == "none":
            return None
        return _known_result(row, holder) or unknown_result(row, f"{unknown_reason}, and {holder.why}")

    def classify_rejected(self, row: RowToRegister, why: str) -> RegisterResult:
        """What a refused row is: it exists, its id is taken, or, where a look-up tells neither, it is rejected with the reason."""
        return _known_result(row, self.holder(row)) or skip_result(row, "rejected_by_api", why)


def send_tracking_unknown(
    client: ApiClient, method: str, path: str, *, unknown_tries: list[bool] | None = None, **options: Any
) -> tuple[httpx.Response, bool]:
    """The answer after up to four tries, and whether a try without an answer may have been taken; raises as `ApiClient.request`.

    `doubts` gets, try by try, whether it may have been taken: it is known too where there is no answer at all.
    """
    unknown_tries = [] if unknown_tries is None else unknown_tries

    def once() -> httpx.Response:
        try:
            answer = client.once(method, path, **options)
        except httpx.RequestError as error:
            unknown_tries.append(may_have_arrived(error))
            raise
        unknown_tries.append(may_have_arrived(answer))
        return answer

    answer = send_with_retries(
        once,
        what=client.what(method, path),
        lost=(httpx.RequestError,),
        sleep=client.sleep,
        again=is_retryable if method == "POST" else _is_worth_asking_again,
    )
    return answer, any(unknown_tries)


def may_have_arrived(result: httpx.Response | httpx.RequestError) -> bool:
    """Whether the server may have done what was asked although it did not say so."""
    if isinstance(result, httpx.Response):
        return result.status_code == 408 or result.status_code >= 500
    return not isinstance(result, NEVER_LEFT)


def numbered(row: RowToRegister, outcome: RegisterOutcome, data: Any) -> RegisterResult | None:
    """The row with the numbers that the API gave it; None where the data has none, or those of somebody else."""
    if not isinstance(data, Mapping) or str(data.get(KEY, row.key)) != row.key:
        return None
    number, target_id, age = data.get("hn"), data.get("ehrId"), data.get("age")
    if not number and not target_id:
        return None
    answer = {"age": age} if isinstance(age, int) else {}
    return RegisterResult(row.row, row.key, outcome, str(number or ""), str(target_id or ""), answer)


def unknown_result(row: RowToRegister, unknown_reason: str) -> RegisterResult:
    """The row as a skip whose outcome nobody knows, with what to do about it."""
    advice = (
        "look for it there, and where it is missing register it with the command in the run's report, "
        f"with `--offset {row.row} --count 1` in place of its own"
    )
    return skip_result(
        row, "unknown_outcome", f"whether the API holds this patient is not known: {unknown_reason}; {advice}"
    )


def misconfiguration_error(client: ApiClient, answer: httpx.Response, *, profile: str = "") -> UserError:
    """The error for an answer that is about the API's address, or the profile, and not about patients."""
    asked = client.what(answer.request.method, answer.request.url.path)
    of_profile = f" and takes patients in the profile '{profile}'" if profile else ""
    return UserError(
        f"{asked} answered {rejection_message(answer)}",
        next_step=f"check that {client.base_url} is the API's root{of_profile}",
        code="unexpected-answer",
    )


def _known_result(row: RowToRegister, holder: Holder) -> RegisterResult | None:
    if holder.who == "another":
        return skip_result(row, "id_taken", "the API holds this citizen id under another name or birth date")
    return numbered(row, "exists", holder.record) if holder.who == "same" else None


def _is_worth_asking_again(answer: HttpResponse) -> bool:
    return is_retryable(answer) and answer.status_code != NOT_IMPLEMENTED


def patient_records(body: Any) -> Sequence[Mapping[str, Any]] | None:
    """The patients in a look-up's answer; None where it is no list of patients."""
    if isinstance(body, Mapping):
        body = body.get("items", body.get("data"))
    records = [body] if isinstance(body, Mapping) else body
    if not isinstance(records, list) or not all(isinstance(record, Mapping) for record in records):
        return None
    return records


def _holder_among(records: Sequence[Mapping[str, Any]], row: RowToRegister) -> Holder:
    holders = [record for record in records if record.get(KEY) == row.key]
    if not holders:
        # A server that does not know the parameter lists everybody: the one that is asked for may be on a later page.
        return Holder("unknown", why="the look-up answered with other patients")
    for record in holders:
        if all(_same(record.get(name), row.body.get(name)) for name in IDENTITY):
            return Holder("same", record) if numbered(row, "exists", record) else _unreadable("numbers")
    is_told = all(isinstance(record.get(name), str) for record in holders for name in IDENTITY)
    return Holder("another") if is_told else _unreadable("name or birth date")


def _unreadable(what: str) -> Holder:
    return Holder("unknown", why=f"the look-up's answer has no {what}")


def _same(stored: object, sent: object) -> bool:
    return isinstance(stored, str) and isinstance(sent, str) and stored.split() == sent.split()
