# Every target sets up what it needs under .local/ and remakes it only when its lock file changes.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 4566
ENV ?= dev
export SAM_CLI_TELEMETRY := 0

version := $(shell cat .python-version)
uv := $(shell command -v uv || echo .local/tools/uv/bin/uv)
venv := .local/venv
python := $(venv)/bin/python
sam := .local/tools/sam/bin/sam
project := $(venv)/.installed
setup_log := .local/logs/setup.log
tools := .local/tools/sam/.made .local/tools/emulator/.made
locks := $(basename $(wildcard functions/*/requirements.in requirements/*.in))
checked := layers/common functions cli local tests bench

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: $(project) $(tools) ## serve the API on this machine until Ctrl-C [PORT=4566]
	@exec $(python) -m local.run --port $(PORT)

.PHONY: test
test: $(project) $(tools) ## run every test but the long provings
	@$(python) -m local.dynamodb_local
	@$(python) -m tests.graphql_http
	@exec $(venv)/bin/pytest -n logical --dist worksteal

.PHONY: prove
prove: $(project) $(tools) ## run the long provings
	@$(python) -m local.dynamodb_local
	@exec $(venv)/bin/pytest -n logical --dist worksteal -m prove

.PHONY: lint
lint: $(project) $(tools) ## check style, types and the template
	@$(venv)/bin/ruff check
	@$(venv)/bin/ruff format --check
	@$(venv)/bin/mypy $(checked)
	@$(venv)/bin/cfn-lint template.yaml
	@$(sam) validate --lint

.PHONY: bench
bench: $(project) $(tools) ## measure the budgets and write docs/benchmarks.md [FULL=1]
	@exec $(python) -m bench

.PHONY: load
load: $(project) ## load articles into the running local stack: FILE=...
	@test -n "$(FILE)" || { echo "say which file: make load FILE=data/articles.jsonl" >&2; exit 2; }
	@exec $(venv)/bin/seealso load "$(FILE)" --local

.PHONY: openapi
openapi: $(project) ## write docs/openapi.json from the models
	@exec $(python) -m seealso.contract docs/openapi.json

.PHONY: build
build: $(project) $(tools) ## build what is deployed, into .aws-sam/build [ENV=dev]
	@exec $(python) -m local.build $(ENV)

.PHONY: deploy
deploy: build ## deploy to AWS with your own credentials [ENV=dev]
	@exec $(python) -m local.release $(ENV)

.PHONY: lock
lock: $(filter .local/%,$(uv)) ## lock the newest versions that requirements/*.in allow
	@for name in $(locks); do \
		$(uv) pip compile -q --upgrade --universal --generate-hashes --python-version $(version) \
			--no-emit-index-url --no-header $$name.in -o $$name.txt; \
	done

.PHONY: clean
clean: ## remove everything that these targets made
	@rm -rf .local .aws-sam

# $1: the environment's folder, $2: its lock file.
define make_environment
	@echo "setting up $1"
	@$(uv) venv -q --clear --no-project --python $(version) $1 2> $(setup_log) || { echo \
		"No Python $(version) here and none could be downloaded: install it" \
		"(pyenv install $(version)), then try again. More in $(setup_log)." >&2; exit 1; }
	@$(uv) pip sync -q --require-hashes --compile-bytecode --python $1/bin/python $2 \
		2> $(setup_log) || { echo "Could not install $2: this needs the network, once." \
		"Then try again. More in $(setup_log)." >&2; exit 1; }
endef

$(setup_log):
	@mkdir -p $(@D)
	@touch $@

.local/tools/uv/bin/uv: requirements/bootstrap.txt | $(setup_log)
	@echo "setting up .local/tools/uv"
	@python3 -m venv --clear .local/tools/uv > $(setup_log) 2>&1 || { rm -rf .local/tools/uv; \
		echo "python3 -m venv failed: install Python 3 with venv (Debian: python3-venv), or uv." \
		"More in $(setup_log)." >&2; exit 1; }
	@.local/tools/uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes \
		-r $< > $(setup_log) 2>&1 || { rm -rf .local/tools/uv; \
		echo "Could not install uv: this needs the network, once. Then try again." \
		"More in $(setup_log)." >&2; exit 1; }
	@touch $@

$(venv)/.made: requirements/dev.txt .python-version | $(filter .local/%,$(uv)) $(setup_log)
	$(call make_environment,$(venv),$<)
	@touch $@

.local/tools/%/.made: requirements/%.txt .python-version | $(filter .local/%,$(uv)) $(setup_log)
	$(call make_environment,.local/tools/$*,$<)
	@touch $@

$(project): pyproject.toml $(venv)/.made
	@$(uv) pip install -q --no-deps --no-build-isolation --python $(python) -e . 2> $(setup_log) || { \
		cat $(setup_log) >&2; exit 1; }
	@touch $@
