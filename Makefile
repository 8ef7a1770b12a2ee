# The list of commands. `make demo` and `make test` are all that a newcomer needs.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip
# Where it is set, each of the hundreds of processes that the tests start would compile anew what was changed.
unexport PYTHONDONTWRITEBYTECODE
# A module of Python that Ctrl-C ends without a traceback.
UNHEARD = $(PYTHON) -c 'import runpy, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)'
QUIET := --quiet --disable-pip-version-check --no-input

.PHONY: demo test quick bench soak lock pictures clean

demo: .venv/ready
	@exec $(BIN)/servergem sandbox --demo $(if $(ONCE),--once)

test: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@rm -rf build/traffic && mkdir -p build
	@# Types beside the tests, on the processor that their waits leave free; what they say comes last, and is as red.
	@$(BIN)/mypy app handlers gcp sandbox tests > build/types.txt 2>&1 & types=$$!; \
	$(BIN)/pytest || $(BIN)/python -m tests.again; tests=$$?; \
	wait $$types; types=$$?; cat build/types.txt; exit $$((tests | types))
	$(BIN)/python -m tests.traffic build/traffic

quick: .venv/ready
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy app handlers gcp sandbox tests & types=$$!; $(BIN)/pytest -n 0 -m "not wire and not long" && wait $$types

bench: .venv/ready
	@$(BIN)/python -m tests.bench $(ONLY)

soak: .venv/ready
	@$(BIN)/python -m tests.soak $(or $(MINUTES),30) $(SEED)

pictures: .venv/ready
	@$(BIN)/python -m tests.pictures docs/pictures

# Two files of one solution: what ServerGem runs with (its image takes no more), and that with what the tests take.
LOCK := uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 pyproject.toml --extra otel
lock:
	@rm -f requirements.lock
	$(LOCK) --group dev -o requirements-dev.lock
	$(LOCK) -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache

.venv/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"ServerGem needs Python 3.11 or newer; $(PYTHON) is {sys.version.split()[0]}. Name another: make $(MAKECMDGOALS) PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Making a Python environment in .venv (once; $$($(PYTHON) --version))"
	@$(UNHEARD) venv .venv
	@echo "Installing $$(grep -c '==' requirements-dev.lock) pinned packages into it; this takes a minute or two"
	@$(PIP) install $(QUIET) --require-hashes -r requirements-dev.lock
	@echo "Installing ServerGem itself"
	@$(PIP) install $(QUIET) --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q -x sandbox/repos app gcp handlers sandbox  # a first `servergem explain` is as quick as the next
	@touch $@
