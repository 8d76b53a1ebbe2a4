# ConOps. `make run` to see it work, `make test` to prove it; everything they need is installed by them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

SOURCES := $(shell find controller -type f -not -path '*/generated/*.md')
BUILT := dist/.built

.PHONY: help
help: ## Show the targets
	@sed -nE 's/^([a-z0-9-]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 26

.PHONY: run
run: build engine ## Start ConOps on manifests/, with an example application
	@scripts/test-image.sh conops-example/hello:1
	@exec node scripts/run-example.mjs

.PHONY: build
build: install $(BUILT) ## Install the npm packages (nodegit compiled), and compile to dist/

.PHONY: install
install:
	@scripts/install-dependencies.sh

$(BUILT): $(SOURCES) tsconfig.json tsconfig.build.json package.json package-lock.json | install
	@node_modules/.bin/tsc -p tsconfig.build.json
	@touch $@

.PHONY: test
test: build engine image servers ## Run every test: unit, integration, end to end
	@node scripts/run-tests.mjs unit integration e2e leak truth

.PHONY: check
check: install ## Types, lint, format and unit tests, side by side: for daily use, needs no engine
	@$(MAKE) --jobs=2 --output-sync=target test-unit format-check lint types

.PHONY: test-unit
test-unit: install ## Run the unit tests
	@node scripts/run-tests.mjs unit

.PHONY: test-integration
test-integration: build engine image servers ## Run the tests against real Git, Compose and engine
	@node scripts/run-tests.mjs integration

.PHONY: test-e2e
test-e2e: build engine image servers ## Run the tests of the whole program
	@node scripts/run-tests.mjs e2e

.PHONY: bench-git
bench-git: install ## Print what polling Git remotes costs (about three minutes)
	@node --import tsx test/bench/git.ts

.PHONY: test-leak
test-leak: build engine image servers ## Search everything for marked secrets of every kind
	@node scripts/run-tests.mjs leak

.PHONY: test-truth
test-truth: build engine image servers ## Play every situation of docs/drift-table.md, and a minute of them in random order
	@node scripts/run-tests.mjs truth

.PHONY: soak-drift
soak-drift: build engine image servers ## The same in random order, for ten minutes (SOAK_SECONDS=600, SOAK_SEED=...)
	@SOAK_SECONDS=$${SOAK_SECONDS:-600} node scripts/run-tests.mjs truth -- --grep "a soak of drift"

.PHONY: bench-heal
bench-heal: build engine image ## Print how quickly what was killed is started again (half a minute)
	@node --import tsx test/bench/heal.ts $(DOCS)

.PHONY: types
types: install ## Check the types
	@node_modules/.bin/tsc -p tsconfig.json

.PHONY: lint
lint: install ## Lint
	@node_modules/.bin/oxlint --type-aware --quiet controller test $(wildcard scripts/*.ts)
	@node_modules/.bin/oxlint --quiet $(wildcard scripts/*.mjs scripts/*.cjs)

.PHONY: format
format: install ## Format every file
	@node_modules/.bin/prettier --write --log-level warn . '!manifests/.*'

.PHONY: format-check
format-check: install
	@node_modules/.bin/prettier --check --cache --cache-strategy content --cache-location .cache/prettier --log-level warn . '!manifests/.*'

.PHONY: generate
generate: install ## Make types and JSON Schema from crds/, and docs/drift-table.md from test/truth/
	@node --import tsx scripts/generate.ts

.PHONY: verify
verify: install ## Fail if what `make generate` makes is stale
	@node --import tsx scripts/generate.ts --check

.PHONY: engine
engine: ## See to a Docker engine with Compose v2 (installs and starts one where there is none)
	@scripts/ensure-engine.sh

.PHONY: image
image: engine ## Make the tiny image that tests use
	@scripts/test-image.sh

.PHONY: servers
servers: ## See to the servers of the tests: git, sshd, openssl, docker-registry
	@scripts/ensure-test-servers.sh

.PHONY: clean-example
clean-example: ## Remove what the example of `make run` deployed, and its repository
	@docker compose --project-name hello down --remove-orphans
	@rm -rf .conops/example

.PHONY: clean
clean: ## Remove what was built and installed here (not .conops/, which holds state)
	@rm -rf dist node_modules .cache
