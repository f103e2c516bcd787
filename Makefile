# One way to do each thing; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

.DEFAULT_GOAL := help

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.txt constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt requirements-cluster.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.PHONY: run
run: $(VENV)/installed ## Set up, ingest corpus/ and open the page
	$(BIN)/python ingest.py
	$(BIN)/streamlit run app.py --server.port $(PORT)

.PHONY: ingest
ingest: $(VENV)/installed ## Make index/ true to corpus/
	$(BIN)/python ingest.py

.PHONY: test
test: $(VENV)/installed-dev ## Set up and run every test
	@tests/browser/find_chromium.sh
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

.PHONY: fuzz
fuzz: $(VENV)/installed-dev ## Read 1,000 damaged files of each format
	TREATMENT_SEARCH_FUZZ=1000 $(BIN)/python -m pytest tests/reading/test_fuzz.py

.PHONY: faults
faults: $(VENV)/installed-dev ## Break off 1,000 ingests, and spoil every write and file
	TREATMENT_SEARCH_FAULTS=1000 $(BIN)/python -m pytest tests/faults tests/contract -s

.PHONY: soak
soak: $(VENV)/installed ## Ask and ingest at once for five minutes
	$(BIN)/python -m benchmarks.soak.run

.PHONY: load
load: $(VENV)/installed ## Let 40 visitors ask the page at once
	$(BIN)/python ingest.py
	$(BIN)/python -m benchmarks.load.run

.PHONY: eval
eval: $(VENV)/installed ## Measure the project's judged questions over corpus/
	$(BIN)/python ingest.py
	$(BIN)/python -m benchmarks.quality.measure

.PHONY: bench
bench: $(VENV)/installed ## Measure 1,000 and 10,000 passages (minutes)
	$(BIN)/python -m benchmarks.scale.measure --name scale-quick

.PHONY: bench-full
bench-full: $(VENV)/installed ## The same up to a million passages (an hour), and draw the figures
	$(BIN)/python -m benchmarks.scale.measure --sizes 1000,10000,100000,1000000
	$(BIN)/python -m benchmarks.performance

# PEERS_DATA=FOLDER adds judged documents in BEIR's layout, PEERS_OTHERS=N that many unjudged ones.
.PHONY: bench-peers
bench-peers: $(VENV)/installed ## Measure beside txtai, LangChain, Chroma and LlamaIndex
	$(BIN)/python -m benchmarks.peers.measure \
	  $(if $(PEERS_DATA),--data $(PEERS_DATA)) $(if $(PEERS_OTHERS),--others $(PEERS_OTHERS))

.PHONY: docs-performance
docs-performance: $(VENV)/installed ## Draw docs/performance.md from benchmarks/results/
	$(BIN)/python -m benchmarks.performance

.PHONY: pictures
pictures: $(VENV)/installed-dev ## Draw the documents' pictures from the real page
	$(BIN)/python ingest.py
	$(BIN)/python -m tests.browser.pictures

.PHONY: lint
lint: $(VENV)/installed-dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: format
format: $(VENV)/installed-dev ## Put the code into the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: help
help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
