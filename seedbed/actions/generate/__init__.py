"""Generated data: patients drawn, sent and written to files."""
