# Every command a developer needs. Each one installs what it needs into $(VENV), once. ARGS="…" is passed on to the program.
MAKEFLAGS += --no-print-directory --no-builtin-rules
SHELL := bash

VENV := .venv
# The supported Python versions: the classifiers of the package.
VERSIONS := $(shell sed -n 's/^ *Programming Language :: Python :: \(3\.[0-9]*\)$$/\1/p' setup.cfg)
OLDEST := $(firstword $(VERSIONS))
# mypy and pyright accept any version without complaint; the releases that setup.cfg requires know this one.
NEWEST := $(lastword $(VERSIONS))
# The newest one on the PATH. Each is tried, since a pyenv shim may exist for a version that does not run.
PYTHON = $(shell for p in $$(printf 'python%s\n' $(VERSIONS) | sort -rV) python3; do \
  $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < tuple(map(int, "$(OLDEST)".split("."))))' \
    >/dev/null 2>&1 && { echo $$p; break; }; done)

bin := $(VENV)/bin
# Coverage data of one environment, out of the way of the others.
export COVERAGE_FILE := $(abspath $(VENV))/coverage

.DELETE_ON_ERROR:
.PHONY: help demo test test-all check docs dist bench

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo ## the life of an image, against the fake API (or the real one: ARGS=--live)
	@$(bin)/python examples/image_lifecycle.py $(ARGS)

test: $(VENV)/.test ## the whole test suite with its line coverage; a part of it without: ARGS="tests/images"
ifdef ARGS
	@$(bin)/python -m pytest $(ARGS)
else
	@$(bin)/coverage erase
	@$(bin)/coverage run -m pytest
	@$(bin)/coverage combine -q
	@$(bin)/coverage report >$(VENV)/line-coverage.txt || { cat $(VENV)/line-coverage.txt; exit 1; }
endif

test-all: ## the test suite on every supported Python that this machine has
	@found=; missing=; \
	for v in $(VERSIONS); do \
	  for p in python$$v $$(ls -d "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$v.*/bin/python$$v 2>/dev/null | sort -rV); do \
	    $$p -c 'import venv, ensurepip' >/dev/null 2>&1 && { found="$$found $$v=$$p"; continue 2; }; \
	  done; missing="$$missing $$v"; \
	done; \
	passed=; failed=; \
	for f in $$found; do \
	  v=$${f%%=*}; \
	  echo "Python $$v"; \
	  if $(MAKE) test VENV=.venv-$$v PYTHON=$${f#*=}; then passed="$$passed $$v"; else failed="$$failed $$v"; fi; \
	done; \
	echo "Passed on Python:$${passed:- none}. Failed on:$${failed:- none}. Not on this machine:$${missing:- none}."; \
	[ -n "$$passed" ] && [ -z "$$failed" ]

check: $(VENV)/.check ## formatting, lint, types (oldest and newest Python), house rules
	@echo 'Formatting and lint'
	@$(bin)/ruff format --check --quiet --output-format concise . || { echo 'Not formatted: run $(bin)/ruff format'; exit 1; }
	@$(bin)/ruff check --quiet .
	@for v in $(OLDEST) $(NEWEST); do \
	  echo "Types for Python $$v"; \
	  $(bin)/mypy --python-version $$v && \
	  PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(bin)/pyright --pythonpath $(bin)/python --pythonversion $$v || exit 1; \
	done
	@echo 'House rules, recipes, the built documentation, the types that users see, and what editors show'
	@$(bin)/python -m pytest tests/test_house.py tests/test_wording.py tests/test_contributing.py tests/test_built_docs.py \
	  tests/typing tests/editors

docs: $(VENV)/.docs ## the documentation, into docs/_build
	@$(bin)/sphinx-build -q -W --keep-going docs docs/_build
	@echo 'Open docs/_build/index.html'

dist: $(VENV)/.dist ## wheel and sdist, into dist/: built, checked, and the wheel tried in a clean environment
	@rm -rf build dist
	@$(bin)/python -m build --quiet
	@$(bin)/twine check --strict dist/*
	@$(bin)/python .ci/check_dist.py

bench: $(VENV)/.bench ## ratios against other libraries
	@$(bin)/python -m benchmarks $(ARGS)

# One marker file for each command: made when its requirements are installed, out of date when the metadata changes.
$(VENV)/.%: setup.cfg pyproject.toml $(VENV)/pyvenv.cfg
	@echo 'Installing what "make $*" needs into $(VENV)'
	@pip='$(bin)/python -m pip install -qq --disable-pip-version-check'; \
	$(bin)/python -c 'import pip' 2>/dev/null || $(bin)/python -m ensurepip >/dev/null; \
	$$pip 'pip>=21.3' && $$pip --editable '.[$(if $(filter-out demo,$*),$*,testing)]' \
	  || { echo 'pip could not install it; its message is above. The package index must be reachable.'; exit 1; }
	@touch $@

# An environment whose Python does not run is made again.
$(VENV)/pyvenv.cfg: $(shell $(bin)/python -c '' >/dev/null 2>&1 || echo unusable)
	@[ -n "$(PYTHON)" ] || { \
	  echo 'hcloud needs Python $(OLDEST) or newer with its venv module (a package of its own on Debian and Ubuntu: python3-venv),'; \
	  echo 'and none was found on the PATH. If it is elsewhere: make … PYTHON=/path/to/python3'; exit 1; }
	@if [ -d $(VENV) ]; then echo 'The Python of $(VENV) does not run; $(VENV) is made again.'; fi
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@[ ! -e $(VENV) ] || [ -d $(VENV) ] || { echo '$(VENV) is a file; remove it, or name another folder: make … VENV=…'; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)

.PHONY: unusable
unusable:
