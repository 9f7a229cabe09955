"""Text rows from CSV files -> typed blocks; keys, duplicates, references."""
