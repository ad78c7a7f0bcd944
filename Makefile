# The developer's commands. `make` alone lists them.
#
# Every command sets itself up: it makes .venv from requirements-dev.txt (the full lock, with hashes) the
# first time, and again only when that file changes. The image installs requirements.txt, the part of the
# same lock that the server needs. `make test ARGS="-k typing"` hands ARGS on; so do run, dev, cov and seed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python
MANAGE := $(PY) manage.py
READY := $(VENV)/.ready

# The first interpreter that is new enough; `make run PYTHON=/path/to/python3.11` overrides.
PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13 python; do \
	if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	command -v "$$name"; break; fi; done)

# Commands of `make check` that only look: their own data folder, and nothing of the caller's settings.
# Set to nothing rather than unset, so that a .env file does not fill them in.
TEST_ENV := env APP_ENV=test POSTGRES_URI= REDIS_URL= MONGODB_URI= WORKERS=1 DATA_DIR=var/check

# A production boot, to be judged by `check --deploy`. No server is contacted.
SECRET = $$($(PY) -c 'import secrets; print(secrets.token_urlsafe(48))')
PRODUCTION_ENV = env APP_ENV=production DEBUG=off RATE_LIMITS=on MONGODB_URI= DATA_DIR=var/check \
	ALLOWED_HOSTS=api.wholexale.test FRONTEND_URL=https://www.wholexale.test BCRYPT_ROUNDS=12 TRUSTED_PROXIES= \
	POSTGRES_URI=postgresql://wholexale:check@127.0.0.1:5432/wholexale REDIS_URL=redis://127.0.0.1:6379/0 \
	SECRET_KEY=$(SECRET) JWT_SECRET=$(SECRET) JWT_REFRESH_SECRET=$(SECRET)

YAML_RULES := {extends: default, rules: {document-start: disable, line-length: {max: 120}}}

##@ Run
.PHONY: run dev up seed migrate

run: $(READY) ## Set up, migrate, seed once and serve on 127.0.0.1:8000 (other port: PORT=9000)
	@$(MANAGE) start $(ARGS)

dev: $(READY) ## The same, and reload when a file changes
	@$(MANAGE) start --reload $(ARGS)

up: $(READY) ## Server, worker and beat in one terminal, on POSTGRES_URI and REDIS_URL
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" PYTHONUNBUFFERED=1 $(MANAGE) up

seed: $(READY) ## Fill the database with the demo marketplace (ARGS="--scale medium --seed 7")
	@$(MANAGE) seed $(ARGS)

migrate: $(READY) ## Bring the database up to the newest migration
	@$(MANAGE) migrate $(ARGS)

##@ Test
.PHONY: test proof cov watch

test: $(READY) ## Run the tests in every lane that can run here, and say which did
	@$(PY) -m wholexale.tests.lanes $(ARGS)

proof: $(READY) ## Run the long forms of the tests (races, faults, floods)
	@$(PY) -m wholexale.tests.lanes --proof $(ARGS)

cov: $(READY) ## Run the embedded lane and show the lines and branches that no test reaches
	@$(PY) -m wholexale.tests.lanes --lane embedded --cov --cov-report=term-missing:skip-covered $(ARGS)

watch: $(READY) ## Run the tests again whenever a file changes
	@$(VENV)/bin/ptw . $(ARGS)

##@ Quality
.PHONY: lint fix check check-code check-django check-files lock

lint: $(READY) ## Style, formatting, types and import layers
	@echo "ruff";         $(VENV)/bin/ruff check .
	@echo "ruff format";  $(VENV)/bin/ruff format --check .
	@echo "mypy";         $(TEST_ENV) $(PY) -m mypy
	@echo "import-linter"; $(VENV)/bin/lint-imports

fix: $(READY) ## Repair what the linter and the formatter can repair
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

check: lint check-django check-files test ## Everything that CI checks

check-django: $(READY)
	@echo "migrations match the models"; $(TEST_ENV) $(MANAGE) makemigrations --check --dry-run
	@echo "a production boot is sound";  $(PRODUCTION_ENV) $(MANAGE) check --deploy --fail-level WARNING
	@echo "the API's schema is valid";   $(TEST_ENV) $(MANAGE) spectacular --validate --fail-on-warn --file /dev/null

check-files: $(READY)
	@echo "yamllint"; $(VENV)/bin/yamllint --strict -d "$(YAML_RULES)" compose.yaml
	@echo "hadolint"; $(VENV)/bin/hadolint Dockerfile
	@echo "bash -n";  bash -n .ci/run

# The header of a lock names this command, so that a machine's paths and addresses stay out of the files.
LOCK := CUSTOM_COMPILE_COMMAND="make lock" $(PY) -m piptools compile --quiet --generate-hashes --allow-unsafe \
	--strip-extras --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: $(READY) ## Pin pyproject.toml's dependencies anew (ARGS="--upgrade" or "--upgrade-package NAME")
	@$(LOCK) $(ARGS) --output-file requirements.txt pyproject.toml
	@$(LOCK) $(ARGS) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	@echo "requirements.txt and requirements-dev.txt are up to date."

##@ Housekeeping
.PHONY: help clean venv

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST)); echo

venv: $(READY) ## Only make the virtual environment
	@echo "$(VENV) is ready."

clean: ## Remove the virtual environment and the tools' caches (the data in var/ stays)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*

# One line of progress on a terminal, every tenth package elsewhere.
define PROGRESS
/^Collecting/ { n++; if (tty) printf "\r\033[K  %d of %d  %s", n, total, $$2; \
	else if (n % 10 == 0) printf "  %d of %d\n", n, total; fflush() } \
/^Installing/ { printf "%s  unpacking ...\n", tty ? "\r\033[K" : ""; fflush() }
endef

# --no-deps, as the lock is whole: pip 23 resolves an extra (coverage[toml]) to the newest release, which the lock
# has no hash of, and stops.
$(READY): requirements-dev.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "Wholexale needs Python 3.11 or newer, and none was found."; \
		echo "  Debian, Ubuntu:  apt-get install python3 python3-venv"; \
		echo "  elsewhere:       install it, then  make run PYTHON=/path/to/python3.11"; exit 1; fi
	@if ! $(PY) -c '' 2>/dev/null; then \
		echo "Making $(VENV) with $$("$(PYTHON)" --version)"; \
		"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); \
			echo "Python's venv module is missing (Debian, Ubuntu: apt-get install python3-venv)."; exit 1; }; fi
	@total=$$(grep -c '==' requirements-dev.txt); tty=$$([ -t 1 ] && echo 1 || echo 0); \
	echo "Installing $$total pinned packages (once, about half a minute)"; \
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(PY) -m pip install --progress-bar off --no-deps --require-hashes \
		-r requirements-dev.txt | awk -v total="$$total" -v tty="$$tty" '$(PROGRESS)'
	@touch $(READY)
