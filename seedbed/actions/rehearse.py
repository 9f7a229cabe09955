"""The dry run: what a set-up would insert, update, leave and skip; nothing is touched, no file is written."""

from dataclasses import replace

from seedbed.actions.house import House, Run
from seedbed.actions.load import Job, load_unit
from seedbed.actions.plan import Plan
from seedbed.actions.references import Planned, notes_on
from seedbed.actions.select import SetupRequest
from seedbed.core.errors import SeedbedError, UnitsFailed
from seedbed.core.report import SKIPS_SHOWN, EntityReport, Report
from seedbed.targets.memory import MemoryRecorder


def rehearse(house: House, run: Run, request: SetupRequest, plan: Plan) -> Report:
    """The report that the set-up would give; raises UnitsFailed where units would fail."""
    recorder = MemoryRecorder()
    planned: Planned = {}
    reports: list[EntityReport] = []
    failed: dict[str, SeedbedError] = {}
    for unit in plan.units:
        if any(need in failed for need in unit.needs):
            continue
        try:
            reports += load_unit(house, Job(run, replace(request, dry_run=True), unit, {}, planned), recorder)
        except SeedbedError as error:
            failed[unit.name] = error
    if failed:
        first = next(iter(failed.values()))
        raise UnitsFailed(
            f"would fail: {', '.join(failed)}; {first.message}", tuple(failed.values()), next_step=first.next_step
        )
    return Report(
        verb=run.verb,
        run=run.name,
        targets={name: house.places[name] for name in sorted({r.target for r in reports}) if name in house.places},
        entities=tuple(reports),
        skips=tuple(row.skip for row in recorder.skips[:SKIPS_SHOWN]),
        skipped_total=sum(r.skipped for r in reports),
        notes=("dry run: nothing was touched", *notes_on(house, request, plan.units)),
    )
