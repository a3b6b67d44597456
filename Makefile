# Voice Recorder from a checkout. `make` lists what there is; CONTRIBUTING.md says more.

PYTHON ?= python3
VENV := .venv
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
SYSTEM_LIBRARIES := PYTHON="$(PYTHON)" sh packaging/system_libraries.sh

# The tests that wait for real sound, in two groups, and those of the window; the others have more to compute.
takes = $(patsubst %,tests/integration/test_%.py,$(1))
TAKE_TESTS := $(call takes,capture_extras record recovery)
SOUND_TESTS := $(call takes,cli_sound device_loss disk_full editing two_processes relocating long_takes)
comma := ,
empty :=
joined = $(subst $(empty) $(empty),$(comma),$(strip $(1)))
OTHER_TESTS := tests/integration $(patsubst %,--ignore=%,tests/integration/cloud $(TAKE_TESTS) $(SOUND_TESTS))
GROUPS := $(call joined,$(TAKE_TESTS)) $(call joined,$(SOUND_TESTS)) tests/ui \
	patient tests/unit tests/integration/cloud $(call joined,$(OTHER_TESTS))

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test coverage check bench bench-long torture screenshots translations clean system-run system-test

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: system-run $(INSTALLED) ## open Voice Recorder; make run ARGS="record --seconds 5" for a command
ifneq ($(strip $(ARGS)),)
	@$(BIN)/voice-recorder $(ARGS)
else
	@if [ "$$(uname -s)" = Linux ] && [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then \
		echo "There is no display here, so no window can open: this is the demo instead."; \
		$(BIN)/voice-recorder demo; \
	else \
		$(BIN)/voice-recorder; \
	fi
endif

test: system-test $(INSTALLED_DEV) ## all tests: first those without a screen, then the window on a virtual one
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.parallel $(GROUPS) -- -m "not display" --durations=12 $(COVERAGE)
	$(BIN)/python -m tests.fakes.display -- $(BIN)/python -m tests.parallel tests,--ignore=tests/torture -- \
		-m display --durations=12 $(COVERAGE)

coverage: ## the same tests, and which lines and branches they reach (it takes half as long again)
	@rm -f .coverage .coverage.*
	$(MAKE) --no-print-directory test COVERAGE="--cov --cov-report="
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

check: $(INSTALLED_DEV) ## style, types, layers; what looks unused is reported only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	-@$(BIN)/vulture

bench: system-test $(INSTALLED_DEV) ## how fast, beside the usual tools (under 15 minutes)
	$(BIN)/python -m tests.benchmarks $(ARGS)

bench-long: system-test $(INSTALLED_DEV) ## the benchmarks that take longer
	$(BIN)/python -m tests.benchmarks --long $(ARGS)

torture: system-test $(INSTALLED_DEV) ## kill, fill and damage things at random
	$(BIN)/python -m pytest tests/torture $(ARGS)

screenshots: system-test $(INSTALLED_DEV) ## take the pictures in resources/screenshots anew
	$(BIN)/python -m tests.fakes.display -- $(BIN)/python -m tests.fakes.virtual_microphone -- \
		$(BIN)/python -m tests.screenshots $(ARGS)

translations: $(INSTALLED_DEV) ## bring resources/translations up to date with the texts in the sources
	$(BIN)/pyside6-lupdate -locations none -no-obsolete $$(find voice_recorder/ui voice_recorder/domain -name '*.py' | sort) \
		$$(cd voice_recorder && grep -rl --include='*.py' 'domain.words import tr' audio storage cloud services workers \
			| sort | sed 's|^|voice_recorder/|') \
		-ts resources/translations/*.ts

clean: ## remove the virtual environment and what the tools left
	rm -rf $(VENV) dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

system-run:
	@$(SYSTEM_LIBRARIES) run

system-test:
	@$(SYSTEM_LIBRARIES) test

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Voice Recorder needs Python 3.11 or newer; '$(PYTHON)' is none. Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
		exit 1; }
	@$(SYSTEM_LIBRARIES) run
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml | $(BIN)/python
	@echo "Installing Voice Recorder into $(VENV) …"
	@$(PIP) install --editable .
	@touch $@

$(INSTALLED_DEV): pyproject.toml | $(BIN)/python
	@echo "Installing Voice Recorder and its developers' tools into $(VENV) …"
	@$(PIP) install --editable ".[dev]"
	@touch $@ $(INSTALLED)
