"""The hospital's patients, drawn: each a function of (vocabulary, cohort, seed, as-of, row) and of nothing else."""
