"""Names and constants in SQL: what drivers and templates would read never stands in them, and what they say stays the same."""

import re

from hypothesis import given
from hypothesis import strategies as st

from seedbed.database.sql_names import quote_identifier, quote_relation, regclass_text, sql_literal
from tests.support.stack.project import ROOT

TEXT = st.text(st.sampled_from("ab%s(){}:\\'\"0. ก"), max_size=12)


def read_back(sql: str, quote: str) -> str:
    """What PostgreSQL makes of a quoted text."""
    escaped = sql.startswith("U&")
    inner = sql.removeprefix("U&")[1:-1].replace(quote * 2, quote)
    if not escaped:
        return inner
    return re.sub(r"\\(\\|[0-9A-F]{4})", lambda m: "\\" if m[1] == "\\" else chr(int(m[1], 16)), inner)


@given(TEXT)
def test_a_quoted_text_says_the_same_and_holds_nothing_that_others_read(text: str) -> None:
    for sql, quote in ((quote_identifier(text), '"'), (sql_literal(text), "'")):
        assert not set(sql) & set("%:{}")
        assert read_back(sql, quote) == text
        assert sql % () == sql.format() == sql


def test_plain_names_stay_plain() -> None:
    assert (quote_identifier("code"), quote_relation("his.ward code"), sql_literal("it's")) == (
        '"code"',
        '"his"."ward code"',
        "'it''s'",
    )
    assert regclass_text('his.code%"') == '"his"."code%"""'


def test_no_other_place_quotes_names() -> None:
    pattern = re.compile(r"psycopg2 import sql|psycopg2\.sql|quote_ident\b|\.replace\('\"', '\"\"'\)")
    found = [
        str(file.relative_to(ROOT))
        for folder in ("seedbed", "tasks", "flows")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in file.parts and pattern.search(file.read_text(encoding="utf-8"))
    ]
    assert found == ["seedbed/database/sql_names.py"]
