"""A fake of the port Executor: answers steps and units by name, keeps results by key, and does no work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from seedbed.actions.context import AppContext
from seedbed.actions.runs.executor import (
    NO_TRACKER,
    ProgressShown,
    ReportShown,
    Step,
    UnitResult,
    UnitTracker,
    WorkUnit,
)
from seedbed.actions.runs.run_errors import as_seedbed_error
from seedbed.core.errors import NotRun, Transient
from seedbed.core.report import Report
from tests.support.builders.houses import ANY_ROWS, MODULES, SMALL, rule_of


@dataclass
class FakeExecutor:
    """What was executed, in order; an answer that is an error is raised.

    `answers`: by the step's name; None where none is given, and for the report one that tells the run's error.
    `kept`: results by key, which outlive an attempt when they are handed to the next one.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    executed: list[str] = field(default_factory=list)
    shown: list[ProgressShown | ReportShown] = field(default_factory=list)
    outcome: Any = None
    at_once: int = 4

    def step(self, step: Step[Any]) -> Any:
        """The answer to the step."""
        self.executed.append(step.name)
        if step.name == "report":
            self.outcome = step.work.keywords["outcome"]  # type: ignore[attr-defined]
        found = self.answers.get(step.name, Report("setup", "run-1") if step.name == "report" else None)
        if isinstance(found, BaseException):
            raise found
        return found

    def map_units(
        self,
        units: Sequence[WorkUnit],
        tracker: UnitTracker = NO_TRACKER,
        *,
        at_once: int = 0,  # noqa: ARG002 - the port's
    ) -> Mapping[str, UnitResult]:
        """How each unit ended, one after the other."""
        results: dict[str, UnitResult] = {}
        for unit in units:
            if tracker.may_start():
                results[unit.name] = self._result(unit, [results[need] for need in unit.needs])
                tracker.on_end(unit, results[unit.name])
        return results

    def show(self, shown: ProgressShown | ReportShown) -> None:
        """Notes what is shown."""
        self.shown.append(shown)

    def _result(self, unit: WorkUnit, needs: Sequence[UnitResult]) -> UnitResult:
        if any(need.error for need in needs):
            return UnitResult(error=NotRun(f"{unit.name} was not run"))
        if unit.key in self.kept:
            return UnitResult(self.kept[unit.key], is_kept=True)
        try:
            found = self.step(unit.step)
        except Exception as error:  # noqa: BLE001 - as executors do
            return UnitResult(error=as_seedbed_error(error))
        if unit.key:
            self.kept[unit.key] = found
        return UnitResult(found)


class NoDatabase:
    """A database that does not answer: what the fake executor runs needs none."""

    def transaction(self) -> Any:
        """Raises Transient."""
        raise Transient("there is no database")


def small_house_without_database(root: Path) -> AppContext:
    """A house of the small entities, with a file and a suite for each, and no database."""
    for entity in SMALL.values():
        data, suite = root / "data" / entity.path, root / "expectations" / entity.module / f"{entity.name}.yaml"
        for path in (data, suite):
            path.parent.mkdir(parents=True, exist_ok=True)
        data.write_text(",".join(entity.headers) + "\n", encoding="utf-8")
        suite.write_text(yaml.safe_dump({"name": entity.name, "expectations": [rule_of(0, ANY_ROWS)]}))

    def no_target(name: str) -> Any:
        raise AssertionError(f"{name} is not needed")

    database: Any = NoDatabase()
    return AppContext(
        entities=SMALL,
        modules=MODULES,
        aliases={},
        target=no_target,
        database=lambda: database,
        diagnose=lambda: (),
        target_addresses={"postgres": "no database"},
        root=root,
        is_local=True,
        known_headers=lambda entity: entity.headers,
    )
