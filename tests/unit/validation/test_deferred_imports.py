"""Modules that are imported at their first use, each test in a process that has not imported them yet."""

import gc
import subprocess
import sys

from seedbed.validation.deferred_imports import collector_paused

LOADS_LATER = """
import sys
from seedbed.validation.gx_contexts import SELDOM_USED, great_expectations
great_expectations()
assert not [name for name in SELDOM_USED if name in sys.modules], "a seldom-used module was imported"
from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as module
used = (module.stats.entropy, module.alt.Chart)
import altair, scipy.stats
assert used == (scipy.stats.entropy, altair.Chart)
"""
USES_ONE = """
import pandas as pd
from seedbed.validation.gx_contexts import open_frames
from seedbed.validation.gx_suites import COMPLETE, build_suite, run
kwargs = {"column": "code", "partition_object": {"values": ["A", "B"], "weights": [0.5, 0.5]}, "threshold": 0.1, "max_value": 0.1}
rule = {"type": "expect_column_kl_divergence_to_be_less_than", "kwargs": kwargs, "severity": "critical", "description": "even",
        "meta": {"rule": "even"}}
for codes, holds in ((["A", "B"], True), (["A"] * 9 + ["B"], False)):
    batch = open_frames().get_batch(batch_parameters={"dataframe": pd.DataFrame({"code": codes})})
    assert run(batch, build_suite("later", [rule]), result_format=COMPLETE, parameters={})["even"].success is holds
"""


def test_great_expectations_is_imported_without_what_is_seldom_used_and_finds_it_when_it_is() -> None:
    subprocess.run([sys.executable, "-c", LOADS_LATER], check=True, capture_output=True)


def test_an_expectation_that_needs_a_deferred_module_is_evaluated() -> None:
    subprocess.run([sys.executable, "-c", USES_ONE], check=True, capture_output=True)


def test_the_garbage_collector_is_as_it_was() -> None:
    was_enabled = gc.isenabled()
    try:
        for enable in (gc.disable, gc.enable):
            enable()
            before = gc.isenabled()
            with collector_paused():
                assert not gc.isenabled()
            assert gc.isenabled() is before
    finally:
        gc.enable() if was_enabled else gc.disable()
