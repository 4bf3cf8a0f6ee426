# `make` lists the targets. Each one is a thin call of a script or of npm: the work is done there.

SHELL := bash
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Services and native parts

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

.PHONY: tfjs-node
tfjs-node: ## build the native part of @tensorflow/tfjs-node (for training, and as a scoring engine)
	@scripts/tfjs-node.sh
