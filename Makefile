# SPDX-License-Identifier: Apache-2.0
# A thin front: `make demo` shows Homeward at work, `make check` tests it. Both do all set-up.

BUILD ?= build
RELEASE ?= $(BUILD)/release
DEVELOP ?= $(BUILD)/develop
PYTHON ?= /usr/bin/python3

help:
	@echo 'make demo    build, then bootstrap mobile nodes through real processes'
	@echo 'make check   build with sanitizers, run every test'
	@echo 'make bench   build release, measure, write $(BUILD)/bench/results.json'
	@echo 'make develop, make release, make install, make format, make clean'

packages:
	@tools/install-packages packaging/debian-packages

$(DEVELOP)/build.ninja: | packages
	meson setup $(DEVELOP)

$(RELEASE)/build.ninja: | packages
	meson setup --buildtype=release -Db_sanitize=none $(RELEASE)

develop: packages $(DEVELOP)/build.ninja
	ninja -C $(DEVELOP)

release: packages $(RELEASE)/build.ninja
	ninja -C $(RELEASE)

demo: release
	$(RELEASE)/src/cli/homeward demo

check: develop release
	$(PYTHON) tests/run --develop $(DEVELOP) --release $(RELEASE)

bench: release
	$(PYTHON) tests/bench/run --release $(RELEASE) --output $(BUILD)/bench

install: release
	meson install -C $(RELEASE)

format:
	git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'examples/*.[ch]' | xargs clang-format -i

clean:
	rm -rf $(BUILD)

.PHONY: help packages develop release demo check bench install format clean
