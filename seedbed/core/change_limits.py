"""How much of an entity may be skipped or changed before it is left untouched for somebody to look."""

from dataclasses import dataclass

from seedbed.core.report import EntityReport


@dataclass(frozen=True, slots=True)
class ChangeLimits:
    """Shares of the rows read and numbers of rows; a brake stops an entity that exceeds both."""

    skipped_share: float = 0.02
    skipped_rows: int = 20
    updated_share: float = 0.20
    updated_rows: int = 50

    def violation(self, report: EntityReport, *, is_first_load: bool) -> str:
        """Why the entity is stopped, as a sentence's end; "" where it may go on. A first load may change what it finds."""
        if _exceeds(report.skipped, report.read, self.skipped_share, self.skipped_rows):
            return f"{report.skipped:,} of {report.read:,} rows would be skipped"
        changed = report.updated + report.deactivated
        if not is_first_load and _exceeds(changed, report.read, self.updated_share, self.updated_rows):
            return f"{changed:,} of {report.read:,} rows would be changed"
        return ""


def _exceeds(rows: int, read: int, share: float, number: int) -> bool:
    return rows > number and rows > share * read
