# Every target sets itself up from nothing: system libraries, .venv, wheels (see tools/setup.sh).
#
#   make run     the window
#   make demo    a built-in dancer is learned and made to dance; the clip is in demo/
#   make test    the linters, then the tests
#   make lint    the linters alone
#   make bench   how fast it is against programs outside of it (tests/bench has more, each with its own options)
#   make base    models/base.safetensors, which trainings start from, learned from built-in dancers (an hour)
#   make screenshots   pictures of the window in each state, in screenshots/, and those of the README
#
# PYTHON=python3.12        the interpreter to build .venv with (3.11 or 3.12)
# TORCH_INDEX=ADDRESS      where pip finds another build of PyTorch, such as the one without CUDA

PYTHON ?=
TORCH_INDEX ?=
READY := .venv/.ready
IN := .venv/bin
# What is imported first is compiled then, and kept in spite of the caller: setup.sh compiles nothing beforehand.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run screenshots demo test lint bench base setup clean

run: $(READY)
	$(IN)/python -P -m ui

demo: $(READY)
	$(IN)/python -P -m dancetransfer demo -o demo

test: lint
	$(IN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(READY)
	$(IN)/ruff check .
	$(IN)/ruff format --check .
	$(IN)/lint-imports
	MYPY_NUM_WORKERS=2 $(IN)/mypy

bench: $(READY)
	PYTHONPATH=.:tests $(IN)/python tests/bench/speed.py start ingest poses step preview render --keep build/bench

base: $(READY)
	PYTHONPATH=. $(IN)/python tools/base.py

screenshots: demo
	PYTHONPATH=. $(IN)/python tools/screenshots.py screenshots --readme assets
	PYTHONPATH=. $(IN)/python tools/first_minute.py demo assets/first-minute.webp

setup: $(READY)

$(READY): pyproject.toml tools/setup.sh
	@PYTHON="$(PYTHON)" TORCH_INDEX="$(TORCH_INDEX)" sh tools/setup.sh .venv
	@touch $@

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
