# make demo: sets up everything, runs the main job and names the report.   make test: sets up, runs the tests.
# make test-slow: the slow tests, and minutes of simulation against theory that make test leaves out.
# make docs: builds the site into docs/_build/html, runs the gallery, and follows every link.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/ready
DEMO   := data/demo
SITE   := docs/_build/html

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test test-fast test-slow docs lint bench clean

demo: $(READY)
	$(PY) -m ictal compare -o $(DEMO) --force

test: $(READY)
	$(PY) -m pytest -n 2 --dist worksteal -m "not physics"

test-fast: $(READY)
	$(PY) -m pytest -n 2 --dist worksteal -m "not slow and not physics"

test-slow: $(READY)
	$(PY) -m pytest -n 2 --dist worksteal -m "slow or physics"

docs: $(READY)
	rm -rf $(SITE)
	$(PY) -m sphinx -W --keep-going -q -j auto docs $(SITE)
	$(PY) docs/check.py $(SITE)
	@echo "open $(SITE)/index.html"

lint: $(READY)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) .ci/words.py
	$(PY) -m mypy --strict -p ictal

bench: $(READY)
	$(PY) benchmarks/spiking.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info $(DEMO) docs/_build docs/gallery docs/reference
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# torch first and pinned: a later, unpinned request would fetch the largest build there is
$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ictal needs Python >= 3.11; say make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setting up $(VENV): a few minutes the first time"
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --constraint constraints.txt torch
	$(PY) -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@echo "compiling kernels"
	$(PY) -m ictal doctor --compile --quiet > /dev/null
	@touch $(READY)
