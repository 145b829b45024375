# The commands of this project; `make demo` and `make test` need nothing but Python 3.11 or later.

PYTHON ?= python3
export PYTHON
BIN := .venv/bin
ARGS ?=

.PHONY: install demo test browser screenshots docs bench-pages faults fuzz up lint bench-receive bench-triage bench-mapping bench-preview bench-pacing bench-sandbox bench-calls bench-latency bench-delivery bench-commands bench-nights bench-activities seeds bench-diff

demo: install  ## play the story; ARGS=--exit ends by itself
	@$(BIN)/bridge demo $(ARGS)

test: install  ## lint, types and the whole suite
	@.ci/browser
	@.ci/check

FAULTS := tests/faults tests/journey/test_outages.py tests/journey/test_lost_answers.py

faults: install  ## kills, restarts, and all that surrounds the bridge failing, 17 times as often: about an hour
	@BRIDGE_TEST_SCALE=17 $(BIN)/pytest $(FAULTS) $(ARGS)

browser: install  ## the console in a real browser, which the system has to have: apt-get install chromium
	@.ci/browser
	@$(BIN)/pytest tests/browser $(ARGS)

seeds: install  ## a thousand firms at random on both sides, with faults: the second plan is empty for each
	@BRIDGE_TEST_SCALE=250 $(BIN)/pytest -n2 tests/journey/test_reconcile_seeds.py $(ARGS)

screenshots: install  ## pictures of the console, of the firm that the demo makes; needs Chromium
	@$(PYTHON) -m pip --python $(BIN)/python install -q --require-hashes --only-binary :all: -r tests/browser/requirements.lock
	@$(BIN)/python -m sandbox.demo.screenshots $(ARGS)

docs: install  ## the documentation as a site in build/docs
	@$(BIN)/python -c "from tests.environment import SITE; SITE.made()"
	@.venv-docs/bin/sphinx-build -b html -q -W --keep-going docs build/docs $(ARGS)
	@echo "build/docs/index.html"

up: install  ## the bridge on this machine, with the embedded database
	@$(BIN)/bridge up $(ARGS)

lint: install  ## style and types; changes nothing
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

install:  ## make .venv from the locked requirements
	@$(PYTHON) .ci/install.py

fuzz: install  ## garbage against the sandbox, ten minutes in each of four ways; BRIDGE_FUZZ_S=60 for less
	@BRIDGE_FUZZ_S=$${BRIDGE_FUZZ_S:-600} BRIDGE_TEST_SCALE=20 $(BIN)/pytest tests/fuzz $(ARGS)

bench-receive: install  ## what receiving costs
	@$(BIN)/python -m benchmarks.receive $(ARGS)

bench-triage: install  ## how fast one process reads what arrives
	@$(BIN)/python -m benchmarks.triage $(ARGS)

bench-mapping: install  ## what the compiled mapping costs
	@$(BIN)/python -m benchmarks.mapping $(ARGS)

bench-preview: install  ## how soon a mapping's effect on 100,000 contacts is known
	@$(BIN)/python -m benchmarks.preview $(ARGS)

bench-pacing: install  ## how near workers come to the calls a second that are allowed, two minutes
	@$(BIN)/python -m benchmarks.pacing $(ARGS)

bench-sandbox: install  ## how soon the sandbox is up, and how many calls it answers
	@$(BIN)/python -m benchmarks.sandbox $(ARGS)

bench-calls: install  ## calls for many changed contacts, beside a model; ARGS=200000 for that many
	@$(BIN)/python -m benchmarks.calls $(ARGS)

bench-latency: install  ## how soon a save and an untick reach Constant Contact, three minutes
	@$(BIN)/python -m benchmarks.latency $(ARGS)

bench-delivery: install  ## what delivering costs beside the bare calls
	@$(BIN)/python -m benchmarks.delivery $(ARGS)

bench-commands: install  ## how long the commands take that look at a running bridge
	@$(BIN)/python -m benchmarks.commands $(ARGS)

bench-nights: install  ## a first sync and two nights beside a model; ARGS=100000 for that many
	@$(BIN)/python -m benchmarks.nights $(ARGS)

bench-activities: install  ## engagement into Interactions: calls and speed; ARGS="speed --activities 50000" for less
	@$(BIN)/python -m benchmarks.engagement $(ARGS)

bench-diff: install  ## what comparing both sides costs; ARGS="10000 1000000" for those sizes
	@$(BIN)/python -m benchmarks.diff $(ARGS)

bench-pages: install  ## how long each page of the console takes with 100,000 contacts
	@$(BIN)/python -m benchmarks.pages $(ARGS)
