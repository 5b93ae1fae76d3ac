# make run    set everything up and start the server on 127.0.0.1:8600
# make test   set up what the tests need and run them all
# make check  what a change must pass before it is committed: half a minute
# make bench  Beholden and its peers, side by side (see benchmarks/)

PYTHON ?= python3
# Each takes a core and, with all models, 1.5 GB of memory.
TEST_PROCESSES ?= 2
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Tests start many processes: each would compile all sources anew, where this is set.
unexport PYTHONDONTWRITEBYTECODE

# What plays an RTSP camera and an MQTT broker in tests.
PLAYS_CAMERA := /usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null
PLAYS_BROKER := PATH=$$PATH:/usr/sbin command -v mosquitto >/dev/null

.PHONY: setup run test check bench clean

run: setup
	@$(BIN)/beholden serve

setup: .venv/runtime
	@$(BIN)/beholden models install

test: .venv/dev
	@$(BIN)/beholden models install
	@$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

check: .venv/dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/unit -m 'not slow' --numprocesses $(TEST_PROCESSES) --dist loadfile

bench: .venv/dev
	@$(BIN)/beholden models install
	@$(BIN)/python -m benchmarks

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Beholden needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 run'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || ./tools/debian python3-venv
	@echo 'Making a virtual environment in .venv'
	@$(PYTHON) -m venv .venv

.venv/runtime: .venv/bin/python pyproject.toml constraints.txt
	@echo 'Installing pinned dependencies'
	@$(PIP) --editable .
	@touch $@

.venv/dev: .venv/runtime
	@command -v npm >/dev/null || ./tools/debian nodejs npm
	@$(PLAYS_CAMERA) && $(PLAYS_BROKER) || ./tools/debian --no-install-recommends mosquitto python3-gi \
	  gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
	  || echo 'Until then tests of RTSP cameras and MQTT are skipped.'
	@echo 'Installing what the tests need'
	@$(PIP) --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv .bench-venv
