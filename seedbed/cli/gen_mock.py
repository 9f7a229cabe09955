"""`seedbed gen-mock`: synthetic patients, made at the Demographic API or written to a file."""

from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from seedbed.actions.generate.patient_request import PatientRequest, patient_request, words_of
from seedbed.actions.generate.patient_units import resolve_population
from seedbed.actions.generate.run_gen_mock import gen_mock as make
from seedbed.actions.runs.wait_for_targets import WaitLimits
from seedbed.cli.draw_patients import draw_patients
from seedbed.cli.options import (
    AsJson,
    DataDirs,
    Direct,
    LogFile,
    Verbose,
    WaitForLease,
    WaitForTargets,
    as_command,
    logging_for_command,
)
from seedbed.cli.progress_bar import bar
from seedbed.cli.run_deployment import adhoc, run_deployment
from seedbed.cli.setup import new_run, run_here, show_run_report
from seedbed.cli.show_reports import print_targets
from seedbed.content.dataset_content import read_content
from seedbed.core.errors import UserError
from seedbed.datasets.registry import MOCK_DATASET, PATIENTS
from seedbed.settings import ROOT, read_settings
from seedbed.wiring import app_context


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("gen-mock")(as_command(gen_mock))


def hospital_today() -> date:
    """The date in the hospital, and never one before the register begins."""
    return max(read_settings().local_time.day(datetime.now(UTC)), PATIENTS.first_day)


def day_of(text: str) -> date | None:
    """The day that an option names; None where it names none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError(f"'{text}' is no day", next_step="write it as 2026-11-21", code="option-invalid") from None


def _said(context: typer.Context, parameter: typer.CallbackParam, value: str) -> str:
    """The value; refused where it is empty: a script's unset variable is not everybody."""
    source = context.get_parameter_source(parameter.name or "")
    if not value.strip() and source and source.name == "COMMANDLINE":
        raise typer.BadParameter("it is empty; leave the option out")
    return value


_Word = partial(typer.Option, callback=_said)


def gen_mock(
    kind: Annotated[str, typer.Option("--type", "-t", help="What is made: patient.")] = "patient",
    count: Annotated[int, typer.Option("--count", "-c", help="How many patients.")] = 1,
    batch: Annotated[
        int | None,
        typer.Option("--batch", "-b", help="Patients in a request (default: 10 below 100, 25 to 1,000, 50 for more)."),
    ] = None,
    output_dir: Annotated[
        Path | None, typer.Option("--output-dir", "-o", help="Folder below which the patients are written.")
    ] = None,
    data_dir: DataDirs = [],  # noqa: B006 - typer copies it
    to: Annotated[str, typer.Option("--to", help="Where they go: api, csv or parquet; files need no server.")] = "api",
    seed: Annotated[
        int | None, typer.Option("--seed", help="Names the population (default: another for each run).")
    ] = None,
    as_of: Annotated[str, _Word("--as-of", help="The day of their ages (default: hospital_today).")] = "",
    offset: Annotated[int, typer.Option("--offset", help="The number of the first patient.")] = 0,
    repeat: Annotated[str, _Word("--repeat", help="A run whose patients are made again.")] = "",
    age: Annotated[str, _Word("--age", help="Only these ages: 60-, -15, 18-65 or 7.")] = "",
    sex: Annotated[str, _Word("--sex", help="Only male or female.")] = "",
    province: Annotated[str, _Word("--province", help="Only who lives there: code or name.")] = "",
    insurance: Annotated[str, _Word("--insurance", help="Only with this main insurance plan: code.")] = "",
    category: Annotated[str, _Word("--category", help="Only of this patient category: code.")] = "",
    nationality: Annotated[str, _Word("--nationality", help="Only of this nationality: code.")] = "",
    deceased: Annotated[str, _Word("--deceased", help="Only who has died (yes) or lives (no).")] = "",
    counted_on: Annotated[
        str,
        _Word(
            "--counted-on",
            help="The day on which a cohort's ages are counted (default: --as-of, where it depends on age).",
        ),
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Any skipped patient fails the run (exit 3).")] = False,
    wait_for_targets: WaitForTargets = 0,
    wait_for_lease: WaitForLease = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and touch nothing.")] = False,
    direct: Direct = False,
    as_json: AsJson = False,
    log_file: LogFile = None,
    verbose: Verbose = False,
) -> int:
    """Make synthetic patients: at the Demographic API, or as a file."""
    cohort: dict[str, Any] = {
        "age": age,
        "sex": sex,
        "province": province,
        "insurance": insurance,
        "category": category,
        "nationality": nationality,
        "deceased": deceased,
        "counted_on": day_of(counted_on),
    }
    options: dict[str, Any] = {
        "count": count,
        "batch": batch,
        "seed": seed,
        "as_of": day_of(as_of),
        "offset": offset,
        "repeat": repeat,
        "output_dir": str(output_dir.expanduser().absolute()) if output_dir else "",
        "data_dir": data_dir,
        "strict": strict,
        "dry_run": dry_run,
    }
    folders = (ROOT / "data",) if to in ("csv", "parquet") else app_context().data_dirs
    request = patient_request({**options, "kind": kind, "to": to}, words_of(cohort), root=ROOT, data_dirs=folders)
    with logging_for_command(log_file if direct or dry_run or to != "api" else None, verbose=verbose):
        if to != "api":
            return draw_patients(request, to, as_json=as_json)
        check_patient_targets()
        cohort |= canonical(request)
        if direct or dry_run:
            return show_run_report(
                run_in_process(request, WaitLimits(wait_for_targets, wait_for_lease)), as_json=as_json
            )
        waits = {"wait_for_targets": wait_for_targets, "wait_for_lease": wait_for_lease}
        written = {"log_file": str(log_file) if log_file else None, "verbose": verbose}
        parameters = plain({"type": kind, **cohort, **options, **waits, **written})
        with bar(None if repeat else count):
            return show_run_report(run_deployment(adhoc("gen-mock"), parameters, verb="gen-mock"), as_json=as_json)


def canonical(request: PatientRequest) -> dict[str, str]:
    """Words of the cohort as the deployment's form has them; UserError where the cohort is unknown or empty, before a run is made."""
    if request.repeat:
        resolve_population(app_context(), new_run("gen-mock"), request, hospital_today())
        return {}
    content = read_content(MOCK_DATASET, request.data_dirs)
    cohort = PATIENTS.cohorts.of(content, request.asked, request.as_of or hospital_today())
    return {
        "sex": cohort.sex or "",
        "deceased": "" if cohort.deceased is None else "yes" if cohort.deceased else "no",
    }


def run_in_process(request: PatientRequest, wait_limits: WaitLimits) -> Any:
    """The report of a run without Prefect."""
    with bar(None if request.repeat else request.count):
        return run_here(
            lambda options: make(app_context(), new_run("gen-mock"), request, hospital_today(), options),
            wait_limits,
            dry_run=request.dry_run,
        )


def check_patient_targets() -> None:
    """UserError where a target has no address; else says where the run will write."""
    live = app_context()
    for target in ("postgres", "demographic_api"):
        read_settings().needs(target)
    print_targets(live.environment_name, live.target_addresses)


def plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters as JSON has them; the flow's own defaults stand for what was not given."""
    shown = {name: value.isoformat() if isinstance(value, date) else value for name, value in parameters.items()}
    return {name: value for name, value in shown.items() if value is not None}
