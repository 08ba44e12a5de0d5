# Two commands are enough on a fresh machine with Python 3.11 or newer: `make run` and `make test`.
.DEFAULT_GOAL := help
.PHONY: run stop reset test check bench screens lint format types floors migrations migrate lock worker setup help

BIN := .venv/bin
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard tenants/translations/*/LC_MESSAGES/*.po))
CODE := admin bench charity coalition migrations partner_portal tenants tests setup.py wsgi.py
READY := .venv/.product $(CATALOGUES)
READY_DEV := .venv/.development $(CATALOGUES)

run: $(READY) ## start everything: databases, demo, web, workers (Ctrl-C stops it all)
	@$(BIN)/coalition run

stop: $(READY) ## stop what `make run` started, from another terminal
	@$(BIN)/coalition stop

reset: $(READY) ## stop, and delete all data of the embedded servers
	@$(BIN)/coalition reset

test: $(READY_DEV) ## run the whole test suite
	@$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: lint types floors migrations ## what CI asks besides the tests

bench: $(READY) ## measure sales, files, postbacks and a closing against their limits, and the engine by itself
	@$(BIN)/coalition bench engine
	@$(BIN)/coalition bench online
	@$(BIN)/coalition bench file
	@$(BIN)/coalition bench aggregator
	@$(BIN)/coalition bench settlement

screens: $(READY_DEV) ## pictures of every workstation into docs/screens, while `make run` serves the demo
	@$(BIN)/python -m tests.browser.screens

lint: $(READY_DEV) ## style and formatting
	@$(BIN)/ruff check $(wildcard $(CODE))
	@$(BIN)/ruff format --check $(wildcard $(CODE))

format: $(READY_DEV) ## format the code
	@$(BIN)/ruff check --fix $(wildcard $(CODE))
	@$(BIN)/ruff format $(wildcard $(CODE))

types: $(READY_DEV) ## mypy, strict for coalition and tenants
	@$(BIN)/mypy

floors: $(READY_DEV) ## imports go down only
	@$(BIN)/lint-imports

migrations: $(READY_DEV) ## the models and the migrations say the same
	@$(BIN)/coalition db check

migrate: $(READY) ## bring the database to the newest migration
	@$(BIN)/coalition db upgrade

worker: $(READY) ## one more worker, against the running servers
	@$(BIN)/coalition worker

lock: $(READY_DEV) ## pin requirements*.in into requirements*.txt, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements-dev.in -o requirements-dev.txt

setup: $(READY_DEV) ## install what development needs

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it, or name it: make run PYTHON=/path/to/python3"; exit 2; }
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment; install its venv module."; exit 2; }

.venv/.product: requirements.txt setup.py | .venv/pyvenv.cfg
	@echo "Installing what Coalition needs (once, about a minute)..."
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.development: requirements-dev.txt .venv/.product
	@echo "Installing what its tests and checks need..."
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

%.mo: %.po .venv/.product
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
