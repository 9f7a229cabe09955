"""CSV rows -> typed rows: shaping, keys and references. Pure: what is read and what exists is handed in."""
