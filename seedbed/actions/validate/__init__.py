"""Master data checked without loading it."""
