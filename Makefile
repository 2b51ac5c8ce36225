# What a newcomer needs is `make demo` and `make test`: both begin with nothing but Python >= 3.11 and make.
# The environment is made once; a stamp file in it says for which pyproject.toml.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# Spark is 400 MB and runs on Java only: it is tested where Java is.
SPARK := $(shell command -v java > /dev/null 2>&1 && echo ,spark)
# Tests and tools see the same text whatever the machine's locale is.
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help demo test quick test-nojit test-spark test-browser index-kills soak scan-kills kills outofcore errors check lint gate bench notebooks docs warmup fuzz coverage mutate wheels clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c '$(ENOUGH)' || { echo "Python 3.11 or later is needed: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(PIP) -e '.[dev$(SPARK)]'
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run ## scan the sample corpus, print what was copied, write result and page to demo-out/
	@mkdir -p demo-out
	$(BIN)/dedup scan data/reports --json demo-out/result.json --html demo-out/report.html --force
	@echo
	@echo "The result lies in demo-out/result.json, the reviewer's page in demo-out/report.html (open it in a browser)."

# Empty, tests run one after another; a number runs so many processes at once, each with whole files.
JOBS ?=
test: $(VENV)/.dev ## every test but those of test-spark, the notebooks included; JOBS=2 in two processes
	$(BIN)/python -m pytest -m "not spark" -rs $(if $(JOBS),-n $(JOBS) --dist loadfile)
	$(MAKE) notebooks

quick: $(VENV)/.dev ## the tests that take no more than seconds each
	$(BIN)/python -m pytest -m "not slow and not browser and not spark"

test-nojit: $(VENV)/.dev ## the kernels' tests once more, uncompiled
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest tests/kernels

test-spark: $(VENV)/.dev ## Spark on two threads and on a cluster of two workers, one killed; says so and skips without Java
	$(BIN)/python -m pytest tests/spark -m spark -rs

test-browser: $(VENV)/.dev ## the tests of the page in a browser; says so and skips where there is no Chromium
	$(BIN)/python -m pytest -m browser -rs

index-kills: $(VENV)/.dev ## kill an addition to an archive thirty times and see that nothing is lost
	DEDUP_KILLS=30 $(BIN)/python -m pytest tests/index/test_file.py -k kills

soak: $(VENV)/.dev ## three thousand requests to the review server from four threads, none lost, memory flat
	DEDUP_SOAK=750 $(BIN)/python -m pytest tests/review/test_soak.py

scan-kills: $(VENV)/.dev ## kill a scan over a work folder thirty times, in one process and in two, and see that it goes on
	DEDUP_KILLS=30 $(BIN)/python -m pytest tests/executors/test_work.py -k killed

kills: $(VENV)/.dev ## what a kill costs a long scan: time lost over thirty of them, in share of a scan
	$(BIN)/python -m bench.kills bench/work/kills 0.3 30

outofcore: $(VENV)/.dev ## measure scans over a work folder: 0.1, 0.3 and 1 GB, memory, time and their growth
	$(BIN)/python -m bench.outofcore bench/work/outofcore 0.1 0.3 1

errors: $(VENV)/.dev ## every test, and which errors none of them has seen
	DEDUP_ERRORS=1 $(BIN)/python -m pytest

lint: $(VENV)/.dev ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test ## lint and every test

gate: $(VENV)/.dev ## accuracy against its pinned floors: the small grid, data/, and statutes where they are at hand
	$(BIN)/python -m bench.gate

bench: $(VENV)/.dev ## measure speed and accuracy beside the peers (see docs/performance.md)
	$(PIP) -e '.[bench]'
	$(BIN)/python -m bench.run

notebooks: $(VENV)/.dev ## execute the notebooks
	@if ls notebooks/*.ipynb > /dev/null 2>&1; then $(BIN)/python -m pytest --nbmake notebooks; fi

docs: $(VENV)/.dev ## make the page that is made from the code, and bring the figures of the others up to date
	$(BIN)/python -m dedup.cli.document > docs/cli.md
	DEDUP_REFRESH=1 $(BIN)/python -m pytest -q tests/docs/test_readme.py tests/docs/test_tutorial.py

warmup: $(VENV)/.run ## compile the kernels now
	$(BIN)/dedup warmup

$(VENV)/.trust: pyproject.toml | $(VENV)/.dev
	$(PIP) -e '.[dev,trust]'
	@touch $@

FUZZ_SECONDS ?= 60
fuzz: $(VENV)/.trust ## fuzz every target for FUZZ_SECONDS each, guided by coverage; adds to tests/fuzz/ledger.json
	$(BIN)/python -m tests.fuzz.campaign --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# The compiled run does not see inside kernels; the uncompiled one of their tests does. Slow tests are in: a scan in a
# process without JIT is one of them. Those of speed are out, they measure nothing under a tracer.
COVERED := tests --ignore tests/bench --ignore tests/browser --ignore tests/test_grid.py --ignore tests/test_gate.py
coverage: $(VENV)/.trust ## share of lines that the tests run, kernels counted uncompiled; fails below 92 %
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest $(COVERED)
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m coverage run -m pytest tests/kernels tests/steps/test_verify.py tests/steps/test_bridge.py
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --skip-covered --show-missing --fail-under=92

# A mutant is a fork, and OpenMP ends a fork that calls it.
MUTATE := NUMBA_THREADING_LAYER=workqueue $(BIN)/python tools/mutate.py
mutate: $(VENV)/.dev ## change the code in one place at a time and see whether a test notices; writes tests/mutants.json
	$(MUTATE) dedup/steps/verify.py --tests tests/steps/test_verify.py
	NUMBA_DISABLE_JIT=1 $(MUTATE) dedup/kernels/sets.py --tests tests/steps/test_verify.py
	$(MUTATE) dedup/steps/cluster.py --tests tests/steps/test_families.py tests/steps/test_cluster.py
	$(MUTATE) dedup/steps/label.py --tests tests/steps/test_label_twin.py tests/steps/test_label_rules.py
	$(MUTATE) dedup/clean/cut.py --tests tests/clean/test_cut.py tests/clean/test_plan.py --within 0.3
	$(MUTATE) dedup/clean/policy.py --tests tests/clean/test_policy.py tests/clean/test_plan.py --within 0.3
	$(MUTATE) dedup/clean/edits.py --tests tests/clean/test_plan.py tests/clean/test_corpus.py
	$(MUTATE) dedup/clean/tally.py --tests tests/clean/test_tally.py
	$(MUTATE) dedup/clean/whole.py --tests tests/clean/test_whole.py tests/clean/test_plan.py --within 1
	$(MUTATE) dedup/clean/marks.py --tests tests/clean/test_marks.py tests/clean/test_corpus.py
	for m in claims going headings touched plans removal; do \
		$(MUTATE) dedup/clean/$$m.py --tests tests/clean/test_going.py tests/clean/test_claims.py tests/clean/test_plan.py --within 1 || exit 1; done
	$(MUTATE) dedup/clean/link.py --tests tests/clean/test_link.py
	$(MUTATE) dedup/clean/desk.py --tests tests/clean/test_desk.py
	$(MUTATE) dedup/clean/layout.py --tests tests/clean/test_layout.py
	$(MUTATE) dedup/clean/folder.py --tests tests/clean/test_folder.py
	$(MUTATE) dedup/clean/places.py --tests tests/clean/test_places.py
	$(MUTATE) dedup/clean/paragraphs.py --tests tests/clean/test_paragraphs.py
	$(MUTATE) dedup/clean/corpus.py --tests tests/clean/test_writing.py tests/clean/test_sources.py tests/clean/test_corpus.py
	$(MUTATE) dedup/clean/sources.py --tests tests/clean/test_sources.py tests/clean/test_tables.py tests/clean/test_writing.py tests/clean/test_corpus.py
	$(MUTATE) dedup/clean/undoing.py --tests tests/clean/test_undoing.py tests/clean/test_writing.py
	$(MUTATE) dedup/clean/parquet.py --tests tests/clean/test_tables.py tests/clean/test_sources.py tests/clean/test_undoing.py
	$(MUTATE) dedup/clean/audit.py --tests tests/clean/test_audit.py tests/clean/test_writing.py

wheels: $(VENV)/.trust ## build the wheel, install it in an empty environment of each Python found, scan data/
	$(BIN)/python tools/try_wheel.py

clean: ## remove what was made, but for the environment
	rm -rf demo-out build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -path ./$(VENV) -prune -o \( -name '*.nbi' -o -name '*.nbc' -o -name '__pycache__' \) -print0 | xargs -0 rm -rf
