# Everything from a fresh clone. `make run` needs no development extras.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
MEDIA_PORT ?= 7882
NATIVE := setup.py $(wildcard sfu/net/native/*.[ch])
PACKAGES := gcc libc6-dev chromium firefox-esr coturn postgresql gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
	gstreamer1.0-nice python3-gst-1.0 gir1.2-gst-plugins-bad-1.0 \
	nftables iproute2

.PHONY: run test test-network bench lint packages container-test clean

run: $(VENV)/.installed
	RODA_DEMO=true RODA_HTTP_PORT=$(PORT) RODA_MEDIA_PORT=$(MEDIA_PORT) $(BIN)/roda serve

test: $(VENV)/.installed-dev packages node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n 2 --ignore tests/e2e
	$(BIN)/python -m pytest -q tests/e2e

# Real browsers over bad lines, held to the figures that the documents state; on a quiet machine.
test-network: $(VENV)/.installed-dev packages
	$(BIN)/python -m pytest -q -m figures tests/e2e

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python -m bench

# What the tests run beside the server. Without root they skip what is missing and say so.
packages:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  missing=""; \
	  for package in $(PACKAGES); do \
	    dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; \
	  done; \
	  command -v npm >/dev/null || missing="$$missing nodejs npm"; \
	  if [ -n "$$missing" ]; then \
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive \
	      apt-get install -q -y --no-install-recommends $$missing; \
	  fi; \
	fi

# The page's type check, format and accessibility rules; the page itself needs none of it.
node_modules/.installed: package.json package-lock.json | packages
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Without a compiler the forwarding loop in C is left out.
$(VENV)/.installed: $(VENV)/bin/python pyproject.toml $(NATIVE)
	$(BIN)/pip install -q -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml $(NATIVE) | packages
	$(BIN)/pip install -q -e '.[dev]'
	touch $@ $(VENV)/.installed

# Builds the image and holds a call through it; needs root on Debian or Ubuntu, some minutes.
container-test: $(VENV)/.installed
	tests/container/build_and_call.sh

clean:
	rm -rf $(VENV) node_modules build *.egg-info
