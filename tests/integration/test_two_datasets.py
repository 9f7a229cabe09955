"""Two datasets have an entity `product` and an entity `user` each: nothing of the one is taken for the other's."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from seedbed.actions.catalogue import catalogue_of
from seedbed.actions.context import Run
from seedbed.actions.runs.write_report import write_skips
from seedbed.actions.setup.audit import audit
from seedbed.actions.setup.load import Job, load_unit
from seedbed.actions.setup.plan import plan_run
from seedbed.actions.setup.references import derived_id
from seedbed.actions.setup.select import SetupRequest, select
from seedbed.content.suites import read_suite, suite_path, suites_digest
from seedbed.content.unknown_files import find_unknown_files
from seedbed.core.errors import UserError
from seedbed.core.spec import Column, Entity, Reference, module_graph, sort_by_dependency
from seedbed.database.engines import Database
from seedbed.database.ledger.run_results import iter_missing_keys, receipts_of, skips_of
from seedbed.database.schema.apply_schema import migrate_schema
from tests.support.builders.houses import SmallHouse, csv_text, house_on

COLUMNS = (Column("code", required=True), Column("name"))
PRODUCT, USER = Entity("product", "site", COLUMNS), Entity("user", "site", COLUMNS, target="keycloak")
OTHER_PRODUCT = Entity("product", "site", COLUMNS, dataset="other")
OTHER_USER = Entity("user", "site", COLUMNS, target="keycloak", dataset="other")
PRICE = Entity(
    "price",
    "site",
    (
        Column("code", required=True),
        Column("product_id", header="product_code", references=Reference("other/product")),
        Column("our_product_id", header="our_product_code", references=Reference("product")),
    ),
    dataset="other",
)
ENTITIES = {e.id: e for e in sort_by_dependency([OTHER_PRODUCT, OTHER_USER, PRICE, PRODUCT, USER])}
MODULES = module_graph(ENTITIES.values())
NO_X = ("expect_column_values_to_not_match_regex", {"column": "code", "regex": "^x"})
NO_Y = ("expect_column_values_to_not_match_regex", {"column": "code", "regex": "^y"})
OF_RUN = "SELECT entity, at, keys FROM seedbed.holding ORDER BY entity"


@pytest.fixture
def two(database: Database, tmp_path: Path) -> SmallHouse:
    """A house of both datasets: the first skips codes that begin with x, the other those that begin with y."""
    migrate_schema(database.engine, ENTITIES)
    built = house_on(database, tmp_path, ENTITIES, MODULES)
    for entity in ENTITIES.values():
        suite(built, entity, NO_Y if entity.dataset else NO_X)
    for entity, codes in ((PRODUCT, "abx"), (USER, "abx"), (OTHER_PRODUCT, "bcy"), (OTHER_USER, "bcy")):
        built.file(entity, csv_text(["code", "name"], [[code, f"{entity.id} {code}"] for code in codes]))
    built.file(PRICE, csv_text(["code", "product_code", "our_product_code"], [["p", "c", "a"], ["q", "a", "a"]]))
    return built


def suite(built: SmallHouse, entity: Entity, rule: tuple[str, dict[str, Any]], kind: str = "rows") -> None:
    expectation = {"type": rule[0], "kwargs": rule[1], "severity": "critical", "description": "is so"}
    path = built.root / "expectations" / entity.dataset / (entity.module if kind == "rows" else "results")
    path.mkdir(parents=True, exist_ok=True)
    content = {"name": entity.name, "expectations": [{**expectation, "meta": {"rule": f"{entity.name}-{kind}"}}]}
    (path / f"{entity.name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def request(built: SmallHouse, **options: Any) -> SetupRequest:
    return SetupRequest(**{"data_dirs": (built.data,), "on_duplicate": "update", **options})


def load_all(built: SmallHouse, run: Run, **options: Any) -> dict[str, dict[str, int]]:
    asked = request(built, **options)
    units = select(asked, catalogue_of(built.house))
    found = {}
    for unit in units:
        for report in load_unit(built.house, Job(run, asked, unit), built.notes(run.root)):
            found[report.entity] = {"module": report.module, "inserted": report.inserted, "skipped": report.skipped}
    return found


def test_each_is_loaded_into_its_own_table_by_its_own_rules_with_a_receipt_of_its_own(two: SmallHouse) -> None:
    run = Run("run-1", "run-1")
    done = load_all(two, run)
    assert done == {
        "product": {"module": "site", "inserted": 2, "skipped": 1},
        "user": {"module": "site", "inserted": 2, "skipped": 1},
        "other/product": {"module": "other/site", "inserted": 2, "skipped": 1},
        "other/user": {"module": "other/site", "inserted": 2, "skipped": 1},
        "other/price": {"module": "other/site", "inserted": 1, "skipped": 1},
    }
    assert {receipt.entity for receipt in receipts_of(two.database, "run-1")} == done.keys()
    assert two.query("SELECT code, name FROM product ORDER BY 1") == [("a", "product a"), ("b", "product b")]
    assert two.query("SELECT code, name FROM other.product ORDER BY 1") == [
        ("b", "other/product b"),
        ("c", "other/product c"),
    ]
    assert two.query("SELECT DISTINCT code FROM other.price") == [("p",)]
    assert {name: sorted(rows) for name, rows in two.memory.rows.items()} == {
        "user": ["a", "b"],
        "other/user": ["b", "c"],
    }


def test_owned_keys_are_kept_apart_so_that_one_file_retires_no_row_of_the_other(two: SmallHouse) -> None:
    load_all(two, Run("run-1", "run-1"))
    held = {(entity, at): sorted(keys) for entity, at, keys in two.query(OF_RUN)}
    assert {entity: keys for (entity, _), keys in held.items()} == {
        "product": ["a", "b"],
        "user": ["a", "b"],
        "other/product": ["b", "c"],
        "other/user": ["b", "c"],
        "other/price": ["p"],
    }
    two.file(OTHER_PRODUCT, csv_text(["code", "name"], [["b", "b"]]))
    load_all(two, Run("run-2", "run-2"))
    assert [(one.entity, one.key) for one in iter_missing_keys(two.database, "run-2")] == [("other/product", "c")]


def test_the_rejects_of_each_have_a_file_of_their_own(two: SmallHouse) -> None:
    run = Run("run-1", "run-1")
    load_all(two, run)
    write_skips(two.house, run, skips_of(two.database, run.root))
    rejects = two.house.output / run.name / "rejects"
    files = {path.relative_to(rejects).as_posix(): list(csv.DictReader(path.open())) for path in rejects.rglob("*.csv")}
    assert {name: [row["code"] for row in rows] for name, rows in files.items()} == {
        "site/product.csv": ["x"],
        "site/user.csv": ["x"],
        "other/site/product.csv": ["y"],
        "other/site/user.csv": ["y"],
        "other/site/price.csv": ["q"],
    }
    for path in (rejects / "other/site/product.csv", rejects / "site/product.csv"):
        path.write_text(path.read_text().replace("\ny,", "\nd,").replace("\nx,", "\ne,"), encoding="utf-8")
    done = load_all(
        two, Run("run-2", "run-2"), data_dirs=(two.data, rejects), mode="entity", entities=("other/product",)
    )
    assert done == {"other/product": {"module": "other/site", "inserted": 1, "skipped": 0}}
    assert two.query("SELECT code FROM other.product ORDER BY 1") == [("b",), ("c",), ("d",)]
    assert two.query("SELECT count(*) FROM product") == [(2,)]


def test_the_option_entities_tells_them_apart(two: SmallHouse) -> None:
    catalogue = catalogue_of(two.house)
    chosen = {
        given: [e.id for u in select(request(two, mode="entity", entities=(given,)), catalogue) for e in u.entities]
        for given in ("product", "other/product", "Other/User")
    }
    assert chosen == {"product": ["product"], "other/product": ["other/product"], "Other/User": ["other/user"]}
    (unit,) = select(request(two, mode="modules", modules=("other/site",)), catalogue)
    assert (unit.name, {entity.dataset for entity in unit.entities}) == ("other/site", {"other"})
    with pytest.raises(UserError, match="did you mean 'other/product'"):
        select(request(two, mode="entity", entities=("other/prduct",)), catalogue)


def test_a_changed_suite_or_file_changes_the_cache_key_of_its_own_module_and_of_those_that_depend_on_it(
    two: SmallHouse,
) -> None:
    run = Run("run-1", "run-1")
    before = plan_run(two.house, run, request(two), {}).keys
    assert set(before) == {"site", "other/site"}
    suite(two, OTHER_PRODUCT, NO_X)
    after = plan_run(two.house, run, request(two), {}).keys
    assert (after["site"] == before["site"], after["other/site"] == before["other/site"]) == (True, False)


def test_suites_stand_in_the_folder_of_the_dataset(two: SmallHouse) -> None:
    directories = two.house.expectations
    suites = [suite_path(directories, entity, "rows") for entity in (PRODUCT, OTHER_PRODUCT)]
    assert [path.relative_to(directories[0]).as_posix() for path in suites] == [
        "site/product.yaml",
        "other/site/product.yaml",
    ]
    names = [read_suite(directories, entity, "rows")["name"] for entity in (PRODUCT, OTHER_PRODUCT)]
    assert names == ["product", "other/product"]
    assert suites_digest(directories, PRODUCT) != suites_digest(directories, OTHER_PRODUCT)


def test_a_file_that_nobody_reads_is_found_in_the_folder_of_the_dataset(two: SmallHouse) -> None:
    (two.data / "other/site/prodct.csv").write_text("code\n", encoding="utf-8")
    (two.data / "other/notes").mkdir()
    (two.data / "other/notes/mine.csv").write_text("a\n", encoding="utf-8")
    strays = find_unknown_files([two.data], ENTITIES.values(), ENTITIES.values())
    assert [(stray.path.name, stray.similar_path) for stray in strays] == [("prodct.csv", "other/site/product.csv")]


def test_the_same_key_has_another_derived_id(two: SmallHouse) -> None:
    load_all(two, Run("run-1", "run-1"))
    ((ours,),) = two.query("SELECT id::text FROM product WHERE code = 'b'")
    ((theirs,),) = two.query("SELECT id::text FROM other.product WHERE code = 'b'")
    assert ours != theirs
    assert (derived_id(PRODUCT, ["b"]), derived_id(OTHER_PRODUCT, ["b"])) == (ours, theirs)


def test_each_table_is_tested_by_its_own_rules_and_a_query_names_it_by_its_id(two: SmallHouse) -> None:
    run, asked = Run("run-1", "run-1"), request(two)
    query = (
        "WITH b AS (SELECT * FROM {batch}) SELECT code FROM b WHERE NOT EXISTS "
        '(SELECT 1 FROM "other/price" p JOIN "other/product" o ON p.product_id = o.id WHERE o.code = b.code)'
    )
    suite(two, OTHER_PRODUCT, ("unexpected_rows_expectation", {"unexpected_rows_query": query}), "table")
    load_all(two, run)
    verdicts = {one["entity"]: one for one in audit(two.house, run, asked, select(asked, catalogue_of(two.house)))}
    assert {name for name, one in verdicts.items() if not one["success"]} == {"other/product"}
    (failed,) = [check for check in verdicts["other/product"]["checks"] if check["status"] == "FAIL"]
    assert failed["rule"] == "product-table"
