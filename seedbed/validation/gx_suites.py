"""Suites of Great Expectations, built strictly, and its results, read strictly.

Left alone, Great Expectations drops an expectation of unknown type and passes, and calls an exception a failure without rows.
"""

import difflib
import importlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seedbed.core.errors import DataError, Transient, unknown_name
from seedbed.validation.gx_contexts import great_expectations
from seedbed.validation.reused_configurations import configurations_reused

BOOLEAN_ONLY: Mapping[str, Any] = {"result_format": "BOOLEAN_ONLY"}
COMPLETE: Mapping[str, Any] = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
CONDITIONS = ("comparison", "nullity", "and", "or")
NOT_KWARGS = frozenset(
    (
        *("id", "meta", "notes", "result_format", "description", "catch_exceptions", "rendered_content", "severity"),
        *("batch_id", "windows", "condition_parser"),
    )
)
# Without one of these an expectation is built, and passes whatever it sees.
ESSENTIAL = (("regex",), ("value_set",), ("column_list",), ("column_set",), ("min_value", "max_value"))
LOST = ("OperationalError", "InterfaceError", "QueryCanceled", "IdleInTransactionSessionTimeout")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def build_suite(name: str, rules: Sequence[Mapping[str, Any]]) -> Any:
    """An ExpectationSuite with exactly these rules; DataError names a type or kwargs that do not exist."""
    package = great_expectations()
    suite = package.ExpectationSuite(name=name, expectations=[_build_expectation(name, rule) for rule in rules])
    built = [expectation.meta["rule"] for expectation in suite.expectations]
    wanted = [rule["meta"]["rule"] for rule in rules]
    twice = [rule for rule, times in Counter(wanted).items() if times > 1]
    if twice:
        raise DataError(
            f"suite '{name}': the rule '{twice[0]}' stands twice",
            next_step="rename the one in expectations/",
            code="suite-invalid",
        )
    if built != wanted:
        lost = sorted(set(wanted) - set(built)) or wanted
        raise DataError(
            f"suite '{name}': the rule '{lost[0]}' got lost when the suite was built",
            next_step="report this",
            code="suite-invalid",
        )
    return suite


def _build_expectation(suite: str, rule: Mapping[str, Any]) -> Any:
    registry = importlib.import_module("great_expectations.expectations.registry")
    errors = importlib.import_module("great_expectations.compatibility.pydantic")
    where = f"suite '{suite}', rule '{rule['meta']['rule']}'"
    known = registry.list_registered_expectation_implementations()
    if rule["type"] not in known:
        raise _unknown_type(where, rule["type"], known)
    expectation = registry.get_expectation_impl(rule["type"])
    _check_arguments(where, rule, set(expectation.__fields__) - NOT_KWARGS)
    try:
        return expectation(**rule["kwargs"], **{field: rule[field] for field in ("severity", "description", "meta")})
    except (errors.ValidationError, TypeError, ValueError) as error:
        raise DataError(
            f"{where}: {_first_fault(error)}", next_step=f"mend the kwargs of {rule['type']}", code="suite-invalid"
        ) from error


def _unknown_type(where: str, name: str, known: Sequence[str]) -> DataError:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    step = f"did you mean '{near[0]}'?" if near else "the gallery of Great Expectations lists those that exist"
    return DataError(f"{where}: unknown expectation type '{name}'", next_step=step, code="suite-invalid")


def _check_arguments(where: str, rule: Mapping[str, Any], known: set[str]) -> None:
    for keyword in rule["kwargs"]:
        if keyword not in known:
            refusal = unknown_name(f"argument of {rule['type']}", keyword, known)
            raise DataError(f"{where}: {refusal.message}", next_step=refusal.next_step, code="suite-invalid")
    for keywords in ESSENTIAL:
        if known.issuperset(keywords) and all(rule["kwargs"].get(keyword) in (None, "", []) for keyword in keywords):
            raise DataError(
                f"{where}: {rule['type']} lacks '{' or '.join(keywords)}'",
                next_step="add it to kwargs",
                code="suite-invalid",
            )
    condition = rule["kwargs"].get("row_condition")
    if condition is not None and not (isinstance(condition, Mapping) and condition.get("type") in CONDITIONS):
        shape = "{type: comparison, column: {name: ...}, operator: '==', parameter: ...}"
        raise DataError(
            f"{where}: row_condition is no condition",
            next_step=f"write {shape}, or 'nullity', 'and', 'or'",
            code="suite-invalid",
        )
    if "{batch}" not in rule["kwargs"].get("unexpected_rows_query", "{batch}"):
        raise DataError(
            f"{where}: the query does not read from {{batch}}",
            next_step="start it WITH b AS (SELECT * FROM {batch})",
            code="suite-invalid",
        )


def _first_fault(error: Exception) -> str:
    faults = getattr(error, "errors", None)
    if not callable(faults):
        return str(error)
    fault = faults()[0]
    place = ".".join(str(part) for part in fault["loc"] if part != "__root__")
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


def run(batch: Any, suite: Any, *, result_format: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Rule -> its result, for every rule of the suite. DataError where a rule could not be checked: no verdict is not a good one."""
    errors = importlib.import_module("great_expectations.exceptions")
    try:
        with configurations_reused():
            outcome = batch.validate(suite, result_format=dict(result_format), expectation_parameters=dict(parameters))
    except errors.SuiteParameterError as error:
        raise DataError(
            f"suite '{suite.name}': {error}",
            next_step="give every $PARAMETER of the suite a value",
            code="suite-invalid",
        ) from error
    results = {result.expectation_config.meta["rule"]: result for result in outcome.results}
    for expectation in suite.expectations:
        rule = expectation.meta["rule"]
        if rule not in results:
            raise DataError(
                f"suite '{suite.name}': the rule '{rule}' was not checked",
                next_step="report this",
                code="suite-invalid",
            )
        for message in _exceptions(results[rule].exception_info or {}):
            if any(word in message for word in LOST):
                raise Transient(
                    f"suite '{suite.name}': the database was lost: {message}",
                    next_step="retry",
                    code="database-unavailable",
                )
            raise DataError(
                f"suite '{suite.name}': the rule '{rule}' could not be checked: {message}",
                next_step="does the rule suit the column's type, and does everything that it names exist?",
                code="suite-invalid",
            )
    return results


def is_lost(error: BaseException | None) -> bool:
    """Whether the error, or one that it came from, says that the database was lost."""
    while error is not None:
        if any(word in f"{type(error).__name__}: {error}" for word in LOST):
            return True
        error = error.__cause__ or error.__context__
    return False


def _exceptions(info: Mapping[str, Any]) -> Iterator[str]:
    """The messages of what was raised: the information is flat, or one mapping for each metric."""
    parts = [info] if "raised_exception" in info else [part for part in info.values() if isinstance(part, Mapping)]
    for part in parts:
        if part.get("raised_exception"):
            first = str(part.get("exception_message") or "no message").strip().splitlines()[0][:300]
            # What is quoted may be a cell's value; in these errors of PostgreSQL it is a name.
            yield first if "psycopg2.errors.Undefined" in first else QUOTED.sub("'...'", first)
