# Each target makes what it needs: .tools/uv (a pinned uv) and .venv (exactly requirements.lock).
# The second run finds the stamps and starts at once.
#
# The lock is a hashed requirements file and not uv.lock, because uv.lock writes the address of the
# package registry beside every package: a site with a mirror of its own could not use it unchanged.

PYTHON ?= python3
UV_VERSION := 0.13.9
ARGS ?=

UV := .tools/uv/bin/uv
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo serve test check lint bench fault mutants lock parts clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/.stamp ## start a ledger with sample learners and show the way round (ARGS=--exit ends it)
	@echo "demo: a ledger with sample learners"
	@$(BIN)/mastery demo $(ARGS)

serve: .venv/.stamp ## serve the ledger over HTTP, with an embedded PostgreSQL if none is set
	@echo "serve: the ledger over HTTP"
	@$(BIN)/mastery serve $(ARGS)

test: .venv/.stamp parts ## run the tests (ARGS="-k name" picks some)
	@echo "test: pytest"
	@$(BIN)/python -m pytest $(ARGS)

check: lint parts ## everything CI runs, in CI's order
	@echo "check: pytest"
	@$(BIN)/python -m pytest

lint: .venv/.stamp ## format, lint, types and direction of imports, without the tests
	@echo "lint: ruff format, ruff, mypy, pyright, import-linter"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/lint-imports

bench: .venv/.stamp ## measure rates and latencies from an empty database
	@echo "bench: rates and latencies"
	@$(BIN)/python -m tests.benchmarks $(ARGS)

fault: .venv/.stamp parts ## stop the service at each step and audit what is left
	@echo "fault: stop at each step, then audit"
	@$(BIN)/python -m tests.fault $(ARGS)

mutants: .venv/.stamp ## change the policies' code in small ways, and see that a test notices each (one to two hours)
	@echo "mutants: mutmut, on projections/policies"
	@$(BIN)/mutmut run --max-children 2 $(ARGS)
	@$(BIN)/python -m tests.mutants

parts: .venv/.stamp ## bring Chromium and Kafka for the tests, or say which tests are left out
	@$(BIN)/python -m tests.services.provision

lock: $(UV) ## write requirements.lock after a change of pyproject.toml (ARGS=--upgrade takes newer versions)
	@echo "lock: requirements.lock"
	@$(UV) pip compile -q $(ARGS) --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --group dev pyproject.toml -o requirements.lock

clean: ## remove the environment, the tools and the mutants
	@echo "clean: .venv, .tools and mutants"
	@rm -rf .venv .tools mutants

$(UV): Makefile
	@echo "tools: uv $(UV_VERSION)"
	@$(PYTHON) -m venv .tools/uv
	@.tools/uv/bin/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@touch $(UV)

.venv/.stamp: requirements.lock pyproject.toml $(UV)
	@echo "environment: .venv from requirements.lock"
	@test -x $(BIN)/python || $(UV) venv -q --python $(PYTHON) .venv
	@$(UV) pip sync -q --python $(BIN)/python requirements.lock
	@$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch .venv/.stamp
