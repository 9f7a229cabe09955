"""What runs are called."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from prefect import runtime

from seedbed.actions.context import Run
from seedbed.settings import read_settings

SHOWN = ("mode", "modules", "entities", "run")
COHORT = ("age", "sex", "province", "insurance", "category", "nationality", "deceased", "counted_on")
WHICH = (*COHORT, "seed", "as_of")
NOT_GIVEN = (None, "")


def scheduled() -> datetime:
    """When the run's first attempt was to start: a retry keeps it."""
    return runtime.flow_run.scheduled_start_time or datetime.now(UTC)


def run_name() -> str:
    """What the UI calls the run: what it does, on what, and when it was to start, in the hospital's time zone."""
    flow, given = str(runtime.flow_run.flow_name), runtime.flow_run.parameters
    words = (
        describe_patient_parameters(given)
        if flow == "gen-mock"
        else (str(given[name]) for name in SHOWN if given.get(name))
    )
    dry = ["dry run"] if given.get("dry_run") else []
    return " ".join([flow, *words, *dry, f"{read_settings().local_time.minute(scheduled())}"])


def describe_patient_parameters(given: Mapping[str, Any]) -> Iterator[str]:
    """Which patients the parameters ask for, as in `200 patients age 60- sex female seed 42`, or `repeat of RUN`."""
    if given.get("repeat"):
        yield f"repeat of {given['repeat']}"
        return
    count = given.get("count", 1)
    yield f"{count:,} patient" if count == 1 else f"{count:,} patients"
    if first := given.get("offset"):
        yield f"from {first:,}"
    for name in WHICH:
        if given.get(name) not in NOT_GIVEN:
            yield f"{name.replace('_', '-')} {given[name]}"


def attempt_number() -> int:
    """How often the flow run has been started, this time included."""
    return int(runtime.flow_run.run_count or 1)


def this_run(verb: str) -> Run:
    """This attempt of the flow's run: the run's name is the first scheduled time in UTC and eight hex digits of the root run."""
    root = str(runtime.flow_run.root_flow_run_id or runtime.flow_run.id)
    name = f"{scheduled().astimezone(UTC):%Y%m%dT%H%M%S}-{root.replace('-', '')[:8]}"
    return Run(root, name, verb, attempt_number())
