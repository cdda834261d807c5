# run, test, app: each sets up what it needs in .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test app check format setup chromium

run: setup
	$(BIN)/studio make "three penguins in the snow" --seed 5 --out out
	$(BIN)/studio make "a folk song about coming home, 30 seconds" --seed 5 --out out
	$(BIN)/studio make "a penguin surfing a big wave, camera pans left" --seed 5 --out out

test: setup chromium
	$(BIN)/python -m pytest

app: setup
	$(BIN)/python app.py

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; try make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# The page's tests drive a real browser; without one, and without the right to install it, they are skipped.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; } \
	  || echo "chromium not found: install it to run the page's tests"
