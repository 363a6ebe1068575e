# From a fresh clone with python3 and pip alone: `make demo` to see it work, `make test` to check it.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv
STAMP := $(VENV)/.installed
WORKERS ?= 2
CODE := reconciler providers tests

.PHONY: help venv demo test lint types imports unit long bench lock clean

help:
	@echo 'make demo    run the demonstration'
	@echo 'make test    style, types, import rules and tests'
	@echo 'make long    every test, the long ones too'
	@echo 'make bench   measure'
	@echo 'make lock    write requirements.lock anew (make lock LOCK_ARGS=--upgrade for newer versions)'
	@echo 'make clean   remove what was built'

venv: $(STAMP)

# Redone only when what is to be installed changes. pyspf has no wheel: the first step builds it with the setuptools that
# the lock file pins by hash; the second removes what the lock file does not name.
$(STAMP): requirements.lock pyproject.toml
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	test "$$($(BIN)/uv --version 2>/dev/null | cut -d' ' -f2)" = $(UV_VERSION) \
	  || $(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) pip install --quiet --require-hashes --no-deps --no-build-isolation-package pyspf -r requirements.lock
	$(UV) pip sync --quiet --require-hashes --compile-bytecode requirements.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

demo: $(STAMP)
	.ci/demo

test: lint types imports unit

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy $(CODE)

imports: $(STAMP)
	$(BIN)/lint-imports

unit: $(STAMP)
	$(PY) -m pytest -n $(WORKERS)

long: $(STAMP)
	LONG=1 $(PY) -m pytest -n $(WORKERS)

bench: $(STAMP)
	.ci/bench

# Hashes only: no address, no index, no local path, so that it installs from any mirror.
lock:
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
	  $(LOCK_ARGS) --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
