import pytest

from seedbed.core.errors import DataError, UserError
from tasks import pipeline


def test_a_run_goes_on_only_where_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, str] = {}

    def remember(key: str) -> str:
        return kept.setdefault(key, "the first targets")

    monkeypatch.setattr(pipeline, "remember_targets", remember)
    pipeline.check_targets_are_the_first("root", "the first targets")
    with pytest.raises(UserError, match="this run began with other targets"):
        pipeline.check_targets_are_the_first("root", "other targets")
    assert list(kept) == ["root/targets"]


def test_a_dry_run_that_would_fail_fails() -> None:
    report = {"state": "failed", "run": "r", "error": {"message": "would fail: lab", "next": "mend it"}}
    with pytest.raises(DataError, match="would fail: lab; mend it"):
        pipeline.rehearsed(report)
