# Two commands for a newcomer: `make demo` and `make test`. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
NATIVE := CMakeLists.txt pyproject.toml $(wildcard src/rempart/_native/*.cpp src/rempart/_native/*.h)
export PYTHONWARNDEFAULTENCODING :=

# A change is judged from one seed, so that two runs of one commit end alike; `make test TEST_SEED=2` looks further.
TEST_SEED ?= 1
PYTEST = REMPART_FUZZ_SEED=$(TEST_SEED) $(BIN)/python -m pytest -q --randomly-seed=$(TEST_SEED) --hypothesis-seed=$(TEST_SEED)

.PHONY: help demo test test-long coverage check docs messages law-hashes format bench bench-law bench-service bench-full clean
help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.locked: requirements/lock.txt requirements/oracle.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements/lock.txt
	$(PIP) install --quiet --require-hashes --no-build-isolation --no-deps -r requirements/oracle.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.locked $(NATIVE)
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# An installed package comes compiled; where Python may not write beside the sources, each start would compile them anew.
.PHONY: compiled
compiled: $(VENV)/.installed
	@$(BIN)/python -m compileall -q src/rempart

$(VENV)/.browser: requirements/browser.sh | $(VENV)/.locked
	requirements/browser.sh
	@touch $@

demo: $(VENV)/.installed compiled  ## Run the main job on real input, end to end
	$(BIN)/rempart demo

test: $(VENV)/.installed $(VENV)/.browser compiled  ## Run the tests (under ten minutes on two cores)
	$(PYTEST) -n 2

test-long: $(VENV)/.installed $(VENV)/.browser compiled  ## Run soak, fuzzing and all kill points (under thirty minutes)
	$(PYTEST) -n 2 -m long

coverage: $(VENV)/.installed $(VENV)/.browser  ## Run the tests and say which lines and branches they do not reach
	$(PYTEST) --cov --cov-report=term:skip-covered

check: $(VENV)/.installed  ## Check format, lint, types, import rules, documents and texts
	$(BIN)/ruff format --check src tests bench docs
	$(BIN)/ruff check src tests bench docs
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/catalogues.py --check
	$(BIN)/python docs/law_hashes.py --check
	$(BIN)/codespell --skip "*/locale/fr/*" src tests bench docs README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md

docs: $(VENV)/.installed  ## Write the generated pages of docs/reference anew
	$(BIN)/python docs/generate.py

messages: $(VENV)/.installed  ## Compile the texts about law, English and French
	$(BIN)/python docs/catalogues.py

law-hashes: $(VENV)/.installed  ## Pin new versions of the law data to the hash of their facts
	$(BIN)/python docs/law_hashes.py $(AGAIN)

format: $(VENV)/.installed  ## Format the code
	$(BIN)/ruff format src tests bench docs
	$(BIN)/ruff check --fix src tests bench docs

BENCH := .venv-bench
BENCH_PIP := $(BENCH)/bin/python -m pip --disable-pip-version-check

$(BENCH)/.locked: requirements/bench.txt requirements/bench-sources.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH_PIP) install --quiet --require-hashes --no-deps --only-binary :all: -r requirements/bench.txt
	PATH="$(CURDIR)/$(BENCH)/bin:$$PATH" $(BENCH_PIP) install --quiet --require-hashes --no-build-isolation --no-deps -r requirements/bench-sources.txt
	@touch $@

$(BENCH)/.installed: $(BENCH)/.locked $(NATIVE) $(shell find src -name '*.py')
	PATH="$(CURDIR)/$(BENCH)/bin:$$PATH" $(BENCH_PIP) install --quiet --no-deps --no-build-isolation --force-reinstall .
	@touch $@

bench: $(VENV)/.installed compiled $(BENCH)/.installed  ## Race against the peers and write docs/benchmarks.md; PARTS="search scan": only these
	$(BENCH)/bin/python bench/run.py $(PARTS)

bench-law: $(VENV)/.installed compiled  ## Measure law alone and write its part of docs/benchmarks.md
	$(BIN)/python bench/run.py law

bench-service: $(VENV)/.installed compiled $(BENCH)/.installed  ## Measure the service alone and write its part of docs/benchmarks.md
	$(BENCH)/bin/python bench/run.py service

bench-full: $(VENV)/.installed compiled $(BENCH)/.installed  ## The same with 10 million entries
	$(BENCH)/bin/python bench/run.py --full $(PARTS)

clean:  ## Remove what was built
	rm -rf $(VENV) .venv-bench build demo
