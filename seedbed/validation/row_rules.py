"""Rules that judge a row by its own cells, made ready for a frame of text.

A CSV has text in every cell. Rules that compare read a copy of their columns as numbers ("rank (number)"), by the entity's kind:
times are seconds since 1970. A cell that does not fit its kind is empty there, and is reported where the row is shaped.
Cells that are empty are judged by the rules on empty cells only, also where a rule reads several columns. What Great
Expectations cannot judge by a row's cells alone (`cell_checks.py`) is judged here, and given to it as a column of marks.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from seedbed.core.errors import DataError, unknown_name
from seedbed.core.messages.message import Message
from seedbed.core.spec import Entity, Kind
from seedbed.master_data.keys import SeenKeys
from seedbed.validation.cell_checks import ACROSS_ROWS, CHECKS, KEPT, check_kwargs, marks

Reads = Literal["text", "numbers", "set", "marks"]
Seen = dict[str, SeenKeys]
ROW_RULES: Mapping[str, Reads] = {
    "expect_column_values_to_not_be_null": "text",
    "expect_column_values_to_be_null": "text",
    "expect_column_values_to_be_in_set": "set",
    "expect_column_values_to_not_be_in_set": "set",
    "expect_column_values_to_match_regex": "text",
    "expect_column_values_to_not_match_regex": "text",
    "expect_column_values_to_match_regex_list": "text",
    "expect_column_values_to_not_match_regex_list": "text",
    "expect_column_value_lengths_to_be_between": "text",
    "expect_column_value_lengths_to_equal": "text",
    "expect_column_values_to_be_json_parseable": "text",
    "expect_column_values_to_match_strftime_format": "text",
    "expect_column_values_to_be_dateutil_parseable": "text",
    "expect_column_values_to_be_between": "numbers",
    "expect_column_pair_values_to_be_equal": "text",
    "expect_column_pair_values_to_be_in_set": "text",
    "expect_column_pair_values_a_to_be_greater_than_b": "numbers",
    "expect_select_column_values_to_be_unique_within_record": "text",
    "expect_multicolumn_values_to_be_equal": "text",
    "expect_multicolumn_sum_to_equal": "numbers",
    **dict.fromkeys(CHECKS, "marks"),
}
COUNT_RULES = ("expect_table_row_count_to_be_between", "expect_table_row_count_to_equal")
NUMBERS: tuple[Kind, ...] = ("integer", "decimal")
COMPARABLE: Mapping[Kind, tuple[tuple[type, ...], str]] = {
    "integer": ((int, float), "write a number, unquoted"),
    "decimal": ((int, float), "write a number, unquoted"),
    "date": ((dt.date,), "write a date such as 2020-01-31, unquoted"),
    "timestamp": ((dt.date,), "write a date such as 2020-01-31, unquoted"),
}
AS_NUMBER = " (number)"
MARK = " (mark)"
EPOCH = pd.Timestamp(0, tz="UTC")
EMPTY_CELLS: Mapping[str, str] = {"column_A": "either_value_is_missing", "column_list": "any_value_is_missing"}


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule of a suite: the columns it reads, as the file names them, and the expectation as it is given to the frame."""

    rule: str
    severity: str
    description: str
    columns: tuple[str, ...]
    expectation: Mapping[str, Any]
    check: Mapping[str, Any] | None = None  # the rule as the suite has it, where marks are judged in place of cells

    @property
    def is_across_rows(self) -> bool:
        """Whether the rows above have a say in it."""
        return self.check is not None and self.check["type"] in ACROSS_ROWS

    @property
    def message(self) -> Message:
        """What a row that breaks the rule is told: columns and the rule's sentence, never a value."""
        return Message("row-rule", rule=self.rule, columns=list(self.columns), sentence=self.description)


def row_rule(suite: str, expectation: Mapping[str, Any], kinds: Mapping[str, Kind]) -> RowRule:
    """One row rule of a suite, for columns of these kinds; DataError where it names another column or cannot judge rows."""
    name = str(expectation["meta"]["rule"])
    where = f"suite '{suite}', rule '{name}'"
    kwargs = dict(expectation["kwargs"])
    reads = ROW_RULES.get(expectation["type"])
    if reads is None:
        refusal = unknown_name("row rule", expectation["type"], (*ROW_RULES, *COUNT_RULES))
        step = f"{refusal.next_step}; rules on many rows at once belong in expectations/results/"
        raise DataError(f"{where}: {refusal.message}", next_step=step, code="suite-invalid")
    if "mostly" in kwargs:
        step = "leave it out, or make it a result rule"
        raise DataError(f"{where}: 'mostly' says nothing about one row", next_step=step, code="suite-invalid")
    columns = tuple(dict.fromkeys(columns_of(kwargs)))
    for column in columns:
        if column not in kinds:
            refusal = unknown_name("column", column, kinds)
            raise DataError(f"{where}: {refusal.message}", next_step=refusal.next_step, code="suite-invalid")
    what = (name, expectation["severity"], expectation["description"].strip(), columns)
    if reads == "marks":
        _check_marks(where, expectation)
        kwargs = {"column": name + MARK, "value_set": [KEPT]}
        return RowRule(
            *what, {**expectation, "type": "expect_column_values_to_be_in_set", "kwargs": kwargs}, expectation
        )
    for key, when in EMPTY_CELLS.items():
        if key in kwargs:
            kwargs.setdefault("ignore_row_if", when)
    return RowRule(*what, {**expectation, "kwargs": _as_numbers(where, kwargs, reads, kinds)})


def _check_marks(where: str, expectation: Mapping[str, Any]) -> None:
    try:
        check_kwargs(expectation)
    except DataError as error:
        raise DataError(f"{where}: {error.message}", next_step=error.next_step, code="suite-invalid") from error


def columns_of(kwargs: Mapping[str, Any]) -> Iterable[str]:
    """Every column that an expectation names, its condition's included."""
    for key in ("column", "column_A", "column_B", "in_column"):
        if key in kwargs:
            yield str(kwargs[key])
    yield from (str(column) for column in kwargs.get("column_list", ()))
    yield from _condition_columns(kwargs.get("row_condition"))


def _condition_columns(condition: Any) -> Iterable[str]:
    if isinstance(condition, Mapping):
        if isinstance(condition.get("column"), Mapping):
            yield str(condition["column"].get("name"))
        for part in condition.get("conditions", ()):
            yield from _condition_columns(part)


def _as_numbers(where: str, kwargs: dict[str, Any], reads: Reads, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The kwargs with the columns that are to be compared replaced by their copies as numbers."""
    if "row_condition" in kwargs:
        kwargs["row_condition"] = _number_condition(where, kwargs["row_condition"], kinds)
    constants = [kwargs[key] for key in ("min_value", "max_value", "sum_total") if kwargs.get(key) is not None]
    constants += list(kwargs.get("value_set") or ()) if reads == "set" else []
    columns = [
        *(kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs),
        *kwargs.get("column_list", ()),
    ]
    if not (reads == "numbers" or (reads == "set" and any(not isinstance(constant, str) for constant in constants))):
        return kwargs
    for column in columns:
        _check_comparable(where, column, kinds[column], constants)
    for key in ("column", "column_A", "column_B"):
        if key in kwargs:
            kwargs[key] = _copy_name(kwargs[key], kinds)
    if "column_list" in kwargs:
        kwargs["column_list"] = [_copy_name(column, kinds) for column in kwargs["column_list"]]
    return kwargs | {key: as_number(kwargs[key]) for key in ("min_value", "max_value") if key in kwargs}


def _number_condition(where: str, condition: Any, kinds: Mapping[str, Kind]) -> Any:
    if not isinstance(condition, Mapping):
        return condition
    if "conditions" in condition:
        return {**condition, "conditions": [_number_condition(where, part, kinds) for part in condition["conditions"]]}
    parameter = condition.get("parameter")
    constants = parameter if isinstance(parameter, list) else [parameter]
    if parameter is None or all(isinstance(constant, str) for constant in constants):
        return dict(condition)
    column = str(condition["column"]["name"])
    _check_comparable(where, column, kinds[column], constants)
    return {**condition, "column": {"name": _copy_name(column, kinds)}, "parameter": as_number(parameter)}


def _check_comparable(where: str, column: str, kind: Kind, constants: Iterable[Any]) -> None:
    """Text compares with text, numbers with numbers, times with times: anything else would fail every row."""
    wanted, step = COMPARABLE.get(kind, ((str,), "quote it: cells are text"))
    for constant in constants:
        if isinstance(constant, Mapping):
            continue  # a $PARAMETER: its value comes with the audit
        if isinstance(constant, bool) or not isinstance(constant, wanted):
            fault = f"{constant!r} cannot be compared with column '{column}', which holds {kind}"
            raise DataError(f"{where}: {fault}", next_step=step, code="suite-invalid")


def _copy_name(column: str, kinds: Mapping[str, Kind]) -> str:
    return column + AS_NUMBER if kinds[column] in COMPARABLE else column


def as_number(constant: Any) -> Any:
    """A date or time as seconds since 1970, UTC where it has no zone; anything else as it is."""
    if not isinstance(constant, dt.date):
        return constant
    moment = constant if isinstance(constant, dt.datetime) else dt.datetime.combine(constant, dt.time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


def header_kinds(entity: Entity) -> dict[str, Kind]:
    """The kind of each CSV column of an entity: what is gathered into JSON, or refers to another entity, is text."""
    return {
        header: "text" if column.parts or column.references else column.kind
        for column in entity.columns
        for header in column.headers
    }


def frame_for(
    rules: Sequence[RowRule], text: pd.DataFrame, kinds: Mapping[str, Kind], seen: Seen | None = None
) -> pd.DataFrame:
    """The columns that the rules read, null where a cell is empty, copies as numbers and marks; rows numbered 0..n-1.

    `seen`: what the rules that look beyond a row have met in the file's blocks above; added to.
    """
    named = {column for rule in rules for column in (*rule.columns, *columns_of(rule.expectation["kwargs"]))}
    plain = [column for column in text.columns if column in named]
    frame = text[plain].reset_index(drop=True)
    frame = frame.mask(frame == "")
    for column in plain:
        if column + AS_NUMBER in named:
            frame[column + AS_NUMBER] = _numbers(frame[column], kinds[column])
    seen = {} if seen is None else seen
    for rule in rules:
        if rule.check:
            frame[rule.rule + MARK] = marks(rule.check, text, seen.setdefault(rule.rule, SeenKeys())).to_numpy()
    return frame


def _numbers(cells: pd.Series, kind: Kind) -> pd.Series:
    if kind in NUMBERS:
        return pd.to_numeric(cells, errors="coerce").astype("float64")
    times = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
    return (times - EPOCH).dt.total_seconds()
