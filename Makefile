# Every target sets up what it needs under .local/, again only when its lock file has changed.
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
# It names the slowest tests: the whole run may take 15 minutes.
pytest := $(venv)/bin/pytest -n logical --dist worksteal --durations 40 --durations-min 3
TESTS ?= tests
# The folders whose tests run on DynamoDB Local, which needs Java; others need Node or Chromium.
on_dynamodb_local := $(filter-out tests/unit% tests/http% tests/graphql_http% \
	tests/graphql_clients% tests/typescript_client% tests/release% tests/end_to_end% \
	tests/browser% tests/widget%,$(TESTS))
in_browser := $(filter tests tests/ tests/graphql_clients% tests/browser% tests/widget%,$(TESTS))
define fetch_what_tests_need
	$(if $(on_dynamodb_local),@$(python) -m local.dynamodb_local)
	$(if $(in_browser),@$(python) -m tests.support.browser)
	$(if $(filter tests tests/ tests/graphql_http%,$(TESTS)),@$(python) -m tests.graphql_http)
	$(if $(filter tests tests/ tests/graphql_clients%,$(TESTS)),@$(python) -m tests.graphql_clients)
	$(if $(filter tests tests/ tests/typescript_client%,$(TESTS)),@$(python) -m tests.typescript_client)
	$(if $(filter tests tests/ tests/browser% tests/widget%,$(TESTS)),@$(python) -m tests.browser)
	$(if $(filter tests tests/ tests/release%,$(TESTS)),@command -v valgrind >/dev/null || echo "Skipped: counts of instructions. Install Valgrind (Debian: valgrind)." >&2)
endef

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: $(project) $(tools) ## serve the API on this machine until Ctrl-C [PORT=4566] [FRESH=1]
	@exec $(python) -m local.run --port '$(PORT)' $(if $(filter-out 0,$(FRESH)),--fresh)

.PHONY: demo-page
demo-page: $(project) ## serve a page on this machine to submit, for the checks of `make run`
	@exec $(python) -m local.demo_page

.PHONY: test
test: $(project) $(tools) ## run all tests but the long-running ones [TESTS=tests/store]
	$(fetch_what_tests_need)
	@exec $(pytest) $(TESTS)

.PHONY: test-fast
test-fast: $(project) ## run the tests that need no engine but moto
	@exec $(pytest) -m "not long and not engine and not slow" $(TESTS)

.PHONY: test-long
test-long: $(project) $(tools) ## run the long-running tests, examples at random [SEED=1] [TESTS=tests/store]
	$(fetch_what_tests_need)
	@seed=$${SEED:-$$RANDOM}; echo "To draw the same examples again: make test-long SEED=$$seed"; \
		exec $(pytest) -m "long or hypothesis" --hypothesis-profile long --hypothesis-seed $$seed \
		$(TESTS)

.PHONY: format
format: $(project) ## format the code, fix what can be fixed
	@$(venv)/bin/ruff format
	@$(venv)/bin/ruff check --fix

.PHONY: lint
lint: $(project) $(tools) ## check style, types, spelling, references and the template
	@$(venv)/bin/ruff check
	@$(venv)/bin/ruff format --check
	@$(venv)/bin/mypy $(checked)
	@$(venv)/bin/codespell
	@$(python) -m local.references
	@$(venv)/bin/cfn-lint template.yaml
	@$(sam) validate --lint

.PHONY: bench
bench: $(project) $(tools) .local/tools/bench/.made ## measure, write docs/benchmarks.md [PARTS="start warm"] [FULL=1]
	@exec $(python) -m bench $(PARTS)

.PHONY: screenshots
screenshots: $(project) $(tools) ## take pictures of the pages' main states into docs/images
	@exec $(python) -m tests.browser.screenshots

.PHONY: load
load: $(project) ## load articles into the running local stack: FILE=...
	@test -n "$(FILE)" || { echo "FILE is required: make load FILE=data/articles.jsonl" >&2; exit 2; }
	@exec $(venv)/bin/seealso load "$(FILE)" --local

.PHONY: openapi
openapi: $(project) ## write docs/openapi.json from the models
	@exec $(python) -m seealso.contract docs/openapi.json

.PHONY: catalogs
catalogs: $(project) ## update the message catalogs of the pages' languages
	@exec $(python) -m local.catalogs

.PHONY: build
build: $(project) $(tools) ## build the release for AWS into .aws-sam/build [ENV=dev]
	@exec $(python) -m local.build $(ENV)

.PHONY: deploy
deploy: build ## deploy to AWS with your own credentials [ENV=dev]
	@exec $(python) -m local.release $(ENV)

.PHONY: smoke
smoke: $(project) ## ask a deployed stack, or ENV=local, what readers and submitters ask [ENV=dev]
	@exec $(python) -m local.smoke $(ENV)

.PHONY: audit
audit: $(project) .local/tools/audit/.made ## look up known vulnerabilities of all that is locked
	@exec $(python) -m local.audit

.PHONY: release
release: $(project) $(tools) .local/tools/audit/.made ## write dist/: a ZIP file and its SBOM, VERSION=...
	@test -n "$(VERSION)" || { echo "VERSION is required: make release VERSION=1.0.0" >&2; exit 2; }
	@exec $(python) -m local.archive '$(VERSION)'

.PHONY: lock
lock: $(filter .local/%,$(uv)) ## lock the newest versions that the *.in files allow
	@for name in $(locks); do \
		$(uv) pip compile -q --upgrade --universal --generate-hashes --python-version $(version) \
			--no-emit-index-url --no-header $$name.in -o $$name.txt; \
	done

.PHONY: clean
clean: ## remove everything that these targets created
	@rm -rf .local .aws-sam

# Creates a virtual environment. $1: its folder, $2: its lock file.
define make_environment
	@echo "setting up $1"
	@$(uv) venv -q --clear --no-project --python $(version) $1 2> $(setup_log) || { echo \
		"Python $(version) is not installed and could not be downloaded. Install it" \
		"(pyenv install $(version)) and try again. Details: $(setup_log)" >&2; exit 1; }
	@$(uv) pip sync -q --require-hashes --compile-bytecode --python $1/bin/python $2 \
		2> $(setup_log) || { echo "Could not install $2. Check the network connection" \
		"and try again. Details: $(setup_log)" >&2; exit 1; }
endef

$(setup_log):
	@mkdir -p $(@D)
	@touch $@

.local/tools/uv/bin/uv: requirements/bootstrap.txt | $(setup_log)
	@echo "setting up .local/tools/uv"
	@python3 -m venv --clear .local/tools/uv > $(setup_log) 2>&1 || { rm -rf .local/tools/uv; \
		echo "python3 -m venv failed. Install Python 3 with venv (Debian: python3-venv), or uv." \
		"Details: $(setup_log)" >&2; exit 1; }
	@.local/tools/uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes \
		-r $< > $(setup_log) 2>&1 || { rm -rf .local/tools/uv; \
		echo "Could not install uv. Check the network connection and try again." \
		"Details: $(setup_log)" >&2; exit 1; }
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
