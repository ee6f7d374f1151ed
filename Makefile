# Every task of the project has one obvious command. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

EDGY := build/native/bin/edgy
ONNX := tests/data/models/edgy-256.onnx
SPEECH := tests/data/speech/manifest.csv
MODELS := $(addprefix build/models/edgy-256-,f32.edgy int8.edgy sparse.edgy)
JOBS ?= $(shell nproc)
VARIANTS := $(shell sed -n 's/^ *"\([a-z-]*\)": {.*/\1/p' wasm/variants.json)
FUZZERS := write_fuzz_corpus model_fuzz onnx_fuzz config_fuzz data_fuzz
SAMPLE := [format],[session],[planner],[onnx],[about]

.PHONY: tools test-bundlers-sample $(shell sed -n 's/^\([a-z0-9-]*\):.*\#\# .*/\1/p' Makefile)

help: ## list the commands
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make this machine able to build everything (idempotent; other targets call it, or the part they need)
	@toolchain/setup

# $(call configure,PRESET): what CMake says is shown only when it fails.
configure = cmake --preset $(1) >build/$(1)-configure.log || { cat build/$(1)-configure.log; exit 1; }

# What the page, the package and the converter need: all but libtorch, which `edgy finetune` alone is built with.
tools:
	@toolchain/setup host sysroot emscripten xnnpack npm

converter: tools ## the command edgy, at build/native/bin/edgy
	@$(call configure,native)
	@cmake --build --preset native -j $(JOBS) --target edgy

converter-wasm: tools ## the converter as WebAssembly, for the package's `npx edgy convert` (before make package)
	@toolchain/setup converter-wasm
	@$(call configure,converter-wasm)
	@cmake --build --preset converter-wasm -j $(JOBS) --target edgy

native: setup ## the converter, the runtime and the unit tests for this machine
	@$(call configure,native)
	@cmake --build --preset native -j $(JOBS)

wasm: tools ## the WebAssembly runtime in all variants of wasm/variants.json
	@$(foreach variant,$(VARIANTS),$(call configure,wasm-$(variant)); cmake --build --preset wasm-$(variant) -j $(JOBS);)

models: converter $(MODELS) ## the models of demo and tests: float32, dense int8, and the demo's sparse int8

build/models/edgy-256-f32.edgy: $(ONNX) $(EDGY)
	@mkdir -p $(@D)
	$(EDGY) convert $(ONNX) -o $@ --precision f32 --front-end edgy

build/models/edgy-256-int8.edgy: $(ONNX) $(SPEECH) $(EDGY)
	@mkdir -p $(@D)
	$(EDGY) convert $(ONNX) -o $@ --calibration $(SPEECH) --front-end edgy

# The page ships what `make recipe` made from the whole corpus: training takes minutes, and libtorch.
build/models/edgy-256-sparse.edgy: web-demo/models/edgy-256-sparse.edgy
	@mkdir -p $(@D)
	@cp $< $@

recipe: native ## the demo's sparse model, from fp32: pruned, quantized, fine-tuned (SPEECH=MANIFEST.csv, OUTPUT=FILE.edgy)
	@mkdir -p build/recipe
	@recipes/sparse-encoder $(ONNX) $(SPEECH) $(or $(OUTPUT),build/recipe/edgy-256-sparse.edgy)

package: wasm ## the npm package, in wasm/npm/dist
	@npm run --silent build --workspace wasm/npm

page: package models ## the demo page, in web-demo/dist
	@npm run --silent build --workspace web-demo

demo: page ## serve the demo page and print its address; HEADLESS=1 runs it and prints the report
ifeq ($(HEADLESS),1)
	@node web-demo/scripts/demo-report.mjs --screenshots
else
	@node web-demo/scripts/serve.mjs
endif

test: check test-native test-conformance test-package test-bundlers-sample test-sanitizers test-e2e ## everything that CI runs

test-long: test test-bundlers test-asan test-tsan test-stay-up test-silence fuzz ## that, and what takes minutes

test-native: native ## C++ unit tests
	@ctest --preset native -j $(JOBS)

test-asan: setup ## C++ unit tests under AddressSanitizer and UBSan
	@$(call configure,native-asan)
	@cmake --build --preset native-asan -j $(JOBS)
	@ctest --preset native-asan -j $(JOBS)

test-tsan: setup ## what threads share, under ThreadSanitizer
	@$(call configure,native-tsan)
	@cmake --build --preset native-tsan -j $(JOBS) --target thread_tests kernel_tests unit_tests
	@build/native-tsan/bin/thread_tests
	@build/native-tsan/bin/kernel_tests "[threads]"
	@build/native-tsan/bin/unit_tests "[audit],[reconstruction]"

# The loader with its hostile models, kernels of floats, sessions and files, and a look by each fuzzer. What threads share: test-tsan.
test-sanitizers: setup ## a sample of test-asan and fuzz
	@$(call configure,native-asan)
	@cmake --build --preset native-asan -j $(JOBS) --target loader_tests kernel_tests unit_tests $(FUZZERS)
	@build/native-asan/bin/loader_tests
	@build/native-asan/bin/kernel_tests "[float]"
	@build/native-asan/bin/unit_tests "$(SAMPLE)"
	@tests/fuzz/run --seconds $(or $(TIME),10)

# Days of use in minutes; each of these has a smaller number in the tests that `make test` runs.
test-stay-up: page native ## 100,000 runs of changing shapes natively, 1,000 sessions and 10,000 runs in a page
	@EDGY_RUNS=100000 EDGY_CYCLES=10000 build/native/bin/loader_tests "[stay-up]"
	@EDGY_CYCLES=1000 EDGY_PAGE_RUNS=10000 npx playwright test --config tests/e2e/playwright.config.ts stay_up.spec.ts

# The demo page's part of it is in the tests that `make test` runs.
test-silence: page ## every attempt of an empty document to speak, behind the outer wall and without it, packets counted
	@EDGY_QUIET=all npx playwright test --config tests/e2e/playwright.config.ts quiet.spec.ts

fuzz: setup ## the fuzzers, each for TIME seconds (default 60); findings in build/fuzz/findings
	@$(call configure,native-asan)
	@cmake --build --preset native-asan -j $(JOBS) --target $(FUZZERS)
	@tests/fuzz/run --seconds $(or $(TIME),60)

coverage: setup ## lines of the converter, runtime and kernels that the tests run; writes build/coverage/ (make converter's tests first)
	@toolchain/setup coverage
	@$(call configure,native-coverage)
	@cmake --build --preset native-coverage -j $(JOBS)
	@find build/native-coverage -name '*.gcda' -delete
	@ctest --preset native-coverage -j $(JOBS)
	@EDGY=build/native-coverage/bin/edgy npm run --silent test --workspace tests/conformance
	@toolchain/coverage build/native-coverage

test-conformance: native models ## quantized models beside onnxruntime, configurations beside their schemas
	@npm run --silent test --workspace tests/conformance

schemas: native ## rewrite docs/schemas from the parsers' descriptions
	@$(EDGY) config schema nncf >docs/schemas/nncf.schema.json
	@$(EDGY) config schema edgy >docs/schemas/edgy.schema.json

operators: converter ## rewrite docs/operators.md from the list of operators
	@$(EDGY) operators --markdown >docs/operators.md

drawings: converter models ## redraw docs/images: rooms and their includes, the order of compression, a plan
	@node toolchain/drawings.mjs

docs: operators schemas drawings api ## all pages and pictures that are made from the code

api: tools ## pages of the C++ and the TypeScript API, in build/docs/api
	@toolchain/setup docs
	@node toolchain/docs/build.mjs

test-package: package models ## TypeScript unit tests and the size of what a browser loads
	@npm run --silent test --workspace wasm/npm
	@node tests/bench/size.mjs

test-bundlers: package models ## the packed package in apps of every bundler and runtime (BUNDLERS: some of them)
	@node tests/bundlers/run.mjs $(BUNDLERS)

test-bundlers-sample: package models
	@node tests/bundlers/run.mjs --sample

test-e2e: page ## Playwright in headless Chromium
	@cmake --build --preset native -j $(JOBS) --target write_hostile_models
	@npx playwright test --config tests/e2e/playwright.config.ts

check: setup ## formatting, lint and types
	@toolchain/check

format: setup ## rewrite sources in the project's format
	@toolchain/check --fix

bench: page ## speed beside onnxruntime-web and LiteRT.js in one Chromium session (BENCH_ARGS, EDGY_PEER_MODELS); writes build/bench.json
	@tests/bench/run $(BENCH_ARGS)

accuracy: converter ## accuracy and size of sparse models beside plain magnitude pruning (EDGY_MODEL, EDGY_SPEECH: other data)
	@node tests/accuracy/run.mjs

zoo: converter ## public models in float32 and int8 beside onnxruntime's outputs (ZOO: their folder); writes docs/models.md
	@node tests/accuracy/zoo.mjs --write

finetune-configs: native ## every NNCF configuration end to end (NNCF_CONFIGS, EDGY_SPEECH; EDGY_MODEL: another model, without training)
	@node tests/finetune/configs.mjs

bench-kernels: wasm ## speed of single kernels and of the instructions they are made of
	@for variant in wasm-simd wasm-relaxed; do cmake --build --preset $$variant -j $(JOBS) --target bench_kernels; done
	@node tests/bench/kernels/bench-kernels.mjs $(BENCH_ARGS)

leakage: converter ## what codes tell about the speaker: fp32 beside int8; writes build/leakage/ and docs/leakage.md
	@node tests/leakage/leakage.mjs

private-tables: converter ## what private encoders give away at each level; PRIVATE: folder of recipes/private-encoder; writes docs/private-encoder.md
	@node tests/leakage/private.mjs "$(PRIVATE)" "$(LEAKAGE_SPEECH)" "$(LEAKAGE_TEXT)" $(LEAKAGE_ENCODERS)

attackers: converter ## train the demo page's attackers on LEAKAGE_SPEECH (a manifest.csv with split attack-train)
	$(EDGY) audit web-demo/models/private-8-sparse.edgy --manifest $(LEAKAGE_SPEECH) \
	  --export-attackers web-demo/public/attackers/private-8.json

demo-figures: ## what the page says of its encoder at each level, from the table of docs/private-encoder.md
	@node tests/leakage/demo.mjs

demo-codes: package converter ## what the codes of the page's encoder stand for (PHONES: manifest.csv of recipes/phone-labels)
	@node tests/leakage/codes.mjs "$(PHONES)"

readers: package ## what the page's encoder hands out of the readers whom a visitor is compared with (LEAKAGE_SPEECH)
	@node tests/leakage/readers.mjs "$(LEAKAGE_SPEECH)"

demo-spoken: package ## how well spoken events are understood (LEAKAGE_SPEECH; after demo-codes)
	@node tests/leakage/spoken.mjs "$(LEAKAGE_SPEECH)"

reproduce: setup ## build the WebAssembly files twice from clean trees and compare the bytes
	@toolchain/reproduce

results: ## write README's results from the last demo report and benchmark
	@node tests/bench/results.mjs

clean: ## remove build products (the toolchain cache stays)
	rm -rf build/native build/native-asan build/native-tsan $(VARIANTS:%=build/wasm-%) build/models wasm/npm/dist web-demo/dist
