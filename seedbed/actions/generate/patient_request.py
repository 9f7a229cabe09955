"""What gen-mock is asked for, as doors hand it over, and which patients that means: checked, complete, and fixed for all attempts."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from seedbed.actions.setup.setup_request import folders_of
from seedbed.content.dataset_content import content_digest, read_content
from seedbed.core.environment import NightlyData
from seedbed.core.errors import UserError, unknown_name
from seedbed.datasets.registry import MOCK_DATASET, PATIENT, PATIENTS

To = Literal["api", "csv", "parquet"]
TYPES = (PATIENT.name,)
MOST, MOST_BATCH, MOST_SEED = 10_000_000, 1_000, 1 << 62
ADVISED = (
    (100, 10),
    (1_001, 25),
)  # fewer patients than the first number: so many in a request (the first document's advice)
ADVISED_FOR_MORE = 50


def words_of(cohort: Mapping[str, Any]) -> Any:
    """The words that ask for a cohort, as the dataset's own value."""
    return MOCK_DATASET.options.cohort(**cohort)


NO_OPTIONS = words_of({})


@dataclass(frozen=True, slots=True)
class PatientRequest:
    """What was asked for; None and "" are what was not. `data_dirs`: absolute; `output_dir`: None is the context's own."""

    count: int = 1
    batch: int | None = None
    offset: int = 0
    seed: int | None = None
    as_of: date | None = None
    asked: Any = NO_OPTIONS
    repeat: str = ""
    data_dirs: tuple[Path, ...] = ()
    output_dir: Path | None = None
    strict: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Population:
    """Which patients: `count` rows from `first` on, of a seed and a cohort on a day, sent in requests of `batch`.

    `vocabulary`: SHA-256 of the files that they are drawn from; `drawing`: by which version of the code.
    """

    seed: int
    as_of: date
    cohort: Any = PATIENTS.cohorts.everyone
    first: int = 0
    count: int = 1
    batch: int = 10
    vocabulary: str = ""
    drawing: int = MOCK_DATASET.version

    @property
    def rows(self) -> range:
        """Their numbers."""
        return range(self.first, self.first + self.count)

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, which `population_from_json` reads."""
        return {**asdict(self), "as_of": self.as_of.isoformat(), "cohort": PATIENTS.cohorts.to_json(self.cohort)}


def population_from_json(plain: Mapping[str, Any]) -> Population:
    """The population that `to_json` wrote, by this version or an earlier one."""
    known = {field.name for field in fields(Population)}
    values = {name: value for name, value in plain.items() if name in known}
    values |= {"as_of": date.fromisoformat(plain["as_of"]), "cohort": PATIENTS.cohorts.from_json(plain["cohort"])}
    return Population(**values)


def patient_request(options: Mapping[str, Any], asked: Any, *, root: Path, data_dirs: Sequence[Path]) -> PatientRequest:
    """The request that a door's options make; UserError where one is out of range. Relative folders lie below `root`.

    `data_dirs`: the context's own, for a request that names none.
    """
    given = {
        name: options[name] for name in ("count", "batch", "offset", "seed", "as_of", "repeat", "strict", "dry_run")
    }
    folder = options.get("output_dir")
    request = PatientRequest(
        **given,
        asked=asked,
        data_dirs=folders_of(options.get("data_dir"), root=root, data_dirs=data_dirs),
        output_dir=(root / Path(folder).expanduser()).resolve() if folder else None,
    )
    check_request(request, kind=options.get("kind", "patient"), to=options.get("to", "api"))
    return request


def nightly_request(wanted: NightlyData, data_dirs: tuple[Path, ...]) -> PatientRequest:
    """The request that an environment's file makes every night. Ages are counted on a fixed day, so that the same people come."""
    asked = PATIENTS.cohorts.fixed(NO_OPTIONS if wanted.cohort is None else wanted.cohort)
    return PatientRequest(count=wanted.count, batch=wanted.batch, seed=wanted.seed, asked=asked, data_dirs=data_dirs)


def check_request(request: PatientRequest, *, kind: str, to: str) -> None:
    """UserError with the reason where a value is out of range or a choice unknown."""
    if kind not in TYPES:
        raise unknown_name("value of --type", kind, TYPES)
    if to not in get_args(To):
        raise unknown_name("value of --to", to, get_args(To))
    _in_range("--count", request.count, 1, MOST)
    _in_range("--offset", request.offset, 0, MOST)
    if request.batch is not None:
        _in_range("--batch", request.batch, 1, MOST_BATCH)
    if request.seed is not None:
        _in_range("--seed", request.seed, 0, MOST_SEED)
    if request.repeat:
        _check_repeat(request)


def _in_range(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UserError(
            f"{option} {value} is out of range",
            next_step=f"give a whole number from {least} to {most}",
            code="option-invalid",
        )


def _check_repeat(request: PatientRequest) -> None:
    """A repetition is what the earlier run was: the options that say which patients do not go with it."""
    usual = PatientRequest()
    names = ("count", "batch", "offset", "seed", "as_of")
    others = [f"--{name.replace('_', '-')}" for name in names if getattr(request, name) != getattr(usual, name)]
    others += ["a cohort"] if request.asked != NO_OPTIONS else []
    if others:
        raise UserError(
            f"--repeat makes the patients of that run again, so that {', '.join(others)} has no effect",
            next_step="leave one of them out",
            code="option-invalid",
        )


def population_of(request: PatientRequest, root: str, day: date) -> Population:
    """The patients that a request means. `root`: of the run, from which the seed follows where none is given; `day`: the run's own."""
    content = read_content(MOCK_DATASET, request.data_dirs)
    as_of = request.as_of or max(day, PATIENTS.first_day)
    return Population(
        seed=derived_seed(root) if request.seed is None else request.seed,
        as_of=as_of,
        cohort=PATIENTS.cohorts.of(content, request.asked, as_of),
        first=request.offset,
        count=request.count,
        batch=request.batch or advised_batch(request.count),
        vocabulary=content_digest(MOCK_DATASET, request.data_dirs),
    )


def derived_seed(root: str) -> int:
    """The seed of a run that names none: another for each root run, and none of those that people name."""
    return PATIENTS.named_seeds + int.from_bytes(hashlib.blake2b(root.encode(), digest_size=5).digest())


def advised_batch(count: int) -> int:
    """Patients in a request where nobody says how many."""
    return next((batch for below, batch in ADVISED if count < below), ADVISED_FOR_MORE)


def repeat_population(request: PatientRequest, plain: Mapping[str, Any]) -> Population:
    """The population of an earlier run, from its frozen request; UserError where the data it was drawn from has changed."""
    earlier = population_from_json(plain)
    now = (content_digest(MOCK_DATASET, request.data_dirs), MOCK_DATASET.version)
    if now != (earlier.vocabulary, earlier.drawing):
        raise UserError(
            f"run {request.repeat} drew from other files than these, or by another version",
            next_step="give its --data-dir, or check out the version that it ran with",
            code="population-changed",
        )
    return earlier


def command_of(population: Population) -> str:
    """The command that makes the same patients again from the same data, without the ledger."""
    cohort = PATIENTS.cohorts.as_options(population.cohort)
    offset = f" --offset {population.first}" if population.first else ""
    return (
        f"seedbed gen-mock --count {population.count} --batch {population.batch}{offset} "
        f"--seed {population.seed} --as-of {population.as_of}{cohort}"
    )
