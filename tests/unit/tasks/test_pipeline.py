import pytest

from seedbed.core.errors import DataError
from tasks import pipeline


def test_a_dry_run_that_would_fail_fails() -> None:
    report = {
        "state": "failed",
        "run": "r",
        "error": {"message": "would fail: lab", "next": "mend it", "code": "units-failed"},
    }
    with pytest.raises(DataError, match="would fail: lab; mend it"):
        pipeline.rehearsed(report)
