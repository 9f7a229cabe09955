"""Names and constants as SQL text. Every statement takes them from here, with or without parameters."""

import re

# Characters that others read as their own before PostgreSQL sees them: psycopg2 (%), SQLAlchemy (: and %), templates ({ and }).
READ_BY_OTHERS = re.compile(r"[%:{}]")


def quote_identifier(name: str) -> str:
    """An identifier as SQL writes it; safe in any statement.

    >>> quote_identifier('a"b')
    '"a""b"'
    >>> quote_identifier("code%")
    'U&"code\\\\0025"'
    """
    return _between('"', name)


def quote_relation(relation: str) -> str:
    """A table as SQL writes it; the part before the first dot is its schema."""
    return ".".join(quote_identifier(part) for part in relation.split(".", 1))


def sql_literal(value: object) -> str:
    """A constant as SQL writes it; safe in any statement."""
    if isinstance(value, bool):
        return str(value).upper()
    return str(value) if isinstance(value, int) else _between("'", str(value))


def regclass_text(relation: str) -> str:
    """A table as the text that `::regclass` reads: a parameter's value, or inside `literal`. It knows no escapes."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in relation.split(".", 1))


def _between(quote: str, text: str) -> str:
    """The text between quotes; characters that others would read are written as PostgreSQL's Unicode escapes."""
    doubled = text.replace(quote, quote * 2)
    if not READ_BY_OTHERS.search(text):
        return f"{quote}{doubled}{quote}"
    escaped = READ_BY_OTHERS.sub(lambda found: f"\\{ord(found[0]):04X}", doubled.replace("\\", "\\\\"))
    return f"U&{quote}{escaped}{quote}"
