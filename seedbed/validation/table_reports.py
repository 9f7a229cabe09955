"""What an audit says of a table: for every rule whether it holds, and whose rows break it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from seedbed.core.spec import Entity

Key = tuple[str, ...]
Named = Callable[[Collection[Key]], Collection[Key]]
Status = Literal["PASS", "FAIL", "WARN"]
EXAMPLES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule on one table. Failures are rows: `named` by this run's file, and others. `examples`: keys, the named ones first."""

    rule: str
    description: str
    severity: str
    status: Status
    named_failures: int = 0
    other_failures: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableAuditResult:
    """All rules on one table."""

    entity: str
    module: str
    target: str
    checks: tuple[RuleResult, ...]

    @property
    def success(self) -> bool:
        """Whether no rule failed; warnings do not count."""
        return all(check.status != "FAIL" for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain JSON."""
        return {
            **asdict(self),
            "checks": [asdict(check) | {"examples": list(check.examples)} for check in self.checks],
            "success": self.success,
        }


def passed_rule(rule: str, description: str, severity: str) -> RuleResult:
    """The verdict on a rule that no row breaks."""
    return RuleResult(rule, description, severity, "PASS")


def broken_as_a_whole(rule: str, description: str, severity: str, *, rows: int = 0) -> RuleResult:
    """The verdict on a broken rule that names no row: it speaks of the table, or the rows cannot be told apart."""
    return RuleResult(rule, description, severity, "FAIL" if severity == "critical" else "WARN", rows)


def broken_by_rows(rule: str, description: str, severity: str, *, keys: Collection[Key], named: Named) -> RuleResult:
    """The verdict on a rule that these rows break: it fails where it is critical and this run's file names one of them."""
    of_this_run = set(named(set(keys)))
    ours = [key for key in keys if key in of_this_run]
    others = [key for key in keys if key not in of_this_run]
    status: Status = "FAIL" if severity == "critical" and ours else "WARN"
    examples = tuple("/".join(key) for key in [*sorted(ours), *sorted(others)][:EXAMPLES_SHOWN])
    return RuleResult(rule, description, severity, status, len(ours), len(others), examples)


def table_audit_result(entity: Entity, checks: Iterable[RuleResult]) -> TableAuditResult:
    """The verdict on an entity's table."""
    return TableAuditResult(entity.id, entity.module_id, entity.target, tuple(checks))


def everything(keys: Collection[Key]) -> Collection[Key]:
    """A `Named` for audits outside a run: every row counts."""
    return keys


def key_text(value: object) -> str:
    """A key's cell as a CSV writes it; empty for NULL."""
    if value is None or value != value:  # noqa: PLR0124 - only NaN differs from itself
        return ""
    return str(value).upper() if isinstance(value, bool) else str(value)
