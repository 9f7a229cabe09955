"""The Cortex API as a target: master data as CSV imports."""
