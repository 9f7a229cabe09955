# Seedbed's commands. Only Python 3.11+, make and a package index are assumed.
PYTHON ?= python3
BIN := .venv/bin
CHAOS = CHAOS_SEED=$(or $(SEED),1) CHAOS_SCHEDULES=$(or $(SCHEDULES),$(if $(SEED),1,200)) $(BIN)/python -m pytest -q
PURE_ROOMS := seedbed.core seedbed.master_data seedbed.datasets
PURE_TESTS := tests/unit/core tests/unit/master_data tests/unit/datasets tests/property/test_seen_keys.py

.DEFAULT_GOAL := help
.PHONY: help setup refresh validate test check fix bench chaos chaos-patients up down doctor clean lock

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup:  ## make .venv from requirements.lock
	@$(PYTHON) deployments/install.py

refresh: setup  ## the main job: start the local stack, run refresh-staging/adhoc, show what happened
	@$(BIN)/seedbed up
	@$(BIN)/seedbed refresh --on-worker

validate: setup  ## judge data/ without loading it; warnings count as well
	@$(BIN)/seedbed validate --strict

test: setup  ## all tests but the static checks, which `make check` runs
	@# The pure rooms' tests run once, with their coverage measured, beside the others, which often wait.
	@$(BIN)/python -m pytest --quiet $(PURE_TESTS) $(PURE_ROOMS:%=--cov=%) --cov-branch --cov-fail-under=95 --cov-report=term:skip-covered > .pure.log 2>&1 & pure=$$!; \
	trap 'kill $$pure; exit 130' INT TERM; \
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PURE_TESTS:%=--ignore=%) --ignore=tests/static --ignore=tests/benchmarks; rest=$$?; \
	wait $$pure; covered=$$?; cat .pure.log; [ $$rest = 0 ] && [ $$covered = 0 ]

check: setup  ## formatting, lint, types, import contracts, static checks of code, data and documents
	@$(BIN)/python deployments/check.py

fix: setup  ## repair what can be repaired by itself
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

bench: setup  ## the figures, as JSON lines; their slow tests first
	@$(BIN)/python -m pytest -q tests/benchmarks >&2
	@$(BIN)/python -m benchmarks

chaos: setup  ## 200 set-ups and two refreshes of the worker under kill -9; SEED=n repeats one, SCHEDULES=n tries so many
	@$(CHAOS) -k $(if $(SEED),set_up,killed) tests/integration/test_chaos.py

chaos-patients: setup  ## 200 runs of gen-mock and two of the worker under faults and kill -9; SEED=n, SCHEDULES=n as above
	@$(CHAOS) -k "disturbed$(if $(SEED), and not worker)" tests/integration/test_patient_chaos.py

up: setup  ## start the local stack
	@$(BIN)/seedbed up

down: setup  ## stop the local stack; its data stay
	@$(BIN)/seedbed down

doctor: setup  ## health checks
	@$(BIN)/seedbed doctor

clean:  ## stop the local stack and remove its data, reports and caches
	@[ ! -x $(BIN)/seedbed ] || $(BIN)/seedbed clean
	@! grep -qs 'Written by .seedbed up.' prefect.toml || rm -f prefect.toml
	@rm -rf output logs .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .coverage .pure.log htmlcov

lock: setup  ## compile requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 --quiet -o requirements.lock
