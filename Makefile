# Two commands are enough to begin with: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test

.PHONY: demo test check soak bench lock clean python

demo: $(STAMP)
	@$(BIN)/comitia demo

test: check
	$(BIN)/pytest -n 2 --dist loadgroup -m "not soak and not bench" --cov --cov-report=term:skip-covered --cov-fail-under=88 --durations=40

check: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: $(TEST_STAMP)
	$(BIN)/pytest -n 2 -m soak

bench: $(TEST_STAMP)
	$(BIN)/pytest -n 0 -s -m bench tests/benchmarks

lock: $(STAMP)
	deploy/lock.sh

clean:
	rm -rf $(VENV) .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis dist

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Comitia needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Install one and run: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(STAMP): pyproject.toml | python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Comitia needs into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . || { \
	  echo "A package could not be installed; look at the lines above, check the network, and run make again." >&2; exit 1; }
	@touch $@

$(TEST_STAMP): pyproject.toml | python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the tests need into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]' || { \
	  echo "A package could not be installed; look at the lines above, check the network, and run make again." >&2; exit 1; }
	@touch $(STAMP) $@
