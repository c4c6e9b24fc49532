# toklab's house-keeping. `make` alone lists the targets.
SHELL := /bin/bash
PYTHON := $(or $(TOKLAB_VENV),.venv)/bin/python
TOKLAB := .build/release/toklab
FORMATTED := $(wildcard Sources Tests Benchmarks Fuzz Examples Package.swift) Python/Package.swift Python/Sources

.DEFAULT_GOAL := help
.PHONY: help setup quickstart build test wheel test-wheel test-cluster models test-models peers test-peers bench fuzz faults compatibility corpora embed \
  unicode-tables install man completions lint clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Debian packages, a browser, Python environment, real vocabularies: each step is instant when it was done before.
setup:
	@Scripts/setup-debian.sh
	@Scripts/setup-browser.sh
	@Scripts/setup-python.sh
	@$(PYTHON) Tests/Peers/prepare_vocabularies.py

quickstart: build ## Train on the built-in sample, compare what languages cost, export, byte probabilities
	@Scripts/quickstart.sh

build: ## Build the release binaries (.build/release/toklab, and toklab-sweep and toklab-serve, which it starts)
	@Scripts/setup-debian.sh
	swift build -c release --product toklab
	swift build -c release --product toklab-sweep
	swift build -c release --product toklab-serve

# PREFIX=$HOME/.local needs no root; packagers add DESTDIR. Man pages and completions are made from the programs.
install: build ## Install programs, man pages and completions in PREFIX=/usr/local
	@Scripts/install.sh .build/release $(or $(PREFIX),/usr/local)

man: build ## Write the man pages, one a verb, in .build/man
	Scripts/man-pages.py $(TOKLAB) .build/man

completions: build ## Write the completions of bash, zsh and fish below .build/share
	Scripts/completions.sh $(TOKLAB) .build/share

test: setup ## Install what is missing, then run every test, peers included
	swift build -c release --build-tests
	swift test -c release --disable-xctest --skip-build --skip 'RealModelTests|HeavyPeerTests'

models: ## Install SmolLM2-135M and llama.cpp's Python bindings in .cache/models and .venv-models (130 MB)
	@Scripts/setup-models.sh

test-models: models ## Run the tests with SmolLM2: cost, certificates and agreement of byte probabilities
	swift build -c release --build-tests
	swift test -c release --disable-xctest --skip-build --filter RealModelTests

peers: ## Install PyTorch, transformers, mergekit, sentence-transformers, genlm-bytes, Gemma 3 270M and all-MiniLM-L6-v2 (gigabytes)
	@Scripts/setup-peers.sh

test-peers: peers ## Run the tests against reference code and models that need gigabytes
	swift build -c release --build-tests
	swift test -c release --disable-xctest --skip-build --filter HeavyPeerTests

# Not part of `test`: downloads 456 MB. Writes Reports/spark.md.
test-cluster: build ## Install PySpark and Java, train on Spark with two workers, compare with one process
	@Scripts/setup-spark.sh
	.cache/spark/bin/python Examples/spark/test_on_spark.py --toklab $(TOKLAB) $(ARGUMENTS)

# Benchmarks/bench.py says what is measured; ARGUMENTS='--rounds 3 --only encode' narrows it down.
bench: setup corpora ## Time toklab beside the fastest other libraries; writes Reports/benchmark-DATE.md
	@Scripts/setup-bench.sh
	swift build -c release --product toklab-bench
	.venv-bench/bin/python Benchmarks/bench.py $(ARGUMENTS)

wheel: ## Build the Python package toklab-swift in Python/dist, with the Swift runtime and ICU inside
	@Scripts/setup-debian.sh
	Scripts/wheel.py

# A clean environment each time, without Swift on PATH.
test-wheel: wheel ## Install the wheel in .venv-wheel and test it beside tokenizers
	rm -rf .venv-wheel
	python3 -m venv .venv-wheel
	.venv-wheel/bin/pip install -q -r Python/tests/requirements.txt Python/dist/toklab_swift-*.whl
	env -i HOME="$$HOME" PATH=/usr/bin:/bin .venv-wheel/bin/python -m pytest -q -p no:cacheprovider Python/tests

# docs/fuzzing.md says what is tried; ARGUMENTS='gguf shard' narrows it down to targets.
fuzz: build ## Fuzz every reader and engine for SECONDS=60 of CPU each with libFuzzer; writes Reports/fuzz/DATE.md
	Scripts/fuzz.py --seconds $(or $(SECONDS),60) $(ARGUMENTS)

# docs/faults.md says what is tried; ARGUMENTS='killed memory' narrows it down to cases. Mounts small disks as root.
faults: build ## Kill, fill, close, truncate and overload every verb; writes Reports/faults.md
	$(or $(wildcard $(PYTHON)),python3) Tests/Faults/faults_test.py $(TOKLAB) --whole --report Reports/faults.md $(ARGUMENTS)

# Needs the developers' data beside the checkout (or at TOKLAB_SHARED).
compatibility: build setup ## Write Reports/compatibility.md: what is read, run and written, and who loads it again
	$(PYTHON) Benchmarks/compatibility.py --shared $(or $(TOKLAB_SHARED),../shared) $(ARGUMENTS)

corpora: build ## Prepare real corpora from Debian packages in .cache/corpora (about 450 MB of downloads)
	@for name in english multilingual code; do \
	  [ -e .cache/corpora/$$name ] || $(TOKLAB) corpus prepare $$name -o .cache/corpora/$$name || exit; \
	done

embed: ## Build the sample and the corpus recipes into the program again
	Scripts/embed-corpora.py

unicode-tables: ## Generate the Unicode class tables again
	swift Scripts/generate-unicode-classes.swift > .build/UnicodeClassRanges.swift
	mv .build/UnicodeClassRanges.swift Sources/Tokenizers/Text/UnicodeClassRanges.swift

lint: ## Check the format of all Swift files
	swift format lint --strict --parallel --recursive $(FORMATTED)

clean: ## Remove what building made (the Python environment and the caches stay)
	rm -rf .build
