"""Set-up: master data from CSV files into their targets."""
