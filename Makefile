# `make run` does the main job, `make test` passes the tests; both set up all they need.
PYTHON ?= python3
PYTHON312 ?= python3.12
VENV := .venv
BIN := $(VENV)/bin
KERNELS := pipeline/native/_kernels.abi3.so
DATA ?=
PIPELINES ?= 200
SEED ?= 1000
WORKERS ?= 2
# Each file's tests stay with one worker, which starts one Spark.
PYTEST := -m pytest -n $(WORKERS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup environments run serve test test-spark4 test-sdk test-airflow test-airflow2 test-airflow-mwaa test-machine lint format lock bench conformance fuzz clean

help:
	@echo "make run [DATA=FILE]   ETL, bundle, model, endpoint, batch and report on the abalone pipeline"
	@echo "make test              all tests"
	@echo "make test-spark4       the operators' tests on Spark 4"
	@echo "make test-sdk          both SageMaker SDKs and boto3 on the local service"
	@echo "make test-airflow      the DAGs, run by Airflow on the local service"
	@echo "make test-airflow2     the quickest of these on Airflow 2.11; make test-airflow-mwaa on managed Airflow's 3.0.6"
	@echo "make test-machine      Airflow's machine of cfn/airflow-ec2.yaml in a clean Debian; needs root and debootstrap"
	@echo "make conformance       docs/conformance.md anew, from both Sparks"
	@echo "make lint              ruff and mypy"
	@echo "make bench             benchmarks beside their peers, as JSON"
	@echo "make lock              make the lock files anew"

setup: $(VENV)/.installed $(KERNELS)

# Several steps: pyspark is a source distribution, and its build must not fetch unpinned tools. The C compiler makes
# the kernels, which the other environments find made.
$(VENV)/.installed: requirements/build.txt requirements/compiler.txt requirements/main.txt setup.py
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements/build.txt
	$(BIN)/python -m pip install -q --no-compile --require-hashes -r requirements/compiler.txt
	$(BIN)/python -m pip install -q --require-hashes --no-build-isolation -r requirements/main.txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(KERNELS): $(wildcard pipeline/native/*.[ch]) | $(VENV)/.installed
	$(BIN)/python setup.py -q build_ext --inplace

run: setup
	$(BIN)/inference-pipeline run examples/abalone/pipeline.yml $(if $(DATA),--input "$(DATA)")

serve: setup
	$(BIN)/inference-pipeline serve runs/abalone

# The SDKs' conversations are for make test-sdk, which makes their environments.
test: setup
	$(BIN)/python $(PYTEST) --ignore tests/clients

# The operators' suite again, on Spark 4 in an environment of its own.
test-spark4: .venv-spark4/.installed
	.venv-spark4/bin/python $(PYTEST) tests/operators

# What has Spark of its own.
$(patsubst %, .venv-%/.installed, spark4 bench): .venv-%/.installed: requirements/build.txt requirements/%.txt setup.py
	$(PYTHON) -m venv --clear .venv-$*
	.venv-$*/bin/python -m pip install -q --require-hashes -r requirements/build.txt
	.venv-$*/bin/python -m pip install -q --require-hashes --no-build-isolation -r requirements/$*.txt
	@PYTHONWARNINGS=ignore .venv-$*/bin/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# All environments that the tests of .ci/run need beside the main one, each of which the target that needs it makes too.
environments: $(addsuffix /.installed, .venv-spark4 .venv-sdk2 .venv-sdk3 .venv-airflow .venv-airflow2)

# Clients of the local service; their SDKs come into environments of their own, made only here.
test-sdk: setup .venv-sdk2/.installed .venv-sdk3/.installed
	$(BIN)/python -m pytest tests/clients

# Most of an SDK is never imported: what is gets compiled then.
.venv-sdk%/.installed: requirements/sdk%.txt
	$(PYTHON) -m venv --clear .venv-sdk$*
	.venv-sdk$*/bin/python -m pip install -q --no-compile --only-binary :all: --require-hashes -r $<
	@touch $@

# The DAGs; Airflow comes into an environment of its own, made only here. The local service runs in this one's.
test-airflow: setup .venv-airflow/.installed
	.venv-airflow/bin/python $(PYTEST) tests/dags tests/trigger

# What shows it of the other Airflows that the DAGs are for: 2.11, and managed Airflow's own, which is on Python 3.12.
test-airflow2 test-airflow-mwaa: test-%: setup .venv-%/.installed
	.venv-$*/bin/python -m pytest -m any_airflow tests/dags

# The locks are complete: without --no-deps pip would refuse what requirements/airflow-override.in allows.
.venv-airflow-mwaa/.installed: PYTHON := $(PYTHON312)
$(patsubst %, .venv-%/.installed, airflow airflow2 airflow-mwaa): .venv-%/.installed: requirements/build.txt requirements/%.txt setup.py
	$(PYTHON) -m venv --clear .venv-$*
	.venv-$*/bin/python -m pip install -q --require-hashes -r requirements/build.txt
	.venv-$*/bin/python -m pip install -q --no-deps --no-compile --no-build-isolation --require-hashes -r requirements/$*.txt
	@PYTHONWARNINGS=ignore .venv-$*/bin/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# The user data of cfn/airflow-ec2.yaml, for real.
test-machine: setup
	$(BIN)/python tests/cfn/machine/run.py

# Random pipelines, as many as one likes: make fuzz PIPELINES=1000 SEED=5000
fuzz: setup
	HYPOTHESIS_PROFILE=explore FUZZ_PIPELINES=$(PIPELINES) FUZZ_SEED=$(SEED) $(BIN)/python -m pytest -q tests/pipelines

# What the operators' suite found on both Sparks, as a table for people.
conformance: setup .venv-spark4/.installed
	rm -rf build/conformance
	CONFORMANCE=build/conformance/3 $(BIN)/python $(PYTEST) tests/operators
	CONFORMANCE=build/conformance/4 .venv-spark4/bin/python $(PYTEST) tests/operators
	$(BIN)/python tests/operators/conformance_table.py build/conformance/3 build/conformance/4 docs/conformance.md

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Beside their peers, of which ONNX Runtime and its converters come into an environment of their own.
bench: setup .venv-bench/.installed
	.venv-bench/bin/python -m benchmarks

# uv only resolves here; the installed set comes from the files it writes.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/main.in -o requirements/main.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/main.txt requirements/bench.in -o requirements/bench.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --allow-unsafe requirements/spark4.in -o requirements/spark4.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --allow-unsafe requirements/build.in -o requirements/build.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/compiler.in -o requirements/compiler.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/sdk2.in -o requirements/sdk2.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/sdk3.in -o requirements/sdk3.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --override requirements/airflow-override.in requirements/airflow.in -o requirements/airflow.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --override requirements/airflow-override.in requirements/airflow2.in -o requirements/airflow2.txt
	uv pip compile --python-version 3.12 --python-platform linux --generate-hashes --no-header --no-annotate requirements/airflow-mwaa.in -o requirements/airflow-mwaa.txt
	uv pip compile --python-version 3.11 --python-platform linux --generate-hashes --no-header --no-annotate requirements/airflow-machine.in -o requirements/airflow-machine.txt

clean:
	rm -rf $(VENV) $(KERNELS) .venv-spark4 .venv-sdk2 .venv-sdk3 .venv-airflow* .venv-bench build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
