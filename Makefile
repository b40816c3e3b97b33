# Every command a developer needs. Each sets up what it needs, once; ARGS="…" goes on to the program that is run.
MAKEFLAGS += --no-print-directory --no-builtin-rules
SHELL := bash

VENV := .venv
# The Pythons that the package supports, as its metadata names them.
VERSIONS := $(shell sed -n 's/^ *Programming Language :: Python :: \(3\.[0-9]*\)$$/\1/p' setup.cfg)
OLDEST := $(firstword $(VERSIONS))
NEWEST := $(lastword $(VERSIONS))
# Newest first. A name on the PATH may be a shim that does not run, so each is asked.
PYTHON = $(shell for p in $$(printf 'python%s\n' $(VERSIONS) | sort -rV) python3; do \
  $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < tuple(map(int, "$(OLDEST)".split("."))))' \
    >/dev/null 2>&1 && { echo $$p; break; }; done)

bin := $(VENV)/bin

.DELETE_ON_ERROR:
.PHONY: help demo test test-all check docs bench

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo ## the life of an image, against the fake API (or the real one: ARGS=--live)
	@$(bin)/python examples/image_lifecycle.py $(ARGS)

test: $(VENV)/.test ## the whole test suite
	@$(bin)/python -m pytest $(ARGS)

test-all: ## the test suite on every supported Python that this machine has
	@found=; missing=; \
	for v in $(VERSIONS); do \
	  for p in python$$v $$(ls -d "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$v.*/bin/python$$v 2>/dev/null | sort -rV); do \
	    $$p -c 'import venv, ensurepip' >/dev/null 2>&1 && { found="$$found $$v=$$p"; continue 2; }; \
	  done; missing="$$missing $$v"; \
	done; \
	echo "Found:$$(printf ' %s' $$(printf '%s\n' $$found | cut -d= -f1)); not on this machine:$${missing:- none}."; \
	failed=; \
	for f in $$found; do \
	  echo "Python $${f%%=*}"; \
	  $(MAKE) test VENV=.venv-$${f%%=*} PYTHON=$${f#*=} || failed="$$failed $${f%%=*}"; \
	done; \
	[ -n "$$found" ] && { [ -z "$$failed" ] || { echo "Failed on:$$failed."; exit 1; }; }

check: $(VENV)/.check ## formatting, lint, types (oldest and newest Python), the rules of the house
	@echo 'Formatting and lint'
	@$(bin)/ruff format --check --quiet --output-format concise . || { echo 'Not formatted: run $(bin)/ruff format'; exit 1; }
	@$(bin)/ruff check --quiet .
	@for v in $(OLDEST) $(NEWEST); do \
	  echo "Types, as Python $$v reads them"; \
	  $(bin)/mypy --python-version $$v && \
	  PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(bin)/pyright --pythonpath $(bin)/python --pythonversion $$v || exit 1; \
	done
	@echo 'The rules of the house'
	@$(bin)/python -m pytest tests/test_house.py

docs: $(VENV)/.docs ## the documentation, into docs/_build
	@$(bin)/sphinx-build -q -W --keep-going docs docs/_build
	@echo 'Open docs/_build/index.html'

bench: $(VENV)/.bench ## ratios against other libraries
	@$(bin)/python -m benchmarks $(ARGS)

# One mark a purpose: made when what it needs is installed, stale when the metadata changes.
$(VENV)/.%: setup.cfg pyproject.toml $(VENV)/pyvenv.cfg
	@echo 'Installing what "make $*" needs into $(VENV)'
	@$(bin)/python -m pip install -qq --disable-pip-version-check --editable '.$(if $(filter-out demo,$*),[$*],[testing])' \
	  || { echo 'pip could not install it: its message is above. It needs the package index.'; exit 1; }
	@touch $@

# An environment whose Python has gone is made again.
$(shell [ -x $(bin)/python ] || rm -f $(VENV)/pyvenv.cfg)
$(VENV)/pyvenv.cfg:
	@[ -n "$(PYTHON)" ] || { \
	  echo 'hcloud needs Python $(OLDEST) or newer with its venv module (a package of its own on Debian and Ubuntu: python3-venv),'; \
	  echo 'and found none on the PATH. If it is elsewhere: make … PYTHON=/path/to/python3'; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
