# make run    install what is needed into .venv, open the workbench (ARGS="-m model.gguf" passes flags)
# make test   install what tests need, run all but the long group
#
# uv and the committed lock file do the work. uv is brought along when the machine has none.

SHELL := /bin/sh
PYTHON ?= python3
UV_HOME := .uv
UV := $(or $(shell command -v uv 2>/dev/null),$(abspath $(UV_HOME))/bin/uv)
BIN := .venv/bin

export UV
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV

# An install is done once for each lock file and compiled source, by its stamp: a second `make run`
# resolves nothing.
RUN_STAMP := .venv/.run
DEV_STAMP := .venv/.dev
LOCK := uv.lock pyproject.toml $(wildcard tui/sampling/*.[ch]) tui/sampling/compiling.py

.PHONY: help run test test-long check format docs pictures lock clean
.DEFAULT_GOAL := help

help:
	@echo "make run        install, then open the workbench; ARGS=\"...\" passes flags"
	@echo "make test       install, then run the tests; ARGS=\"...\" passes flags to pytest"
	@echo "make test-long  run the long group: soak, kill and size runs"
	@echo "make check      format, lint, types, import contracts"
	@echo "make format     put the sources into shape"
	@echo "make docs       write docs/reference again from the tables"
	@echo "make pictures   draw the pictures of the workbench in docs/images again"
	@echo "make lock       resolve the dependencies again"
	@echo "make clean      remove what was installed"

run: $(RUN_STAMP)
	@$(BIN)/logitscope $(ARGS)

test: $(DEV_STAMP)
	$(BIN)/python -m pytest -n 2 -m "not long" $(ARGS)

test-long: $(DEV_STAMP)
	$(BIN)/python -m pytest -m long -rP $(ARGS)

check: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(DEV_STAMP)
	$(BIN)/python -m tui.cli.reference

pictures: $(DEV_STAMP)
	$(BIN)/python -m tests.support.pictures

lock: $(UV)
	$(UV) lock

clean:
	rm -rf .venv $(UV_HOME) dist

# $(1) is what uv is to do. What lies in uv's cache is taken as it is: asked online, some package
# servers make uv fetch the sources of llama.cpp again, and then it compiles them again. A line every
# 20 s says that the compiler is still at work.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; PYTHON=... names another one." >&2; exit 1; }
	@command -v c++ >/dev/null || \
	  { echo "A C++ compiler is needed (Debian: apt install g++)." >&2; exit 1; }
	@echo "Installing into .venv. The first time, llama.cpp is compiled: about 5 minutes on 2 cores."
	@( begun=$$(date +%s); while sleep 20 >/dev/null 2>&1; do \
	     echo "  still at work after $$(( $$(date +%s) - begun )) s"; done ) & beat=$$!; \
	trap "kill $$beat 2>/dev/null" EXIT; \
	$(UV) sync --offline --quiet --python $(PYTHON) $(1) 2>/dev/null || \
	  $(UV) sync --python $(PYTHON) $(1)
endef

$(RUN_STAMP): $(LOCK) | $(UV)
	$(call install,--frozen --no-dev --inexact)
	@touch $@

$(DEV_STAMP): $(LOCK) | $(UV)
	$(call install,--locked)
	@touch $(RUN_STAMP) $@

$(abspath $(UV_HOME))/bin/uv:
	@echo "Bringing uv into $(UV_HOME)."
	@$(PYTHON) -m venv $(UV_HOME) || \
	  { echo "Python's venv is needed (Debian: apt install python3-venv)." >&2; exit 1; }
	@$(UV_HOME)/bin/pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
