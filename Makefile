# Countersign: `make` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench bench-peers soak clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: constraints.txt pyproject.toml client/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Countersign needs Python 3.11 or newer; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	# pip's hash mode refuses an editable install: what we stand on first, by hash, then ourselves.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e client
	touch $@

setup: $(VENV)/.installed ## make .venv with the countersign command in it

demo: setup ## the sample company in your browser; ARGS=--fresh starts over, ARGS=--history gives it a past
	@exec $(BIN)/countersign demo $(ARGS)

test: setup ## the whole test suite
	$(BIN)/pytest -n 3 --dist loadfile $(ARGS)

check: setup ## format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## measure against floors, in one run on this machine
	$(BIN)/python -m bench $(ARGS)

$(PEERS)/.installed: bench/peers/constraints.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/peers/constraints.txt
	touch $@

bench-peers: setup $(PEERS)/.installed ## the same work by LangGraph, DBOS and Procrastinate; writes docs/performance.md
	$(BIN)/python -m bench.peers $(ARGS)

soak: setup ## the deep runs of the same tests
	COUNTERSIGN_EXAMPLES=50000 $(BIN)/pytest tests/core/test_properties.py --timeout 7200
	$(BIN)/pytest -m soak --timeout 7200 $(ARGS)

clean: ## remove what was made here, the demo's data included
	rm -rf $(VENV) $(PEERS) .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis artifacts
