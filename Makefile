# Two commands do all the set-up: `make run` and `make test`. Both use .venv in this folder.
PYTHON ?= python3
PROFILE ?= beginner
BIN := .venv/bin

.PHONY: run test check format schema bench clean

run: .venv/run.stamp
	@$(BIN)/python -m compileall -q advisor
	$(BIN)/advisor recommend --profile $(PROFILE)

test: .venv/test.stamp
	$(BIN)/python -m pytest

# Everything that must hold besides the tests; also what pre-commit and CI run.
check: .venv/check.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/advisor schema --drift rules
	$(BIN)/advisor rules check

format: .venv/check.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: .venv/run.stamp
	$(BIN)/advisor schema --update rules

bench: .venv/test.stamp
	$(BIN)/python benchmarks/cold_start.py
	$(BIN)/python benchmarks/warm_recommend.py
	$(BIN)/python benchmarks/many.py

clean:
	rm -rf .venv dist build

# The one in the environment may be too old to know dependency groups.
.venv/pip.stamp:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	touch $@

.venv/run.stamp: .venv/pip.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

# torch before anything that depends on it, so that its pin decides; the CPU build of TensorFlow is the small one.
.venv/test.stamp: .venv/run.stamp constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt tensorflow-cpu
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group test
	touch $@

.venv/check.stamp: .venv/test.stamp
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group lint
	touch $@
