# make demo | make test are all a newcomer needs; both set up what they use.
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
# Numerical libraries share two small cores with many processes here: one thread each is faster.
export OMP_NUM_THREADS ?= 1
export TF_CPP_MIN_LOG_LEVEL ?= 3

help:
	@echo "make demo    the whole loop on this machine (sets itself up, about six minutes)"
	@echo "make test    every test, with a real broker"
	@echo "make check   format, lint, types, import rules"
	@echo "make bench   measurements, as ratios in one run"
	@echo "make deb     the Debian packages for boards, in dist/"
	@echo "make boot    install the package under a real systemd (root, mmdebstrap, systemd-container; minutes)"
	@echo "make homeassistant  Home Assistant itself, in .homeassistant/, reads what devices announce"
	@echo "make accuracy  how well real recordings are recognised, into docs/benchmarks.md (an hour or two)"
	@echo "make lock    compile requirements/ again from pyproject.toml"

setup: $(READY)

$(READY): requirements/dev-py311.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "error: Python 3.11 is needed, $(PYTHON) is another; run: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip sync -q --require-hashes requirements/dev-py311.txt requirements/uv.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	$(BIN)/posefleet demo $(DEMO)

test: setup
	$(BIN)/pytest -n 2 --dist loadgroup $(TEST)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

boot: setup
	POSEFLEET_BOOT=1 $(BIN)/pytest -n 0 tests/systemd

homeassistant: setup
	test -e .homeassistant || $(PYTHON) -m venv .homeassistant
	VIRTUAL_ENV=.homeassistant $(BIN)/uv pip sync -q --require-hashes requirements/homeassistant-py311.txt
	$(BIN)/pytest -n 0 -rs tests/core/test_announced.py

deb: setup
	systemd/deb/build amd64
	systemd/deb/build arm64

bench: setup
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.benchmarks.pose

accuracy: setup
	$(BIN)/python -m tests.benchmarks.accuracy $(ACCURACY)

lock: setup
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements/dev-py311.txt
	$(BIN)/uv pip compile -q requirements/homeassistant.in --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements/homeassistant-py311.txt
	for machine in x86_64 aarch64; do \
		$(BIN)/uv pip compile -q pyproject.toml --extra board --extra fleet --python-version 3.11 \
			--python-platform $$machine-manylinux_2_36 --generate-hashes --no-emit-index-url --no-header \
			-o requirements/board-$$machine-py311.txt; \
	done

.PHONY: help setup demo test check boot homeassistant deb bench accuracy lock
