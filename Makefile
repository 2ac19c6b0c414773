# Needs Python 3.11 or later, make, and a connection to install the libraries, once, into .venv.
# Another Python: make PYTHON=python3.12 test

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: demo test lint types check clean

demo: $(INSTALLED)  ## solve a shipped network and an ONNX file
	$(BIN)/xbarmip solve alexnet --crossbars 2304 --objective steps --rule published
	$(BIN)/xbarmip solve onnx:light_resnet50 --crossbars 6304

test: $(INSTALLED)
	$(BIN)/python -m pytest -q -n 2

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

check: lint types test

clean:
	rm -rf .venv

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; make PYTHON=... names one")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	$(BIN)/xbarmip warm
	@touch $@
