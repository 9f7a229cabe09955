"""The figures: what `make bench` runs; JSON lines on stdout, ratios taken within one run."""
