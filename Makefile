# make run   set up everything and open the window        (ARGS="--source demo" passes options on)
# make test  set up everything and run all tests          (ARGS="-k solver")
# make check format, lint, types, import table, fast tests
# Windows and macOS without make: python app/setup_env.py run | test | check

PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $$p && exit; done; echo python3)
ARGS ?=

.PHONY: run test check
run test check:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "vtm: Python 3.11 to 3.13 is needed and python3 was not found: install it (Debian, Ubuntu: apt-get install python3 python3-venv)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "vtm: Python 3.11 to 3.13 is needed, $(PYTHON) is another: install one, then: make $@ PYTHON=/its/path" >&2; exit 1; }
	@$(PYTHON) app/setup_env.py $@ $(ARGS)
