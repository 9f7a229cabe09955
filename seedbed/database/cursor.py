"""The type of a database cursor."""

from typing import Any

Cursor = Any  # psycopg2 ships no types for its C cursor
