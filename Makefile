# Two commands are all the set-up that a fresh machine needs: `make demo` and `make test`. Each installs what it uses.
VENV := .venv
PYTHON := $(VENV)/bin/python
export PYTHONPATH := layers/shared/python:functions/api:cli:.
export SAM_CLI_TELEMETRY := 0
# Each process reads what another one compiled, and nothing of it lies among the sources.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache

.PHONY: help demo sandbox sandbox-stop console test test-fast accounted simulate gates bench gates-console gates-python key clean

help:
	@echo "make demo          the main job, end to end, on this machine"
	@echo "make sandbox       the whole platform on this machine, until Ctrl-C or make sandbox-stop"
	@echo "make console       builds the console into functions/console, from where a deployment takes it"
	@echo "make test          all gates and all tests"
	@echo "make test-fast     core and contract, in memory, in seconds"
	@echo "make accounted     10,000,000 rows over three tenants: what is delivered is what the lake holds, in about ten minutes"
	@echo "make simulate [SEED=1] [SIZE=1]   a year of rules and a race of dispatchers, against an oracle; RACE=0: no race"
	@echo "make key STACK=.. TENANT=.. NAME=..   an API key for a tenant of a deployed stack"
	@echo "make bench [ONLY=name]   ours against its peers, each figure with its output checked"
	@echo "make gates         lint, format, types, imports, template"

$(VENV)/.ready: requirements-dev.txt
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(VENV)/bin/uv pip install --quiet --python $(PYTHON) -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.ready
	$(PYTHON) -m sandbox.demo

sandbox: $(VENV)/.ready
	$(PYTHON) -m sandbox.up

sandbox-stop: $(VENV)/.ready
	$(PYTHON) -m sandbox.stop

console: $(VENV)/.ready
	$(PYTHON) -m sandbox.site

gates: gates-console gates-python

gates-console: $(VENV)/.ready
	$(PYTHON) -m sandbox.site check

gates-python: $(VENV)/.ready
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/sam validate --lint --region us-east-1

test-fast: $(VENV)/.ready
	$(PYTHON) -m pytest tests/core tests/contract -m "not real and not thorough" -n 2 --no-loadscope-reorder -q

test: $(VENV)/.ready
	bash tests/programs.sh
	$(MAKE) -j2 gates
	$(PYTHON) -m pytest -n 3 --no-loadscope-reorder -q --durations=15

bench: $(VENV)/.ready
	@ONLY="$(ONLY)" $(PYTHON) -m bench

accounted: $(VENV)/.ready
	WAYBILL_ACCOUNTED_ROWS=10000000 $(PYTHON) -m pytest tests/engines/test_rows_accounted.py -q --durations=5

simulate: $(VENV)/.ready
	@SEED="$(SEED)" SIZE="$(SIZE)" RACE="$(RACE)" $(PYTHON) -m simulate

key: $(VENV)/.ready
	@$(PYTHON) -m ops.api_key --stack "$(STACK)" --tenant "$(TENANT)" --name "$(NAME)"

clean:
	rm -rf .venv .tools .sandbox .aws-sam
