"""gen-mock: patients made at the Demographic API, a task for each batch."""

from datetime import date
from typing import Annotated, Any, Literal

from prefect import flow
from pydantic import Field

from seedbed.actions.runs.wait_for_targets import WaitLimits
from seedbed.logs import logging_to
from seedbed.settings import ROOT
from tasks.flow_parameters import Seconds, path_or_none, patient_request_from_parameters
from tasks.policy import TASK_RUNNER
from tasks.run_flow import run_patients
from tasks.run_names import run_name

Count = Annotated[int, Field(ge=1, le=10_000_000)]
Batch = Annotated[int, Field(ge=1, le=1_000)]
Offset = Annotated[int, Field(ge=0, le=10_000_000)]
Seed = Annotated[int, Field(ge=0)]


@flow(name="gen-mock", flow_run_name=run_name, validate_parameters=True, task_runner=TASK_RUNNER)
def generate_patients(
    count: Count = 1,
    batch: Batch | None = None,
    seed: Seed | None = None,
    as_of: date | None = None,
    offset: Offset = 0,
    age: str = "",
    sex: Literal["", "male", "female"] = "",
    province: str = "",
    insurance: str = "",
    category: str = "",
    nationality: str = "",
    deceased: Literal["", "yes", "no"] = "",
    counted_on: date | None = None,
    repeat: str = "",
    type: Literal["patient"] = "patient",  # noqa: A002 - the first document's word
    output_dir: str = "",
    data_dir: list[str] | str = "",
    strict: bool = False,
    dry_run: bool = False,
    log_file: str | None = None,
    verbose: bool = False,
    wait_for_targets: Seconds = 300,
    wait_for_lease: Seconds = 0,
) -> Any:
    """Makes synthetic patients and registers them at the Demographic API.

    Args:
        count: how many patients, 1 to 10,000,000.
        batch: patients in a request, 1 to 1,000; empty: 10 for fewer than 100 patients, 25 up to 1,000, 50 for more.
        seed: names the population: the same seed, the same patients; empty: derived from the run, so that each run makes others.
        as_of: the day that the data pretends it is: ages and deaths are those of that day; empty: the scheduled day, local time.
        offset: the number of the first patient; patient 5 of a seed is the same person in every run.
        age: only these ages in completed years: 60-, -15, 18-65 or 7.
        sex: only this sex.
        province: only who lives in this province: its code or name.
        insurance: only with this main insurance plan: its code.
        category: only of this patient category: its code.
        nationality: only of this nationality: its code.
        deceased: only who has died (yes), or who lives (no).
        counted_on: the day on which a cohort's ages are counted; empty: as_of, where the cohort depends on age.
        repeat: a run whose patients are made again; goes with none of the options that say which patients.
        type: what is made; there is one kind.
        output_dir: the folder below which the CSV is written; empty: the one of reports.
        data_dir: the folder of CSV files; empty: the environment's own list, else data.
        strict: whether any skipped patient fails the run.
        dry_run: say what would happen, and touch nothing.
        log_file: a file that the log is appended to.
        verbose: whether detailed lines are logged.
        wait_for_targets: seconds that a target which is away is waited for, from the attempt's start.
        wait_for_lease: seconds that another run which writes to the same systems is waited for.
    """
    asked = {
        "age": age,
        "sex": sex,
        "province": province,
        "insurance": insurance,
        "category": category,
        "nationality": nationality,
        "deceased": deceased,
        "counted_on": counted_on,
    }
    request = patient_request_from_parameters(
        asked,
        kind=type,
        count=count,
        batch=batch,
        seed=seed,
        as_of=as_of,
        offset=offset,
        repeat=repeat,
        output_dir=output_dir,
        data_dir=data_dir,
        strict=strict,
        dry_run=dry_run,
    )
    with logging_to(path_or_none(log_file, ROOT), verbose=verbose):
        return run_patients(request, WaitLimits(wait_for_targets, wait_for_lease))
