# Needs Python 3.11 or later, make, and a connection to install the libraries, once, into .venv.
# Another Python: make PYTHON=python3.12 test

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
export PYTHONDONTWRITEBYTECODE =  # else each process of the tests would compile all it imports anew

.PHONY: demo test around test-all fresh checked lint types check site clean

demo: $(INSTALLED)  ## solve a shipped network and an ONNX file
	$(BIN)/xbarmip solve alexnet --crossbars 2304 --objective steps --rule published
	$(BIN)/xbarmip solve onnx:light_resnet50 --crossbars 6304

test: $(INSTALLED)
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

around: $(INSTALLED)  ## pages, notebooks, packages, benchmarks, browsers, clusters, other systems, the second language
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m around

test-all: around  ## every test, all random cases of it
	DRAWS=all $(BIN)/python -m pytest -q -n 2 --dist worksteal

fresh: $(INSTALLED)  ## new random problems until Ctrl-C, or SECONDS=60; SEED=N: the same
	FRESH_SECONDS=$(SECONDS) FRESH_SEED=$(SEED) $(BIN)/python -m pytest -q -m fresh

# Compiled kernels look at no index and wrap where an integer overflows; here both are errors.
checked: $(INSTALLED)  ## a part of the tests, with kernels interpreted, and with indices checked
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -n 2 -W error::RuntimeWarning \
		tests/conformance tests/solvers/dp/test_exchange.py \
		-k 'dp_cuts and (free or timed) or exchange'
	NUMBA_BOUNDSCHECK=1 $(BIN)/python -m pytest -q tests/conformance -k 'dp_cuts and free and steps'

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

check: lint types test around

site: $(INSTALLED)  ## the documentation as a site, in build/site; warnings are errors
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/cffconvert --validate
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict
	@echo build/site/index.html

clean:
	rm -rf .venv build/site

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; make PYTHON=... names one")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 --no-compile --editable '.[test]' \
		2> .venv/pip.log || { echo "The libraries cannot be installed, for which a connection is needed, once:" \
		"$$(grep -m 1 '^ERROR' .venv/pip.log) (all of it: .venv/pip.log)" >&2; exit 1; }
	$(BIN)/python -m compileall -qq .venv/lib xbarmip & $(BIN)/xbarmip warm && wait  # two cores
	@touch $@
