"""A file a flow: each lists its tasks; no rule inside."""
