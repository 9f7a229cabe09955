"""A staging of somebody's own: a database, an environment's file, the code in a git repository, and a worker far from it."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seedbed.database import clusters
from seedbed.database.engines import DatabaseAddress, open_database
from seedbed.stack.postgres_service import Cluster
from tests.support.stack.prefect_server import PrefectServer, ended, worker
from tests.support.stack.project import ROOT, Project, copy_project

PASSWORD = "a password: nobody's"
GENDERS = "data/demographic/gender.csv"
ROOMS = ("seedbed", "flows", "tasks")
FILE = """
targets:
  postgres: {{host: 127.0.0.1, port: {port}, database: {database}, ssl_mode: disable}}
modules: [demographic]
pool: {{name: north-pool}}
schedule: {{cron: "15 2 * * *", timezone: Europe/Berlin, active: true}}
code: {{repository: "{repository}", tag: {tag}}}
"""


@dataclass(frozen=True)
class Hospital:
    """The project as its data engineer has it, its Prefect server, and its database."""

    project: Project
    server: PrefectServer
    address: DatabaseAddress
    repository: Path

    @property
    def output(self) -> Path:
        """Where the worker's runs write."""
        return self.server.folder / "output"

    @property
    def log(self) -> str:
        """What the worker and its runs said."""
        return (self.server.folder / "worker.log").read_text(encoding="utf-8")

    def seedbed(self, *arguments: str, stdin: str = "", check: bool = True) -> "subprocess.CompletedProcess[str]":
        """`seedbed ARGUMENTS` in the project, for this server and this environment."""
        env = {"POSTGRES_USER": self.address.user, "POSTGRES_PASSWORD": PASSWORD, "SEEDBED_ENV": "north"}
        done = subprocess.run(
            [sys.executable, "-m", "seedbed", *arguments],
            cwd=self.project.root,
            env=self.server.environment(self.project.root) | env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert not check or done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def write_file(self, tag: str) -> None:
        """The environment's file, with the code at this tag."""
        path = self.project.root / "deployments" / "environments" / "north.yaml"
        path.parent.mkdir(exist_ok=True)
        said = FILE.format(
            port=self.address.port, database=self.address.database, repository=f"file://{self.repository}", tag=tag
        )
        path.write_text(said, encoding="utf-8")

    def release(self, tag: str) -> None:
        """Commits the project, in which each room says at import where it lies and at which tag, and pushes it with the tag."""
        self.write_file(tag)
        for room in ROOMS:
            marker = f'import sys\n\nprint("{room} of {tag}:", __file__, file=sys.stderr)\n'
            (self.project.root / room / "__init__.py").write_text(marker, encoding="utf-8")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", tag)
        self._git("tag", tag)
        self._git("push", "--quiet", str(self.repository), tag)

    def spoil(self, *, by: str) -> None:
        """Adds a line to the file of genders, as somebody's editing may; an empty one: the file is as it was shipped."""
        shipped = (ROOT / GENDERS).read_text(encoding="utf-8")
        (self.project.root / GENDERS).write_text(shipped + by, encoding="utf-8")

    def start_repository(self) -> None:
        """The project becomes a git repository, and another one, bare, stands for the hospital's git server."""
        subprocess.run(["git", "init", "--quiet", "--bare", str(self.repository)], check=True)
        self._git("init", "--quiet")

    def _git(self, *arguments: str) -> None:
        name = ["-c", "user.name=Seedbed", "-c", "user.email=seedbed@example.org"]
        subprocess.run(["git", *name, *arguments], cwd=self.project.root, check=True)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement finds in the staging's database."""
        database = open_database(self.address)
        try:
            with database.transaction() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            database.close()


@pytest.fixture(scope="session")
def hospital(
    cluster: Cluster, prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hospital]:
    """The staging, adopted, its code released as v1 and deployed, its worker started with nothing but secrets."""
    address = clusters.create_database(cluster.address(), "emr_north", owner="north", password=PASSWORD)
    folder = tmp_path_factory.mktemp("staging")
    made = Hospital(copy_project(folder / "project"), prefect_server, address, folder / "hospital.git")
    made.start_repository()
    made.spoil(by=",TRUE,no code,no code,9\n")
    made.release("v1")
    made.seedbed("adopt", "north", stdin="emr_north\n")
    made.seedbed("migrate")
    made.seedbed("deploy", "--environment", "north")
    secret = folder / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    env = {"POSTGRES_USER": address.user, "POSTGRES_PASSWORD_FILE": str(secret), "SEEDBED_OUTPUT_DIR": str(made.output)}
    process = worker(prefect_server, "north-pool", env)
    yield made
    ended(process)
