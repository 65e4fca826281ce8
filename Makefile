# make demo   set up, build, convert a real model and show what came out
# make test   set up, build, run all tests
.PHONY: demo test build setup lint format conformance conformance-full check-arm64 check-report fuzz bench bench-check bench-scaling \
  bench-kernels bench-profile docs clean

demo: build
	./scripts/demo.sh

test: setup
	swift build --build-tests
	swift test --skip-build

build: setup
	swift build -c release

setup:
	./scripts/setup.sh

lint:
	swift format lint --strict --recursive --parallel Sources Tests fixtures Package.swift
	./scripts/check-structure.sh

format:
	swift format --in-place --recursive --parallel Sources Tests fixtures Package.swift

# Compares with the live coreai-opt and, in a second virtual environment, with the libraries of the
# other layouts (1.5 GB each, once). Of the latter some schemes only; `conformance-full` takes all.
conformance: build
	./scripts/conformance.sh
	./scripts/conformance-ecosystem.sh --quick

conformance-full: build
	./scripts/conformance.sh
	./scripts/conformance-ecosystem.sh

# Compares the arm64 kernels, under emulation, with those of this machine.
check-arm64: setup
	./scripts/check-arm64.sh

# Drives the page that `qconvert report` writes in a headless Chromium.
check-report: build
	./scripts/check-report.sh

# Has the tool read files that were changed at random; FUZZ="--count 500" for a minute, --help for more.
fuzz: build
	./scripts/fuzz-hdf5.py $(FUZZ)

# Measures conversions beside `cp` and other tools and writes docs/benchmarks; on Linux, with 12 GB of disk. Of
# BENCH: --no-peers, --rounds 7, --only bf16/int8 or gzip, --scale 0.05 (the last two leave docs/benchmarks alone).
bench: build
	./scripts/bench.sh conversions $(BENCH)

# Fails when a conversion misses its target by more than 15 %.
bench-check: build
	./scripts/bench.sh check $(BENCH)

# Time and memory over sizes, shapes and jobs, in a warm and in a cold page cache.
bench-scaling: build
	./scripts/bench.sh scaling $(BENCH)

# The kernels alone, in every instruction set of this machine.
bench-kernels: build
	./scripts/bench.sh kernels

# Where the time of a conversion goes, by perf and strace.
bench-profile: build
	./scripts/bench.sh profile $(BENCH)

docs: setup
	QCONVERT_DOCS=1 swift package --scratch-path .build-docs generate-documentation --target QConvert --warnings-as-errors

clean:
	rm -rf .build .build-* demo
