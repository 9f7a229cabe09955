"""Tables as bytes: a file a format. Pure, and a block at a time."""
