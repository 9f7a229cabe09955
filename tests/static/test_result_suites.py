"""Every result suite that is shipped belongs to an entity, and Great Expectations knows every rule in it."""

from pathlib import Path

import pandas as pd

from seedbed.content.suites import read_suite
from seedbed.core.spec import Entity
from seedbed.datasets.registry import ENTITIES
from seedbed.validation.frame_tests import audit_frame
from seedbed.validation.gx_suites import build_suite
from seedbed.validation.structure import check_columns, table_columns, table_rules
from seedbed.validation.table_test_results import TableAudit

EXPECTATIONS = Path(__file__).resolve().parents[2] / "expectations"


def test_every_result_suite_belongs_to_an_entity() -> None:
    assert {path.stem for path in (EXPECTATIONS / "results").glob("*.yaml")} <= ENTITIES.keys()


def test_the_rules_on_what_the_target_holds_are_all_known() -> None:
    assert {name: unknown for name in ENTITIES if (unknown := unknown_rules(ENTITIES[name]))} == {}


def unknown_rules(entity: Entity) -> list[str]:
    name, suite = entity.name, read_suite([EXPECTATIONS], entity, "table")
    if entity.target == "postgres":
        rules = [*table_rules(entity, ENTITIES), *suite["expectations"]]
        for rule in rules:
            check_columns(entity, rule, table_columns(entity))
        built = len(build_suite(name, rules).expectations)
        return [] if built == len(rules) else [f"{built} of {len(rules)} rules are known"]
    verdict = audit_frame(TableAudit(entity, suite, {"rows_accounted": 0}), pd.DataFrame(), {})
    return [check.description for check in verdict.checks if check.status != "PASS"]
