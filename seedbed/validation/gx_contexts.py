"""Great Expectations, imported once and without its side effects, and its short-lived contexts."""

import functools
import importlib
import logging
import threading
import warnings
from typing import Any

from seedbed.validation.deferred_imports import collector_paused, deferred
from seedbed.validation.reused_configurations import allow_reuse

# Only the expectation on the Kullback-Leibler divergence and tests of distributions use them; they take a second to import.
SELDOM_USED = ("scipy.stats", "altair")
_IMPORT = threading.RLock()
_OWN = threading.local()


def great_expectations() -> Any:
    """The imported package; takes seconds on the first call, and threads that ask meanwhile wait."""
    with _IMPORT:
        return _imported()


@functools.cache
def _imported() -> Any:
    shown_before = warnings.showwarning
    with collector_paused(), deferred(SELDOM_USED):
        package: Any = importlib.import_module("great_expectations")
    pandas_engine: Any = importlib.import_module("great_expectations.execution_engine.pandas_execution_engine")
    if warnings.showwarning is not shown_before:
        # Five of its modules send every warning of the process to the log; whoever wants that asks for it.
        logging.captureWarnings(capture=False)
    # It fingerprints each frame that is smaller than this, for a marker that nobody reads: 40 % of the time at a million rows.
    pandas_engine.HASH_THRESHOLD = 0
    allow_reuse()
    # What fails comes back in the results; its log lines would repeat it with tracebacks and cell values.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    return package


def open_context() -> Any:
    """An ephemeral context that writes nothing, shows no progress bar and sends nothing."""
    package = great_expectations()
    types = importlib.import_module("great_expectations.data_context.types.base")
    config = types.DataContextConfig(
        store_backend_defaults=types.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        data_docs_sites={},
        analytics_enabled=False,
        progress_bars=types.ProgressBarsConfig(globally=False),
    )
    # Opening a context also makes it the process's current one; ours are held by those who opened them.
    with _IMPORT:
        return package.get_context(project_config=config, mode="ephemeral")


def open_frames() -> Any:
    """A batch definition that judges data frames, in a context of this thread's own: making one takes 50 ms."""
    if not hasattr(_OWN, "frames"):
        asset = open_context().data_sources.add_pandas("frames").add_dataframe_asset("frames")
        _OWN.frames = asset.add_batch_definition_whole_dataframe("whole")
    return _OWN.frames


def forget_frames(batch_definition: Any) -> None:
    """Let go of the frames that were judged: the engine keeps the last one otherwise."""
    manager = batch_definition.data_asset.datasource.get_execution_engine().batch_manager
    manager.batch_data_cache.clear()
    manager.reset_batch_cache()
