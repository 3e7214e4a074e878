# Every command of the project, one line each; `make help` lists them.
# Needs make and Python 3.11 to 3.14; PYTHON=... names another interpreter. Everything is installed into .venv.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null && echo "$$name" && break; done)
BIN := .venv/bin
INSTALLED := .venv/installed
WARMED := .venv/warmed
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
# Tests run side by side: as many at once as there are cores, eight at most.
PYTEST := $(BIN)/pytest --numprocesses auto --maxprocesses 8 --dist worksteal -rfEs
LOCKED := --require-hashes --only-binary :all: -r

.PHONY: help install warm demo check test test-slow wheel test-wheel bench docs tables lock clean
.DEFAULT_GOAL := help

help:           ## list these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 18

install: $(WARMED)  ## make .venv, install what requirements.lock names and the package, compile the kernels

warm: $(WARMED) ## compile the kernels, so that no later command waits for it

demo: $(WARMED) ## from nothing to a pool and a small classifier: a made-up crawl through pipelines/quickstart.yaml
	$(BIN)/dclm sample-crawl demo/crawl && $(BIN)/dclm run pipelines/quickstart.yaml --source demo/crawl --out demo/pool
	$(BIN)/dclm classifier train baselines/dclm-fasttext/small.yaml --out demo/classifier

check: $(INSTALLED) ## format, lint, types and floors
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports --no-cache

test: $(WARMED) ## the tests that are quick
	$(PYTEST) -m "not slow"

test-slow: $(WARMED) ## the tests that are not
	$(PYTEST) -m slow

wheel: $(INSTALLED) ## build the package: dist/*.whl and dist/*.tar.gz
	rm -rf dist && $(BIN)/hatchling build

test-wheel: wheel ## install the wheel into an empty environment, and run the quickstart there, outside of the checkout
	rm -rf build/wheel && $(PYTHON) -m venv build/wheel/env
	build/wheel/env/bin/pip install --quiet --disable-pip-version-check --no-compile $(LOCKED) .venv/uv.lock
	build/wheel/env/bin/uv pip install --quiet --python build/wheel/env/bin/python $(LOCKED) requirements.lock || build/wheel/env/bin/pip install --quiet $(LOCKED) requirements.lock
	build/wheel/env/bin/pip install --quiet --disable-pip-version-check --no-deps --no-index dist/*.whl
	cd build/wheel && env/bin/dclm sample-crawl crawl --pages 200 && env/bin/dclm run quickstart --source crawl --out pool --executor inline && env/bin/dclm verify pool

bench: $(WARMED) ## what things cost, as multiples of the floor
	$(BIN)/python -m bench

docs: $(INSTALLED) ## write the generated pages and the recipe schema again
	$(BIN)/python -m dclm_pipeline.cli docs

tables: $(INSTALLED) ## write the Unicode tables of the kernels again
	$(BIN)/python -m tests.kernels.word_break_file

lock: $(INSTALLED) ## write requirements.lock again, at the newest versions that fit pyproject.toml
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-annotate --no-header --output-file requirements.lock pyproject.toml

clean:          ## remove what the other commands made, except .venv
	rm -rf demo .mypy_cache .ruff_cache .pytest_cache .hypothesis && find dclm_pipeline tests bench stand_ins -name __pycache__ -type d -prune -exec rm -rf {} +

# uv installs several times faster than pip, but reads none of pip's configuration: where it finds no index, pip takes over.
$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 to 3.14 found; name one: make PYTHON=/path/to/python3 install" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	awk '/^[^ ]/ {wanted = /^uv==/} wanted' requirements.lock > .venv/uv.lock
	{ $(PIP) --no-compile $(LOCKED) .venv/uv.lock && $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python $(LOCKED) requirements.lock; } || $(PIP) $(LOCKED) requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(WARMED): $(INSTALLED) $(wildcard dclm_pipeline/kernels/*.py dclm_pipeline/kernels/*/*.py)
	$(BIN)/python -c "from dclm_pipeline.cli.watching import compile_shown; compile_shown()"
	touch $@
