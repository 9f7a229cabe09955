"""Builds each rule's configuration once per validation instead of hundreds of times.

Great Expectations derives an expectation's configuration from its fields at every access, and an expectation from a configuration
for every metric: a third of the time of a validation. Nothing changes either of them while a validation runs.
"""

import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

PLAIN = frozenset((str, int, float, bool, type(None)))
_RUNNING = threading.local()


@contextmanager
def configurations_reused() -> Iterator[None]:
    """Within this block, this thread builds the configuration of an expectation, and its inverse, once."""
    _RUNNING.built = {}
    try:
        yield
    finally:
        _RUNNING.built = None


def allow_reuse() -> None:
    """Prepares the imported package for `configurations_reused`; outside such a block it works as before."""
    expectations: Any = importlib.import_module("great_expectations.expectations.expectation")
    configurations: Any = importlib.import_module("great_expectations.expectations.expectation_configuration")
    expectation, configuration = expectations.Expectation, configurations.ExpectationConfiguration
    expectation.configuration = property(_built_once(expectation.configuration.fget))
    configuration.to_domain_obj = _built_once(configuration.to_domain_obj)
    ids: Any = importlib.import_module("great_expectations.core.id_dict").IDDict
    ids.to_id = _id_computed_once(ids.to_id)


def _built_once(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(build)
    def get(source: Any) -> Any:
        built = getattr(_RUNNING, "built", None)
        if built is None:
            return build(source)
        key = (id(source), build)
        if key not in built:
            built[key] = (source, build(source))  # the source is kept: its id must not be given to another object
        return built[key][1]

    return get


def _id_computed_once(compute: Callable[..., Any]) -> Callable[..., Any]:
    """The id of a dictionary of plain values, by its content: 30,000 ids of a validation are those of a few hundred contents."""

    @wraps(compute)
    def get(source: Any, *limits: Any, **named: Any) -> Any:
        built = getattr(_RUNNING, "built", None)
        if built is None or limits or named or not all(type(value) in PLAIN for value in source.values()):
            return compute(source, *limits, **named)
        key = (type(source), repr(source))  # 1, 1.0 and True are different contents
        if key not in built:
            built[key] = compute(source)
        return built[key]

    return get
