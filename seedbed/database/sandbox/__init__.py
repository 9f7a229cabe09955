"""The tables of the sandbox's services."""
