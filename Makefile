# The list of commands. `make demo` and `make test` are all that a newcomer needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test bench lock clean

demo: .venv/ready
	@$(BIN)/servergem sandbox --demo $(if $(ONCE),--once)

test: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy app handlers gcp sandbox tests
	@rm -rf build/traffic
	$(BIN)/pytest
	$(BIN)/python -m tests.traffic build/traffic

bench: .venv/ready
	@$(BIN)/python -m tests.bench $(ONLY)

lock:
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 requirements.in -o requirements.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
