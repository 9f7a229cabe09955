"""The command line beside a staging: environment files, and databases that our stack did not make."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from seedbed import settings, wiring
from seedbed.cli import command_line as door
from seedbed.cli import options, refresh, run_deployment, setup
from seedbed.database.engines import DatabaseAddress
from seedbed.settings import Settings

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Staging:
    """A project of its own, with the shipped rules and a file of genders, beside a database that others made."""

    root: Path
    patch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]

    def file(self, name: str, address: DatabaseAddress, **changes: Any) -> None:
        """Writes an environment's file."""
        postgres = {"host": address.host, "port": address.port, "database": address.database, "ssl_mode": "disable"}
        said = {"targets": {"postgres": postgres, **changes}, "modules": ["demographic"]}
        path = self.root / f"deployments/environments/{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(said), encoding="utf-8")

    def forget(self) -> None:
        """Removes every environment's file."""
        for path in self.root.glob("deployments/environments/*.yaml"):
            path.unlink()

    def run(self, *arguments: str, typed: str = "") -> tuple[int, str]:
        """The verb's exit code, and what it said on stdout and then on stderr."""
        wiring.app_context.cache_clear()
        self.patch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        self.capfd.readouterr()
        code = door.main(list(arguments))
        said = self.capfd.readouterr()
        return code, said.out + said.err


@pytest.fixture
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Staging]:
    """The command, in such a project and with no configuration."""
    for module in (settings, wiring, setup, refresh, options, run_deployment):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    (tmp_path / "expectations").symlink_to(PROJECT / "expectations")
    (tmp_path / "data/demographic").mkdir(parents=True)
    (tmp_path / "data/demographic/gender.csv").write_text(
        (PROJECT / "data/demographic/gender.csv").read_text(encoding="utf-8"), encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    yield Staging(tmp_path, monkeypatch, capfd)
    wiring.app_context.cache_clear()
