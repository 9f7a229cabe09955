"""What every registered dataset keeps, and what the registry refuses."""

import ast
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from seedbed.core.dataset import Dataset, Generator, Options, put_together
from seedbed.core.spec import Column, Entity, Reference
from seedbed.datasets.registry import ALIASES, DATASETS, ENTITIES, GENERATED, MODULES, PATIENTS

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = Entity("product", "sales", (Column("code", required=True),), dataset="erp")
ERP = Dataset("erp", entities=(PRODUCT,))
ALL = [pytest.param(dataset, id=name) for name, dataset in DATASETS.items()]


def importers_of(package: str) -> set[str]:
    """The files outside the package that import it."""
    found = set()
    for folder in ("seedbed", "flows", "tasks", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            names = [
                name
                for node in tree
                for name in (
                    [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else []
                )
            ]
            if any(name == package or name.startswith(f"{package}.") for name in names):
                found.add(path.relative_to(ROOT).as_posix())
    return {path for path in found if not path.startswith(package.replace(".", "/") + "/")}


@pytest.mark.parametrize("dataset", ALL)
def test_the_registry_alone_imports_a_dataset(dataset: Dataset) -> None:
    assert importers_of(f"seedbed.datasets.{dataset.name}") == {"seedbed/datasets/registry.py"}


@pytest.mark.parametrize("dataset", ALL)
def test_what_a_dataset_says_is_there(dataset: Dataset) -> None:
    ids = {entity.id for entity in dataset.entities} | dataset.generators.keys()
    assert ids <= ENTITIES.keys() | GENERATED.keys()
    assert set(dataset.publish) <= ids
    assert not dataset.content or set(dataset.content.entities) <= ENTITIES.keys()
    assert is_dataclass(dataset.options.cohort)
    assert len(dataset.options.scenarios) > 0
    dataset.options.cohort()  # everyone: no word is needed
    assert dataset.version >= 1


@pytest.mark.parametrize(
    "generator", [pytest.param(one, id=name) for d in DATASETS.values() for name, one in d.generators.items()]
)
def test_everyone_survives_json_and_needs_no_option(generator: Generator) -> None:
    cohorts = generator.cohorts
    assert cohorts.from_json(cohorts.to_json(cohorts.everyone)) == cohorts.everyone
    assert cohorts.as_options(cohorts.everyone) == ""


def test_ids_modules_and_aliases_are_each_one_thing() -> None:
    assert all(entity.id == name for name, entity in {**ENTITIES, **GENERATED}.items())
    assert {entity.module_id for entity in ENTITIES.values()} == MODULES.keys()
    assert not ALIASES.keys() & ENTITIES.keys()


def test_a_second_dataset_with_the_same_entity_and_module_stands_beside_the_first() -> None:
    both = put_together({**DATASETS, "erp": replace(ERP, entities=(replace(PRODUCT, module="finance"),))})
    assert {"product", "erp/product"} <= both.entities.keys()
    assert {"finance", "erp/finance"} <= both.modules.keys()
    assert {name: both.entities[name] for name in ENTITIES} == ENTITIES


LOST = replace(PRODUCT, columns=(Column("code", references=Reference("erp/prodct")),))
REFERRING = replace(PRODUCT, columns=(Column("code", references=Reference("product")),))


@pytest.mark.parametrize(
    ("datasets", "said"),
    [
        ({"epr": ERP}, "dataset 'erp' is registered as 'epr'"),
        ({"erp": replace(ERP, entities=(PRODUCT, PRODUCT))}, "two entities or aliases are called erp/product"),
        ({"erp": replace(ERP, aliases={"erp/product": ("erp/product",)})}, "two entities or aliases are called erp/product"),
        ({"erp": replace(ERP, aliases={"goods": ("erp/prodct",)})}, "an alias means no entity: erp/prodct"),
        ({"erp": replace(ERP, needs=("hosptal",))}, "dataset 'erp' needs unknown datasets: hosptal"),
        ({"erp": replace(ERP, entities=(replace(PRODUCT, dataset="other"),))}, "entities of another dataset in 'erp': other/product"),
        ({"erp": replace(ERP, generators={"patients": PATIENTS})}, "generators of 'erp' are not listed by their entities' ids: patients"),
        ({"erp": replace(ERP, entities=(REFERRING,))}, "dataset 'erp' refers to hospital, which its `needs` do not name"),
        ({"erp": replace(ERP, entities=(LOST,))}, "dataset 'erp' refers to unknown entities: erp/prodct"),
        ({"erp": replace(ERP, entities=(replace(PRODUCT, dataset=""),))}, "two entities or aliases are called product"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(datasets: dict[str, Dataset], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        put_together({**DATASETS, **datasets})


def test_a_dataset_that_needs_another_may_refer_to_it() -> None:
    both = put_together({**DATASETS, "erp": replace(ERP, entities=(REFERRING,), needs=("hospital",))})
    assert list(both.entities).index("product") < list(both.entities).index("erp/product")


def test_a_dataset_without_generators_says_so_by_empty_values() -> None:
    usual: dict[str, Any] = {field.name: getattr(ERP, field.name) for field in fields(ERP)}
    assert usual == {
        "name": "erp",
        "entities": (PRODUCT,),
        "generators": {},
        "needs": (),
        "aliases": {},
        "options": Options(),
        "content": None,
        "publish": (),
        "exports": {},
        "summary": None,
        "version": 1,
    }
