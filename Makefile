# `make` lists the targets. Each one is a thin call of a script or of npm: the work is done there.

SHELL := bash
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# npm writes this file whenever it installs; so a second `make` installs nothing.
node_modules/.package-lock.json: package.json package-lock.json .npmrc
	@npm ci --no-progress
	@touch $@

dist/cli/main.js: node_modules/.package-lock.json scripts/build.mjs tsconfig.json tsconfig.build.json $(shell find src -type f)
	@npm run --silent build

# Tried again at each `make` where it cannot be done, which takes no time.
native/build/lstm.node: node_modules/.package-lock.json $(wildcard native/*.cc native/*.h) native/build.mjs
	@node native/build.mjs --if-possible

BUILT := dist/cli/main.js native/build/lstm.node

##@ Start

.PHONY: demo
demo: $(BUILT) ## the whole pipeline on bundled posts, with nothing but Node (DEMO_EXIT=1 ends by itself)
	@node dist/cli/main.js demo $(if $(filter 1,$(DEMO_EXIT)),--exit) $(DEMO_OPTIONS)

.PHONY: build
build: $(BUILT) ## install and compile

.PHONY: native
native: node_modules/.package-lock.json ## compile the native kernels, or say what that needs
	@node native/build.mjs

##@ Tests

.PHONY: test
test: $(BUILT) ## every test; starts Kafka and Redis, and builds tfjs-node where it can
	@scripts/tfjs-node.sh || echo 'tfjs-node was not built: its tests are skipped (the lines above say what it needs)'
	@npm run --silent test

.PHONY: test-full
test-full: $(BUILT) ## the same with the long runs (50,000 posts through Kafka)
	@FULL=1 npm run --silent test

.PHONY: test-versions
test-versions: $(BUILT) ## the tests that talk to Kafka and Redis, with other versions of them
	@scripts/versions.sh

# Variables such as CHAOS_POSTS=5000 and CHAOS_SCENARIOS=list pass through: see the head of the file.
.PHONY: chaos
chaos: $(BUILT) ## kills, cuts and freezes workers, brokers and Redis under load; nothing may be lost or doubled
	@node --import ./scripts/typescript.mjs test/chaos/run.ts

# Variables such as BENCH_POSTS=2000 and BENCH_STACKS=list pass through: see the head of the file.
.PHONY: bench
bench: $(BUILT) ## posts/s of the worker and of other stacks between a real Kafka and a real Redis
	@node --import ./scripts/typescript.mjs test/bench/run.ts

.PHONY: bench-start
bench-start: dist/cli/main.js ## ms until a worker is ready, and has its first result
	@node --import ./scripts/typescript.mjs test/bench/start.ts

# Variables such as SCALE_PARTS=workers and SCALE_POSTS=10000000 pass through: see the head of the file.
.PHONY: bench-scale
bench-scale: dist/cli/main.js ## what a post costs with more workers, more brands and more posts
	@node --import ./scripts/typescript.mjs test/bench/scale.ts

.PHONY: bench-telemetry
bench-telemetry: dist/cli/main.js ## fails where telemetry takes more than a twentieth of the posts/s
	@node --import ./scripts/typescript.mjs test/bench/telemetry.ts

.PHONY: bench-profile
bench-profile: dist/cli/main.js ## docs/images/flame-NAME.svg: where the time of a worker goes (BENCH_NAME=worker)
	@node --import ./scripts/typescript.mjs test/bench/profile.ts

# Variables such as SOAK_MINUTES=1 pass through: see the head of the file.
.PHONY: soak
soak: dist/cli/main.js ## a worker at 80 % load for half an hour: fails where memory or lag grows
	@node --import ./scripts/typescript.mjs test/bench/soak.ts

.PHONY: bench-stages
bench-stages: native/build/lstm.node ## µs that each stage of a scorer thread takes for a post
	@node --import ./scripts/typescript.mjs test/bench/stages.ts

.PHONY: bench-guard
bench-guard: $(BUILT) ## fails where the worker is slow next to a plain loop in the same run
	@node --import ./scripts/typescript.mjs test/bench/guard.ts

.PHONY: screenshots
screenshots: $(BUILT) ## docs/images anew: the page of the demo, in Chromium
	@node --import ./scripts/typescript.mjs test/page/screenshots.ts

.PHONY: format
format: ## format and mend what the linter can mend
	@npx biome check --write .

##@ Model

# Variables such as MODEL=DIR and FAILED=1 pass through: see the head of the script.
.PHONY: behaviour
behaviour: $(BUILT) ## how often the model fails pairs and groups of posts written to test it, by kind
	@node scripts/behaviour.mjs

##@ Model

# The recipe names ../shared/data; MODEL is where the bundle is written.
.PHONY: train
train: $(BUILT) tfjs-node ## train the shipped model again (needs the recipe's data files)
	@node dist/cli/main.js train --recipe models/recipe.yaml --output $(or $(MODEL),.cache/model)

.PHONY: soft-labels
soft-labels: $(BUILT) ## grow the teachers and write their labels (hours; Python and Maven)
	@teachers/run.sh

# BASELINES_DATA=DIR reads the recipe's files from there, BASELINES_OPTIONS are those of baselines/measure.mjs.
.PHONY: baselines
baselines: $(BUILT) ## what else one would take (linear models, word lists) beside the model, on the same posts
	@baselines/run.sh $(if $(BASELINES_DATA),--data $(BASELINES_DATA)) $(BASELINES_OPTIONS)

##@ Services and tools

# Variables such as KAFKA_PORT, REDIS_PORT and SERVICES_DIR pass through: see the head of the script.
.PHONY: services
services: ## start Kafka and Redis on loopback (Docker if its engine answers, else java and redis-server)
	@scripts/services.sh up

.PHONY: services-status
services-status: ## what runs, and where
	@scripts/services.sh status

.PHONY: services-down
services-down: ## stop them (CLEAN=1 removes their data)
	@scripts/services.sh down

.PHONY: deploy-tools
deploy-tools: ## what deploy/ and telemetry are checked with: Helm, promtool, a collector (compiled, minutes), hadolint, schemas
	@scripts/deploy-tools.sh

##@ Release

.PHONY: sbom
sbom: node_modules/.package-lock.json ## sbom.cdx.json: what an installation holds, as CycloneDX
	@node scripts/sbom.mjs

.PHONY: audit
audit: ## known weaknesses of what an installation holds, as the registry tells them
	@npm audit --omit dev

##@ Native parts

.PHONY: tfjs-node
tfjs-node: node_modules/.package-lock.json ## build the native part of @tensorflow/tfjs-node (for training, and as a scoring engine)
	@scripts/tfjs-node.sh
