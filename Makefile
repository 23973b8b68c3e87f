# Needs make and Python 3.11 or newer; everything else is put into .venv (dev/setup.sh).

IDEA ?= a lullaby for Lucía
# The idea travels through the environment, word for word: neither make nor the shell reads a $ or a quote in it.
export SONG_IDEA := $(value IDEA)
unexport IDEA

PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup song test lint types format update bundle check-bundle gates image-check bench chaos coverage wheel lock clean

help: ## this list
	@printf 'make TARGET, where TARGET is one of\n\n'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  %-14s%s\n", $$1, $$2 }'

setup: ## make or refresh .venv; the other targets do it by themselves
	@sh dev/setup.sh

song: setup ## compose a song: make song IDEA="a sea shanty about tea"
	@.venv/bin/songwright compose -- "$$SONG_IDEA"

test: setup ## every check: format, lint, imports, types, tests
	@$(PY) -m dev.check

lint: setup ## format, lint and imports only
	@$(PY) -m dev.check format lint imports

types: setup ## types only
	@$(PY) -m dev.check types

format: setup ## format the sources
	@$(PY) -m ruff check --quiet --fix-only .
	@$(PY) -m ruff format --quiet .

update: setup ## write what is derived from the code: snapshots, tool lists, tables, the plugin
	@$(PY) -m dev.update

bundle: setup ## dist/songwright.mcpb, for desktop assistants, and its checksum for the registry
	@$(PY) -m dev.bundle

check-bundle: setup ## try the bundle as on a new machine (the validator needs Node)
	@$(PY) -m dev.check_bundle

gates: setup ## the ecosystem's own checks: conformance, Inspector, clients, tool quality, plugin, bundle (installs them in .venv)
	@$(PY) -m dev.gates

image-check: setup ## build what the Dockerfile builds, without a container engine, and run it as another user
	@$(PY) -m dev.image

bench: setup ## size and speed, each figure compared with a reference from the same run
	@$(PY) -m bench

chaos: setup ## the long tests of orders, with a seed: make chaos SEED=7
	@CHAOS_SEED=$(or $(SEED),1) $(PY) -m pytest -m chaos -n auto -q tests/orders

coverage: setup ## the tests with what they reach: the figure, and every file with branches that none of them takes
	@$(PY) -m dev.coverage

wheel: setup ## dist/songwright-….whl and the source archive
	@$(PY) -m build --quiet --no-isolation --outdir dist .

lock: setup ## pin the packages again after pyproject.toml changed; UPGRADE=1 takes the newest of each
	@$(PY) -m dev.lock $(if $(UPGRADE),--upgrade)

clean: ## remove what was made, .venv too
	@rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .schemathesis .coverage.json
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf examples/*/node_modules examples/*/dist
