"""A house in a temporary folder: small entities, their suites and files, a real database, and a target in memory."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from seedbed.actions.context import AppContext, Run
from seedbed.actions.setup.load import Job, load_entity
from seedbed.actions.setup.select import ModuleUnit, SetupRequest
from seedbed.core.report import EntityReport
from seedbed.core.spec import Column, Entity, Reference
from seedbed.database.engines import Database
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.run_results import changes_of, skips_of
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.datasets import registry
from seedbed.targets.memory import MemoryTarget
from seedbed.targets.postgres.target import PostgresTarget
from seedbed.targets.recorder import Recorder

NAMES = Column("info", "json", parts=("info.th.name", "info.en.name"))
ACTIVE = Column("active", "boolean", required=True, default=True)
WARD = Entity("test_ward", "site", (Column("code", required=True), Column("name"), ACTIVE))
BED = Entity(
    "test_bed",
    "site",
    (
        Column("code", required=True),
        Column("ward_id", header="ward_code", required=True, references=Reference("test_ward")),
        Column("spare_ward", references=Reference("test_ward", take="code")),
        ACTIVE,
        Column("rank", "integer"),
        Column("price", "decimal"),
        Column("bought_on", "date"),
        Column("seen_at", "timestamp"),
        Column("tags", "list"),
        Column("more", "json"),
        NAMES,
    ),
)
ROOM = Entity(
    "test_room",
    "site",
    (Column("id", required=True), Column("code", required=True), Column("name")),
    own_id=True,
    audit="none",
)
PLAN = Entity(
    "test_plan",
    "money",
    (
        Column("main", required=True),
        Column("sub"),
        Column("ward_id", header="ward_code", references=Reference("test_ward")),
        Column("label"),
    ),
    key=("main", "sub", "ward_id"),
)
DRUG = Entity("test_drug", "money", (Column("code", required=True), Column("name")), audit="stamps_and_version")
SMALL = {entity.name: entity for entity in (WARD, BED, ROOM, PLAN, DRUG)}
MODULES: Mapping[str, tuple[str, ...]] = {"site": (), "money": ("site",)}
PROJECT = Path(__file__).resolve().parents[3]
ANY_ROWS = ("expect_table_row_count_to_be_between", {"min_value": 0})
Rule = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class SmallHouse:
    """A house, and what tests ask of it."""

    house: AppContext
    database: Database
    root: Path
    memory: MemoryTarget = field(default_factory=MemoryTarget)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "data"

    def entity(self, name: str) -> Entity:
        """The entity of that name."""
        return self.house.entities[name]

    def file(self, entity: Entity, content: str | bytes, *, folder: str = "data") -> Path:
        """Writes the entity's file, byte for byte."""
        path = self.root / folder / entity.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def suite(self, entity: Entity, *rules: Rule) -> None:
        """Writes the entity's row rules; without any, every row is right."""
        self._suite(entity, entity.module, rules or [ANY_ROWS])

    def results(self, entity: Entity, *rules: Rule) -> None:
        """Writes the entity's result rules, by which the audit judges its table."""
        self._suite(entity, "results", rules)

    def _suite(self, entity: Entity, folder: str, rules: Sequence[Rule]) -> None:
        expectations = [rule_of(place, rule) for place, rule in enumerate(rules)]
        path = self.root / "expectations" / folder / f"{entity.name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({"name": entity.name, "expectations": expectations}), encoding="utf-8")

    def job(self, run: str = "run-1", **options: Any) -> Job:
        """A job of that run; `options` are the request's."""
        folders = tuple(self.root / folder for folder in options.pop("folders", ("data",)))
        request = SetupRequest(**{"data_dirs": folders, "on_duplicate": "update", **options})
        return Job(Run(run, run), request, ModuleUnit("site", tuple(self.house.entities.values()), ()))

    def load(
        self, entity: Entity, content: str | bytes | None = None, *, run: str = "run-1", **options: Any
    ) -> EntityReport:
        """Loads the entity, from the content where some is given."""
        if content is not None:
            self.file(entity, content)
        return load_entity(self.house, self.job(run, **options), entity, self.notes(run))

    def notes(self, run: str = "run-1", holder: str = "") -> Recorder:
        """The ledger of a run, for the attempt that is called so."""
        return LedgerRecorder(self.database, AttemptRef(run, holder), "site")

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self.database.transaction() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    def execute(self, *statements: str) -> None:
        """Changes the database behind Seedbed's back."""
        with self.database.transaction() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def skips(self, run: str = "run-1") -> list[tuple[int, str, str]]:
        """Row, reason and message of each skip."""
        return [(row.skip.row, row.skip.reason, row.skip.message) for row in skips_of(self.database, run)]

    def reasons(self, run: str = "run-1") -> dict[int, str]:
        """Each skipped row's reason."""
        return {row: reason for row, reason, _ in self.skips(run)}

    def changes(self, run: str = "run-1") -> list[tuple[str, str, str | None, str | None]]:
        """Key, column, before and after of each changed cell."""
        return [(c.key, c.column, c.before, c.after) for c in changes_of(self.database, run)]


def counts(report: EntityReport) -> dict[str, int]:
    """The report's counts that are not zero; they add up."""
    assert report.adds_up, report
    names = ("read", "inserted", "updated", "unchanged", "skipped", "sent", "failed", "differing")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def small_house(database: Database, root: Path) -> SmallHouse:
    """A house of five small entities whose tables exist and whose suites let everything pass."""
    built = _house(database, root, SMALL, MODULES)
    (root / "data").mkdir(exist_ok=True)
    for entity in SMALL.values():
        built.suite(entity)
    return built


def hospital_house(database: Database, root: Path) -> SmallHouse:
    """A house of the hospital's entities with the shipped data and rules; APIs and Keycloak are targets in memory."""
    for folder in ("data", "expectations"):
        (root / folder).symlink_to(PROJECT / folder)
    return _house(database, root, registry.ENTITIES, registry.MODULES)


def _house(
    database: Database, root: Path, entities: Mapping[str, Entity], modules: Mapping[str, tuple[str, ...]]
) -> SmallHouse:
    migrate_schema(database.engine, entities)
    return house_on(database, root, entities, modules)


def house_on(
    database: Database, root: Path, entities: Mapping[str, Entity], modules: Mapping[str, tuple[str, ...]] = MODULES
) -> SmallHouse:
    """A house on a database as it is: whatever tables are there, whoever made them."""
    memory = MemoryTarget()
    targets = {"postgres": PostgresTarget(database), "cortex_api": memory, "keycloak": memory}
    house = AppContext(
        entities=entities,
        modules=modules,
        aliases={},
        target=targets.__getitem__,
        database=lambda: database,
        diagnose=lambda: (),
        target_addresses={"postgres": "a test's database"},
        root=root,
        is_local=True,
        known_headers=lambda entity: entity.headers,
    )
    return SmallHouse(house, database, root, memory)


def rule_of(place: int, rule: Rule) -> dict[str, Any]:
    """One expectation of a suite."""
    kind, kwargs = rule
    meta = {"rule": f"rule-{place}"}
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "description": f"breaks rule {place}", "meta": meta}


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file's text."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    return stream.getvalue()


@pytest.fixture
def small(database: Database, tmp_path: Path) -> SmallHouse:
    """The small house with its five entities."""
    return small_house(database, tmp_path)
