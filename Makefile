# Every target works on a fresh machine with Python 3.11 and make; nothing needs root.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PORT ?= 8080
SEED ?= 7
APPLICATIONS ?= 500

.DEFAULT_GOAL := help
.PHONY: help install up demo test check format crash-test bench bench-full lock clean

help: ## Show what there is to do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(INSTALLED): requirements.lock pyproject.toml
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(INSTALLED) ## Install everything into .venv from the hashed lock

up: $(INSTALLED) ## Start it all on this machine, show the demo applications' way, stay up (PORT=8080)
	@$(BIN)/lotse up --port $(PORT)

demo: $(INSTALLED) ## The same, then end: one line per demo application
	@$(BIN)/lotse up --demo --port $(PORT)

# Most tests wait for servers: four workers, each with servers of its own, and no file split between them.
test: $(INSTALLED) ## Run all tests
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

check: $(INSTALLED) ## Format, lint, types and import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED) ## Format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

crash-test: $(INSTALLED) ## Kill everything at random under load: make crash-test SEED=7 APPLICATIONS=500
	@$(BIN)/python -m tests.crash --seed $(SEED) --applications $(APPLICATIONS)

bench: $(INSTALLED) ## Measure against the budgets
	@$(BIN)/python -m bench

bench-full: $(INSTALLED) ## Measure a directory of 5 million responsibilities: four minutes, 10 GB of disk
	@$(BIN)/python -m bench --full

lock: ## Write requirements.lock anew from pyproject.toml
	@$(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet pip-tools
	@build/lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --all-extras --output-file requirements.lock pyproject.toml

clean: ## Remove what was installed and built; data in .lotse stays
	@rm -rf $(VENV) build *.egg-info
