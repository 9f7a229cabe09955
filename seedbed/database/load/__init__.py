"""Rows into tables: COPY, merge, deactivate, bisect."""
