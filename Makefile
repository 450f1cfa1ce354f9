# `make run` and `make test` work on a fresh machine with Python >= 3.11 and make; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CONFIG ?= config/aggregator.yaml
# One more than there are cores: many tests wait for a process that they have started.
TEST_PROCESSES ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --no-strip-extras

# The tests start many processes, and each would translate the program anew.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: help run install install-dev test check fix bench word-forms stories crash-test schema lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: install ## start the daemon on config/aggregator.yaml (CONFIG=… for another)
	@exec $(BIN)/aggregator -c $(CONFIG) run

install: $(VENV)/.runtime
install-dev: $(VENV)/.development

test: install-dev ## everything: check, and the whole test suite with coverage
	$(MAKE) --no-print-directory check
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist worksteal --cov --cov-report=
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --fail-under=100 \
		--include='aggregator/model/*,aggregator/matching/*,aggregator/alerts/*,aggregator/stories/*,aggregator/operations/*'

check: install-dev ## linters, types, the import rule, spelling, the Dockerfile
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry aggregator
	$(BIN)/codespell
	$(BIN)/hadolint Dockerfile

fix: install-dev ## format, and mend what the linter can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: install-dev ## print the benchmarks' figures
	$(BIN)/python benchmarks/poll.py
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/websub.py
	PYTHONPATH=tests $(BIN)/python benchmarks/delivery.py
	PYTHONPATH=tests $(BIN)/python benchmarks/pacing.py
	$(BIN)/python benchmarks/hostile.py
	$(BIN)/python benchmarks/matching.py
	$(BIN)/python benchmarks/configuration.py
	PYTHONPATH=tests $(BIN)/python benchmarks/word_forms.py
	$(BIN)/python benchmarks/backtest.py

word-forms: install-dev ## recall and precision of the word forms, by language (ARGS=--verbose: with the misses)
	PYTHONPATH=tests $(BIN)/python benchmarks/word_forms.py $(ARGS)

stories: install-dev ## precision and recall of the stories that articles become, and what one costs
	PYTHONPATH=tests $(BIN)/python benchmarks/stories.py

crash-test: install-dev ## kill the program 200 times while 2,000 alerts flow to 50 channels, and count (some minutes)
	PYTHONPATH=tests $(BIN)/python benchmarks/crash.py

schema: install ## renew config/aggregator.schema.json
	$(BIN)/aggregator schema > config/aggregator.schema.json

lock: install-dev ## renew the hash-checked requirement files
	$(COMPILE) --upgrade --extra fulltext pyproject.toml requirements/build.in -o requirements/runtime.txt
	$(COMPILE) --upgrade --extra fulltext --extra development -c requirements/runtime.txt pyproject.toml requirements/build.in \
		-o requirements/development.txt

clean: ## remove what the targets above made; var/ (your data) stays
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing aggregator into $(VENV) (once; a minute on a slow line) …"
	@$(PIP) install --no-deps --require-hashes -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.development: requirements/development.txt $(VENV)/.runtime
	@echo "Installing what the tests need into $(VENV) …"
	@$(PIP) install --no-deps --require-hashes -r requirements/development.txt
	@touch $@

# A venv without pip or ensurepip (Debian without python3-venv) gets a sentence, not a traceback.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "aggregator needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -qq -y python3-venv; \
		  else echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; fi; }
	@$(PYTHON) -m venv $(VENV)
