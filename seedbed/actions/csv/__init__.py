"""CSV files of one entity: which files, corrections, blocks of checked rows."""
