# SPDX-License-Identifier: Apache-2.0
# A thin front: `make demo` shows Homeward at work, `make check` tests it. Both do all set-up.

BUILD ?= build
RELEASE ?= $(BUILD)/release
DEVELOP ?= $(BUILD)/develop
FUZZ ?= $(BUILD)/fuzz
PYTHON ?= /usr/bin/python3

help:
	@echo 'make demo    build, then bootstrap mobile nodes through real processes'
	@echo 'make check   build with sanitizers, run every test'
	@echo 'make soak    attach, move, detach while processes are killed, MINUTES=10 for each store'
	@echo 'make bench   build release, measure beside others, write $(BUILD)/bench/results.md'
	@echo 'make develop, make release, make fuzz, make install, make format, make clean'

packages:
	@tools/install-packages packaging/debian-packages

$(DEVELOP)/build.ninja: | packages
	meson setup $(DEVELOP)

$(RELEASE)/build.ninja: | packages
	meson setup --buildtype=release -Db_sanitize=none $(RELEASE)

# Its warnings are not the point: the developer build has them as errors.
$(FUZZ)/build.ninja: | packages
	CC=clang meson setup -Dfuzz=true -Dc_args=-fsanitize=fuzzer-no-link -Doptimization=1 \
		-Dwarning_level=0 -Dwerror=false $(FUZZ)

develop: packages $(DEVELOP)/build.ninja
	ninja -C $(DEVELOP)

release: packages $(RELEASE)/build.ninja
	ninja -C $(RELEASE)

fuzz: packages $(FUZZ)/build.ninja
	ninja -C $(FUZZ) fuzz

demo: release
	$(RELEASE)/src/cli/homeward demo

check: develop release fuzz
	$(PYTHON) tests/run --develop $(DEVELOP) --release $(RELEASE) --fuzz $(FUZZ)

# Not in `check`: a mixed run with kills on each store, MINUTES each.
MINUTES ?= 10
soak: develop
	$(PYTHON) tests/soak/run --develop $(DEVELOP) --store sqlite --minutes $(MINUTES)
	$(PYTHON) tests/soak/run --develop $(DEVELOP) --store postgresql --minutes $(MINUTES)

bench: release
	$(PYTHON) tests/bench/run --release $(RELEASE) --output $(BUILD)/bench

install: release
	meson install -C $(RELEASE)

format:
	find src tests -name '*.[ch]' | xargs clang-format -i

clean:
	rm -rf $(BUILD)

.PHONY: help packages develop release fuzz demo check soak bench install format clean
