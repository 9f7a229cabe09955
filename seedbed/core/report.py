"""What happened, as values: counts, skips, changes, checks, and the report that every door prints."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, TypeVar, get_args

from seedbed.core.messages.message import code_of, params_of

SkipReason = Literal[
    "invalid",
    "duplicate_in_file",
    "missing_reference",
    "duplicate_in_table",
    "constraint",
    "rejected_by_api",
    "not_ours",
    "id_taken",
    "api_unavailable",
    "unknown_outcome",
]
SKIP_REASONS: tuple[str, ...] = get_args(SkipReason)
SKIPS_SHOWN = 1_000
FAILURE, FAILED_ATTEMPT = "seedbed.failure", "seedbed.failed_attempt"  # labels of a flow run, kept by Prefect's server


@dataclass(frozen=True, slots=True)
class Skip:
    """A row that was left out. `row` as a spreadsheet counts: the header is row 1, blank lines count.

    `code`, `params`: those of the message; the reason is the code of a message without its own.
    """

    entity: str
    file: str
    row: int
    key: str
    reason: SkipReason
    message: str
    code: str = field(default="", compare=False)
    params: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not self.code:
            object.__setattr__(self, "code", code_of(self.message) or self.reason.replace("_", "-"))
            object.__setattr__(self, "params", params_of(self.message))


@dataclass(frozen=True, slots=True)
class SkipCount:
    """How many rows of an entity were left out for one reason."""

    entity: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that an update changed, as text; None is NULL."""

    entity: str
    key: str
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class MissingKey:
    """A key that an earlier run of ours wrote and the file no longer has; whether this run set its row inactive."""

    entity: str
    key: str
    deactivated: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a run: which code ran, on which machine, and since when (ISO 8601, UTC)."""

    number: int
    version: str
    host: str
    started: str


@dataclass(frozen=True, slots=True)
class EntityReport:
    """The counts of one entity: read = inserted + updated + unchanged + skipped + sent + failed + valid + removed.

    `valid`: rows of a validation that nothing is wrong with; it delivers none, so that `target` is empty. `removed`: rows of a
    cleanup that it took away; its `unchanged` are gone already, its `failed` are still there.
    `retired`: keys that an earlier run of ours wrote and the file no longer has; `deactivated`: those of them that this run set inactive;
    in a cleanup those of the removed that it could only set inactive.
    """

    module: str
    entity: str
    target: str
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    sent: int = 0
    failed: int = 0
    retired: int = 0
    deactivated: int = 0
    differing: int = 0
    seconds: float = 0.0
    valid: int = 0
    removed: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every row read is accounted for."""
        parts = self.inserted + self.updated + self.unchanged + self.skipped + self.sent + self.failed
        return self.read == parts + self.valid + self.removed


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one health check or audit; `next` is the step that mends a failure.

    `code`, `params`: those of the message; a health check without them has the code of its name.
    """

    name: str
    status: Literal["PASS", "SKIP", "FAIL", "WARN"]
    message: str = ""
    next: str = ""
    seconds: float = 0.0
    code: str = field(default="", compare=False)
    params: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not self.code:
            object.__setattr__(self, "code", code_of(self.message) or "-".join(self.name.lower().split()))
            object.__setattr__(self, "params", self.params or params_of(self.message))


@dataclass(frozen=True, slots=True)
class File:
    """A file that the run wrote, relative to the project's root."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class RunFailure:
    """The error that ended a run. `kind`: its class; `code`, `params`: what programs read."""

    kind: str
    message: str
    next: str = ""
    exit_code: int = 1
    code: str = field(default="defect", compare=False)
    params: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The object `error` of every JSON document."""
        plain: dict[str, Any] = {"class": self.kind, "code": self.code, "params": dict(self.params)}
        return {**plain, "message": self.message, "next": self.next, "exit_code": self.exit_code}


@dataclass(frozen=True, slots=True)
class Report:
    """One run as every door shows it."""

    verb: str
    run: str
    state: Literal["completed", "failed"] = "completed"
    seconds: float = 0.0
    targets: dict[str, str] = field(default_factory=dict)
    entities: tuple[EntityReport, ...] = ()
    skips: tuple[Skip, ...] = ()
    skipped_total: int = 0
    skip_counts: tuple[SkipCount, ...] = ()
    checks: tuple[Check, ...] = ()
    files: tuple[File, ...] = ()
    notes: tuple[str, ...] = ()
    error: RunFailure | None = None
    environment: str = ""
    attempts: tuple[Attempt, ...] = ()
    retired: tuple[MissingKey, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON document of `--json`: what does not apply is left out, skips are the first thousand."""
        plain = asdict(self)
        for name in (
            "targets",
            "entities",
            "skip_counts",
            "checks",
            "files",
            "notes",
            "error",
            "environment",
            "attempts",
            "retired",
        ):
            if not plain[name]:
                del plain[name]
        if not self.entities and not self.skips:
            del plain["skips"], plain["skipped_total"]
        else:
            plain["skips"] = plain["skips"][:SKIPS_SHOWN]
        if self.retired:
            plain["retired"] = plain["retired"][:SKIPS_SHOWN]
        if self.error:
            plain["error"] = self.error.to_json()
        return plain


def report_from_json(plain: dict[str, Any]) -> Report:
    """The report that `to_json` wrote."""
    values = dict(plain)
    for name, kind in (
        ("entities", EntityReport),
        ("skips", Skip),
        ("skip_counts", SkipCount),
        ("checks", Check),
        ("files", File),
        ("attempts", Attempt),
        ("retired", MissingKey),
    ):
        values[name] = tuple(known_fields(kind, item) for item in values.get(name, ()))
    values["notes"] = tuple(values.get("notes", ()))
    error = values.pop("error", None)
    if error:
        values["error"] = known_fields(RunFailure, {**error, "kind": error["class"]})
    return known_fields(Report, values)


T = TypeVar("T")


def known_fields(kind: type[T], plain: Mapping[str, Any]) -> T:
    """The value that an older or newer version of ours wrote: fields that this version does not know are left out."""
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in plain.items() if name in names})


def plain_skip(skip: Skip) -> dict[str, Any]:
    """A skip as one row of a table: its params are JSON text."""
    return {**asdict(skip), "params": json.dumps(skip.params, ensure_ascii=False)}


def as_json(value: EntityReport | Check) -> dict[str, Any]:
    """One line of a report as plain JSON."""
    return asdict(value)


def total(entities: Iterable[EntityReport]) -> EntityReport:
    """The sum over entities, as one line named 'total'."""
    whole = EntityReport("", "total", "")
    names = [f.name for f in fields(EntityReport) if f.name not in ("module", "entity", "target")]
    for entity in entities:
        whole = replace(whole, **{name: getattr(whole, name) + getattr(entity, name) for name in names})
    return whole
