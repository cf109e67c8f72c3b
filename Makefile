# Laurel. `make` lists what there is; every target sets up what it needs.

PYTHON ?= $(shell for found in python3 python3.13 python3.12 python3.11; do \
	$$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$found && exit; done; echo python3)
BIN := .venv/bin
PORT ?= 4600
N ?= 2000
ARCH ?= arm64
ENV ?= dev

SETUP := .venv/installed
ENGINE := .engine/installed
MUTANTS := .mutants/installed
SCHEMAS := .schemas/installed
TYPED := layers functions infra tools
QUICK := $(wildcard tests/unit tests/functional tests/pages tests/house)

export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/shared/python:$(CURDIR)/functions
export PYTHONUNBUFFERED := 1
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check static simulate mutants bench synth deploy layer openapi invoke logs program keys issue revoke \
	sender reconcile redrive import lint format lock clean

help: ## this list; OPTIONS=--help shows all that the command behind a target takes: make keys OPTIONS=--help
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

run: $(SETUP) $(ENGINE) $(SCHEMAS) ## Laurel on this machine, with a short demo: PORT=4600, DEMO=0 starts empty, DEMO=year with a year behind it
	@$(BIN)/python -m tools.run --port $(PORT) $(if $(filter 0,$(DEMO)),--empty) $(if $(filter year,$(DEMO)),--year) $(OPTIONS)

test: static $(ENGINE) $(SCHEMAS) ## everything: format, lint, types, import contracts, and all tests
	@$(BIN)/python -m pytest -n 4 --dist loadfile

check: static $(ENGINE) $(SCHEMAS) ## the inner loop: test without infra, simulation and journeys
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile $(QUICK)

static: $(SETUP)
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/python -m mypy $(TYPED)
	@$(BIN)/lint-imports

simulate: $(SETUP) ## histories of faults against the real workflows: N=2000, SEED=1 for the first
	@$(BIN)/python -m tests.simulation --histories $(N) $(if $(SEED),--seed $(SEED))

mutants: $(SETUP) $(MUTANTS) ## the domain broken line by line: what do its unit tests not notice? ONLY="money periods"
	@$(BIN)/python -m tools.mutants $(if $(ONLY),--only $(ONLY)) $(OPTIONS)

bench: $(SETUP) $(ENGINE) ## what each operation costs: capacity units, round trips, evaluations a second
	@$(BIN)/python -m tools.bench $(OPTIONS)

synth: $(SETUP) ## the CloudFormation templates of ENV=dev, in cdk.out
	@$(BIN)/python -m tools.synth --env $(ENV) $(OPTIONS)

deploy: $(SETUP) ## to AWS with the CDK CLI: ENV=dev, OPTIONS="--bootstrap" once for an account
	@$(BIN)/python -m tools.deploy --env $(ENV) $(OPTIONS)

layer: $(SETUP) ## the dependency layer: ARCH=arm64, or native for this machine
	@$(BIN)/python -m tools.layer --arch $(ARCH) $(OPTIONS)

openapi: $(SETUP) ## docs/openapi.json from the handlers
	@$(BIN)/python -m tools.openapi $(OPTIONS)

invoke: $(SETUP) ## one function with one event: F=conversions E=record
	@$(BIN)/python -m tools.invoke $(F) $(E) $(OPTIONS)

logs: $(SETUP) ## what the functions of make run have logged: F=conversions, all by default
	@$(BIN)/python -m tools.logs $(F) $(OPTIONS)

WHERE = --env $(ENV) $(if $(TABLE),--table "$(TABLE)")

program: $(SETUP) ## a program with an admin key: NAME="Glow Cosmetics", OWNER=olga@glow.example, OPTIONS="--currency EUR"; ENV=dev, or local, or TABLE=...
	@$(BIN)/python -m tools.program $(WHERE) --name "$(NAME)" $(if $(OWNER),--owner "$(OWNER)") $(OPTIONS)

keys: $(SETUP) ## the API keys of PROGRAM=prg_..., or without it the programs: ENV=dev, or local
	@$(BIN)/python -m tools.keys $(WHERE) list "$(PROGRAM)" $(OPTIONS)

issue: $(SETUP) ## one more admin key of PROGRAM=prg_..., for a merchant who lost theirs: ENV=dev
	@$(BIN)/python -m tools.keys $(WHERE) issue "$(PROGRAM)" $(OPTIONS)

revoke: $(SETUP) ## a key of PROGRAM=prg_... opens nothing any more: KEY_ID=key_..., ENV=dev
	@$(BIN)/python -m tools.keys $(WHERE) revoke "$(PROGRAM)" "$(KEY_ID)" $(OPTIONS)

sender: $(SETUP) ## mail of PROGRAM=prg_... comes from ADDRESS=hello@glow.example, without asking its owner: ENV=dev
	@$(BIN)/python -m tools.senders $(WHERE) "$(PROGRAM)" "$(ADDRESS)" $(OPTIONS)

reconcile: $(SETUP) ## compare all totals with the commissions: ENV=dev, or local, or TABLE=...; PROGRAM=prg_... alone
	@$(BIN)/python -m tools.reconcile $(WHERE) $(if $(PROGRAM),--program "$(PROGRAM)") $(OPTIONS)

redrive: $(SETUP) ## try again what was given up, and say what: failed batches, dead letters of jobs, shops and events: ENV=dev
	@$(BIN)/python -m tools.redrive --env $(ENV) $(OPTIONS)

import: $(SETUP) ## orders from a CSV file, through the API: FILE=orders.csv, OPTIONS="--url ... --key ..."
	@$(BIN)/python -m tools.import_orders $(FILE) $(OPTIONS)

lint: $(SETUP) ## ruff
	@$(BIN)/ruff check

format: $(SETUP) ## ruff, in place
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix --select I

LOCKS := requirements/dev requirements/engine requirements/mutants layers/dependencies/requirements
lock: $(SETUP) ## pinned versions and hashes anew, from the .in files
	@for lock in $(LOCKS); do echo "$$lock.in -> $$lock.txt"; $(BIN)/uv pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade $$lock.in -o $$lock.txt; done

clean: ## everything that make made
	rm -rf .venv .engine .mutants .schemas .local cdk.out layers/dependencies/python .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(SETUP): requirements/dev.txt
	@$(PYTHON) tools/install.py .venv $< "the development tools"

$(ENGINE): requirements/engine.txt
	@$(PYTHON) tools/install.py .engine $< "the local engine"

$(MUTANTS): requirements/mutants.txt
	@$(PYTHON) tools/install.py .mutants $< "the mutation tester"

$(SCHEMAS): $(SETUP) tools/schemas.py
	@$(BIN)/python -m tools.schemas
