# `make help` tells what there is. Each target first brings .venv up to date with the lock, which costs
# nothing when it is (tools/bootstrap).

.DEFAULT_GOAL := help
.PHONY: load locust soak help up test test-slow test-together unit chaos voicemap fuzz-http lint format protos lock clean bench-cancels

BIN := .venv/bin
# Every package of the workspace, wherever it lies, and what is no package.
PACKAGES := $(notdir $(wildcard services/*/src/parlando_* services/synth/engines/espeak/src/parlando_* \
	clients/python/src/parlando_* tests/scripted_engine/src/parlando_*))
PACKAGES := $(patsubst %.egg-info,,$(PACKAGES))
LOOSE := tests tools bench
# Engines that are projects of their own, each with its environment; of them, those with an account elsewhere.
ENGINES := alltalk chatterbox elevenlabs google kokoro kokoro-gpu openai piper
REMOTE := alltalk elevenlabs google openai
.PHONY: $(ENGINES:%=engine-%) $(REMOTE:%=live-engine-%)

help: ## tell what there is
	@awk -F ':.*## ' '/^(# )?[a-zA-Z -]+:.*## / {sub(/^# /, ""); printf "make %-16s %s\n", $$1, $$2}' Makefile

up: ## fetch what is missing, start everything, and say what to do next; Ctrl-C stops it
	@tools/bootstrap
	@for engine in $$($(BIN)/parlando models engines); do tools/bootstrap --engine $$engine; done
	@exec $(BIN)/parlando up $(ARGS)

# What computes more than it waits goes side by side, and with it those tests of real processes that claim nothing
# about time; the others come after it, one at a time. Two more at a time than there are cores: what waits and what is
# disturbed use little of one. Chatterbox's tests take minutes and a gigabyte and a half: `make engine-chatterbox`.
WAITING := $(addprefix tests/e2e/,test_soak.py test_bad_clients.py test_load.py test_envoy_alone.py)
DISTURBED := tests/chaos/test_parts.py
BESIDE := $(addprefix tests/component/,client fragmenter kit session synth edge/test_voice_making.py) tests/contract
SIDE_BY_SIDE := disturbed waiting beside unit conforming lint $(patsubst %,engine-%,$(filter-out chatterbox,$(ENGINES)))
.PHONY: alone beside conforming disturbed waiting
test: ## every check and every test, but for slow ones and those of Chatterbox and of Kokoro on PyTorch
	@tools/bootstrap --dev
	@$(MAKE) --no-print-directory --output-sync=target --jobs=$$(($$(getconf _NPROCESSORS_ONLN) + 2)) $(SIDE_BY_SIDE)
	@$(MAKE) --no-print-directory alone

alone:
	@tools/bootstrap --dev
	@$(BIN)/python -m pytest $(addprefix --ignore=,tests/unit tests/conformance $(BESIDE) $(WAITING) $(DISTURBED))

beside:
	@tools/bootstrap --dev
	@$(BIN)/python -m pytest $(BESIDE)

conforming: clients
	@tools/bootstrap --dev
	@$(BIN)/python -m pytest tests/conformance

disturbed:
	@tools/bootstrap --dev
	@$(BIN)/python -m pytest $(DISTURBED)

waiting:
	@tools/bootstrap --dev
	@$(BIN)/python -m pytest $(WAITING)

test-slow: ## the tests that take minutes of real time, and what they measured
	@tools/bootstrap --dev
	@$(BIN)/python -m pytest -m slow -o log_cli=true --log-cli-level=INFO

# Left out: what tells four processes apart by their names, and what has its own case for one.
APART := $(addprefix tests/e2e/,test_trace.py test_drawn_traces.py test_edges.py test_together.py test_restarts.py \
	test_recovery.py test_memory.py)
test-together: ## the end-to-end tests once more, with edge, router, fragmenter and worker in one process
	@tools/bootstrap --dev
	@TEST_TOGETHER=1 $(BIN)/python -m pytest tests/e2e $(addprefix --ignore=,$(APART))

# engine-NAME: ## an engine's checks and tests, in its own environment; no model files needed
$(ENGINES:%=engine-%): engine-%:
	@tools/bootstrap --engine $* --dev
	@cd services/synth/engines/$* && .venv/bin/python -m mypy --config-file $(CURDIR)/pyproject.toml -p parlando_$(subst -,_,$*)
	@cd services/synth/engines/$* && .venv/bin/python -m pytest

# Other engines are behind a real router in `make test`; Chatterbox's row there is marked slow.
engine-chatterbox: chatterbox-behind-a-router
.PHONY: chatterbox-behind-a-router
chatterbox-behind-a-router:
	@tools/bootstrap --dev
	@$(BIN)/python -m pytest tests/component/engines -m slow -k chatterbox

.PHONY: engine-chatterbox-short
engine-chatterbox-short: ## Chatterbox's checks, and its tests on the English network alone
	@tools/bootstrap --engine chatterbox --dev
	@cd services/synth/engines/chatterbox && .venv/bin/python -m mypy --config-file $(CURDIR)/pyproject.toml -p parlando_chatterbox
	@cd services/synth/engines/chatterbox && .venv/bin/python -m pytest -k "not multilingual and not turbo and not memory"

# PyTorch is in no lock: which build of it a machine wants is the machine's to say.
TORCH ?= torch
.PHONY: engine-kokoro-torch
engine-kokoro-torch: engine-%: ## Kokoro's checks and tests on PyTorch; TORCH="torch==2.9.0" names the build to install, if none is there
	@tools/bootstrap --dev
	@tools/bootstrap --engine $* --dev --torch "$(TORCH)"
	@cd services/synth/engines/$* && .venv/bin/python -m mypy --config-file $(CURDIR)/pyproject.toml -p parlando_kokoro_torch
	@cd services/synth/engines/$* && .venv/bin/python -m pytest

# live-engine-NAME: ## the contract against the live service, for someone with a key; costs some cents
$(REMOTE:%=live-engine-%): live-engine-%:
	@tools/bootstrap --engine $* --dev
	@cd services/synth/engines/$* && .venv/bin/python -m pytest -o testpaths=live --timeout=300 $(ARGS)

bench-cancels: ## a thousand random cancels with one client and with fifty, through Envoy; ARGS
	@tools/bootstrap --dev
	@PYTHONPATH=. $(BIN)/python bench/cancels.py $(ARGS)

load: ## a load on a system of its own (docs/load.md); ARGS="crowd --rate 40 --seconds 60"
	@tools/bootstrap --dev
	@PYTHONPATH=bench $(BIN)/python -m load $(or $(ARGS),mixed)

locust: ## Locust's callers against a system that runs; ARGS="--host http://127.0.0.1:8080 --headless --run-time 30s"
	@tools/bootstrap
	@.uv/*/bin/uv run --quiet bench/load/locustfile.py $(ARGS)

soak: ## an hour of everything that callers do, to see what grows; ARGS="--seconds 300"
	@tools/bootstrap --dev
	@PYTHONPATH=bench $(BIN)/python -m load.soak $(ARGS)

unit: ## the quick tests alone
	@tools/bootstrap --dev
	@$(BIN)/python -m pytest tests/unit

.PHONY: fuzz-realtime
fuzz-realtime: ## random conversations of a grammar on Realtime, 100,000 events; FUZZ_EVENTS=1000000 sends more
	@tools/bootstrap --dev
	@PYTHONPATH=.:bench $(BIN)/python -m tests.component.edge.realtime_fuzzing $(or $(FUZZ_EVENTS),100000)

.PHONY: conformance clients
clients:
	@tools/bootstrap --clients

conformance: clients ## run the stock clients against a whole system, and write docs/conformance.md; ARGS=openai_node.mjs runs one
	@tools/bootstrap --dev
	@PYTHONPATH=. $(BIN)/python -m tests.conformance $(ARGS)

fuzz-http: ## requests made of the OpenAPI document, for a minute; FUZZ_SECONDS=600 takes longer
	@tools/bootstrap --dev
	@$(BIN)/python -m tests.component.edge.fuzzing $(or $(FUZZ_SECONDS),60)

chaos: ## kill, stop and hang workers while callers listen; ARGS="--disturbances 1000"
	@tools/bootstrap --dev
	@$(BIN)/python -m tests.chaos.storm $(ARGS)

.PHONY: chaos-parts
chaos-parts: ## disturb each part of a whole system under load, and write docs/chaos.md; ARGS="--only router" runs some
	@tools/bootstrap --dev
	@PYTHONPATH=.:bench $(BIN)/python -m tests.chaos.parts $(ARGS)

voicemap: ## measure the voices of a running worker, for the router's map; ARGS="127.0.0.1:50061 --map mine.json"
	@tools/bootstrap
	@.uv/*/bin/uv run --quiet tools/voicemap.py $(ARGS)

lint: ## style, types, imports between packages, contracts
	@tools/bootstrap --dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/python tools/genproto.py --check
	@$(BIN)/buf lint
	@$(BIN)/buf format --diff --exit-code
	@$(BIN)/buf breaking protos --against protos/baseline.binpb
	@imports=$$($(BIN)/lint-imports --no-logo) || { echo "$$imports"; exit 1; }
	@$(BIN)/mypy $(addprefix -p ,$(PACKAGES))
	@$(BIN)/mypy $(LOOSE)

format: ## put the files in the form that lint asks for
	@tools/bootstrap --dev
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/buf format --write

protos: ## generate protos/gen anew from protos/parlando
	@tools/bootstrap --dev
	@$(BIN)/python tools/genproto.py

lock: ## resolve what the pyproject.toml files ask for; ARGS=--upgrade takes the newest
	@tools/bootstrap --dev
	@tools/bootstrap --clients
	@$(BIN)/python tools/lock.py $(ARGS)
	@tools/bootstrap --dev

clean: ## remove what the other targets made, environments included
	@rm -rf .venv .uv .build services/synth/engines/*/.venv tests/conformance/clients/.venv .run .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
