# make demo   set up, then compare every method on the embedded task; ends with a table and a report
# make test   set up, then run the tests
# make check  set up, then lint, types and import directions
# make docs   set up, then build the documentation into site/
# make bench  set up the libraries we are compared with, then every benchmark; about 25 minutes, and 50 more where ../shared/data is there
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo-run

.PHONY: setup demo test test-slow check docs bench clean

setup: $(VENV)/.ready

# torch goes first and by itself: a plain `torch` may bring gigabytes of CUDA libraries.
$(VENV)/.ready: pyproject.toml constraints.txt $(wildcard src/qualms/kernels/native/*)
	$(PYTHON) -c 'import sys; sys.exit("Qualms needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.11 …" % sys.version_info[:2]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check "torch==$$(sed -n 's/^torch==//p' constraints.txt)"
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: setup
	$(BIN)/qualms compare --recipe experiments/demo/recipe.yaml --out $(OUT)

# two processes of one thread each, whole files to one of them: fixtures are made once
test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: setup
	$(BIN)/python -m pytest -m slow

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/mkdocs build --strict -q

# The peers go into an environment of their own: TorchQuantum's pins contradict ours, and it is installed without its dependencies.
$(VENV)-bench/.ready: $(VENV)/.ready
	test -x $(VENV)-bench/bin/python || $(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install -q --disable-pip-version-check "torch==$$(sed -n 's/^torch==//p' constraints.txt)"
	$(VENV)-bench/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[bench,ibm]'
	$(VENV)-bench/bin/python -m pip install -q --disable-pip-version-check --no-deps torchquantum==0.1.8
	touch $@

bench: $(VENV)-bench/.ready
	cd benchmarks && for script in "sublayer_core.py" "sublayer_core.py --scaling" "sublayer_core.py --crossover" numba_core.py qaoa.py qasm.py training_step.py noise.py optimizer_step.py solve/annealing.py solve/targets.py; do \
	  ../$(VENV)-bench/bin/python -W ignore $$script || exit 1; done; ../$(VENV)-bench/bin/python tables.py

clean:
	rm -rf $(VENV) $(VENV)-bench build dist site demo-run .pytest_cache .mypy_cache .ruff_cache .hypothesis
