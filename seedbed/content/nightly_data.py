"""`generate` in environment files: which datasets a night generates, read strictly against the registry.

Today's key `patients: {count, seed, batch, cohort}` stays valid. It stands for `generate: [{dataset: hospital, ...}]`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from seedbed.core.dataset import Dataset
from seedbed.core.environment import NightlyData
from seedbed.core.errors import UserError, unknown_name
from seedbed.datasets.registry import DATASETS, MOCK_DATASET

GENERATE, PATIENTS = "generate", "patients"
OF_ENTRIES = ("dataset", "scenario")
KeyPath = Sequence[int | str]
Wrong = list[tuple[KeyPath, Any]]


def patients_keys() -> dict[str, Any]:
    """The keys that `patients` takes, with the type of each."""
    return {name: kind for name, kind in entry_keys(MOCK_DATASET).items() if name not in OF_ENTRIES}


def entry_keys(dataset: Dataset) -> dict[str, Any]:
    """The keys that an entry of the dataset takes, with the type of each."""
    known = {name: field.annotation for name, field in NightlyData.model_fields.items()}
    return {**known, "cohort": dataset.options.cohort}


def entries_of(said: Mapping[str, Any]) -> list[tuple[KeyPath, Any]]:
    """Each entry with its place in the file: those of `generate`, and `patients` as one of the hospital."""
    listed = said.get(GENERATE, [])
    found: list[tuple[KeyPath, Any]] = []
    if isinstance(listed, list):
        found += [((GENERATE, number), entry) for number, entry in enumerate(listed)]
    if PATIENTS in said:
        patients = said[PATIENTS]
        entry = {"dataset": MOCK_DATASET.name, **patients} if isinstance(patients, dict) else patients
        found.append(((PATIENTS,), entry))
    return found


def dataset_of(shown_as: str, key_path: KeyPath, entry: Any) -> Dataset | None:
    """The entry's dataset. UserError with a suggestion for an unknown dataset or scenario; None where it names none."""
    name = entry.get("dataset") if isinstance(entry, dict) else None
    if not isinstance(name, str):
        return None  # the model says what is wrong with it
    where = f"in '{'.'.join(map(str, key_path))}' of {shown_as}"
    if name not in DATASETS:
        raise unknown_name(f"dataset {where}", name, DATASETS)
    dataset, scenario = DATASETS[name], entry.get("scenario", "")
    if not dataset.generators:
        raise UserError(
            f"{shown_as}: dataset '{name}' generates nothing",
            next_step=f"leave it out of '{GENERATE}'",
            code="environment-file-invalid",
        )
    if isinstance(scenario, str) and scenario and scenario not in dataset.options.scenarios:
        raise unknown_name(f"scenario of dataset '{name}' {where}", scenario, dataset.options.scenarios)
    return dataset


def with_cohort(dataset: Dataset, key_path: KeyPath, entry: Mapping[str, Any]) -> tuple[dict[str, Any], Wrong]:
    """The entry with its cohort as the dataset's own value, and what is wrong in the cohort."""
    if "cohort" not in entry:
        return dict(entry), []
    try:
        words = TypeAdapter(dataset.options.cohort).validate_python(_with_words(dataset, entry["cohort"]))
    except ValidationError as error:
        return {**entry, "cohort": None}, [((*key_path, "cohort", *one["loc"]), one) for one in error.errors()]
    return {**entry, "cohort": words}, []


def _with_words(dataset: Dataset, cohort: Any) -> Any:
    """The cohort with the words `yes` and `no` where the file has them as YAML's truth values."""
    if not isinstance(cohort, dict):
        return cohort
    texts = {field.name for field in fields(dataset.options.cohort) if field.type in (str, "str")}
    words = {True: "yes", False: "no"}
    return {
        name: words[value] if isinstance(value, bool) and name in texts else value for name, value in cohort.items()
    }


def with_entries(said: Mapping[str, Any], entries: Sequence[Any]) -> dict[str, Any]:
    """The file's keys with the entries under `generate`, for the model."""
    kept = {name: value for name, value in said.items() if name != PATIENTS}
    return kept if not isinstance(said.get(GENERATE, []), list) else {**kept, GENERATE: list(entries)}
