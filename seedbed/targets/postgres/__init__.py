"""PostgreSQL as a target: rows, skips and receipt in one transaction."""
