# toklab's house-keeping. `make` alone lists the targets.
SHELL := /bin/bash
PYTHON := $(or $(TOKLAB_VENV),.venv)/bin/python
TOKLAB := .build/release/toklab
FORMATTED := $(wildcard Sources Tests Benchmarks Package.swift)

.DEFAULT_GOAL := help
.PHONY: help setup build test lint clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Debian packages, Python environment, real vocabularies: each step is instant when it was done before.
setup:
	@Scripts/setup-debian.sh
	@Scripts/setup-python.sh
	@$(PYTHON) Tests/Peers/prepare_vocabularies.py

build: ## Build the release binary (.build/release/toklab)
	@Scripts/setup-debian.sh
	swift build -c release --product toklab

test: setup ## Install what is missing, then run every test, peers included
	swift build -c release --build-tests
	swift test -c release --disable-xctest --skip-build

lint: ## Check the format of all Swift files
	swift format lint --strict --parallel --recursive $(FORMATTED)

clean: ## Remove what building made (the Python environment and the caches stay)
	rm -rf .build
