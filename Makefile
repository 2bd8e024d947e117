# make run   set up everything and open the window        (ARGS="--source demo" passes options on)
# make test  set up everything and run all tests          (ARGS="-k solver"; TORCH=cuda or none, see app/setup_env.py)
# make check format, lint, import contracts, types, documents, fast tests
# make lock  renew the locked versions in app/requirements/   (ARGS="--keep": only what pyproject.toml changed)
# Windows and macOS without make: python app/setup_env.py run | test | check, python app/lock_packages.py

FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c '$(FITS)' 2>/dev/null && echo $$p && exit; done; echo python3)
ARGS ?=
export TORCH

.PHONY: run test check lock python
run test check: python
	@$(PYTHON) app/setup_env.py $@ $(ARGS)
lock: python
	@$(PYTHON) app/lock_packages.py $(ARGS)
python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "vtm: Python 3.11 to 3.14 is needed and python3 was not found: install it (Debian, Ubuntu: apt-get install python3 python3-venv)" >&2; exit 1; }
	@$(PYTHON) -c '$(FITS)' || { echo "vtm: Python 3.11 to 3.14 is needed, $(PYTHON) is another: install one, then: make $(MAKECMDGOALS) PYTHON=/its/path" >&2; exit 1; }
