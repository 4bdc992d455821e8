# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# Guests: C to wasm32. Compiling and linking are two steps on purpose: when clang does both and an
# optimizer called wasm-opt happens to be on the PATH, it runs that too, and the bytes change.
# The committed .wasm files are what clang 14 makes; nothing but the targets here needs clang.

GUESTCC ?= clang
# What compilers emit today without being asked (the Lime1 baseline), named so that clang 14 does too.
GUESTARCH := --target=wasm32 -mmutable-globals -msign-ext -mnontrapping-fptoint -mbulk-memory
GUESTWARN := -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
GUESTLINK := $(GUESTCC) --target=wasm32 -nostdlib -Wl,--no-entry -Wl,-z,stack-size=4096 -Wl,--strip-all

# bench/guests/NAME.c -> NAME.wasm; the same source is linked natively into bench-wasm.
BENCHGUEST := $(wildcard bench/guests/*.c)
# examples/fleet/guest.c -> vibration.wasm beside it; examples/*/guest_NAME.c -> guest_NAME.wasm beside it.
EXGUEST := $(wildcard examples/*/guest_*.c)
GUESTWASM := $(BENCHGUEST:.c=.wasm) $(EXGUEST:.c=.wasm) \
	     $(if $(wildcard examples/fleet/guest.c),examples/fleet/vibration.wasm)

$(BUILD)/bench-wasm: $(call objs,$(BENCHGUEST))
# sqrt as the one instruction that it is in the guest.
EXTRA_bench_guests_nbody := -fno-math-errno

# -fno-builtin: a loop that copies bytes stays the loop that a libc has.
$(BUILD)/guests/bench/guests/%.o: bench/guests/%.c
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTARCH) $(GUESTWARN) -O2 -fno-builtin -ffp-contract=off -MMD -MP -c -o $@ $<

$(BUILD)/guests/bench/guests/%.wasm: $(BUILD)/guests/bench/guests/%.o
	$(GUESTLINK) -o $@ $<

$(BUILD)/guests/examples/%.o: examples/%.c
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTARCH) $(GUESTWARN) -Os -ffp-contract=off -Iinclude -MMD -MP -c -o $@ $<

$(BUILD)/guests/examples/fleet/vibration.wasm: $(BUILD)/guests/examples/fleet/guest.o
	$(GUESTLINK) -Wl,--stack-first -Wl,--export-dynamic -o $@ $<

$(BUILD)/guests/examples/%.wasm: $(BUILD)/guests/examples/%.o
	$(GUESTLINK) -Wl,--stack-first -Wl,--export-dynamic -o $@ $<

guests: $(GUESTWASM:%=$(BUILD)/guests/%) ## rebuild every guest with clang, under the build folder

guests-update: guests ## put the rebuilt guests in the place of the committed ones
	@for f in $(GUESTWASM); do \
		cmp -s $(BUILD)/guests/$$f $$f || { cp $(BUILD)/guests/$$f $$f && chmod 644 $$f && echo "updated $$f"; }; \
	done

# Other versions of clang make other, equally good bytes: only version 14 can compare.
check-guests: ## rebuild every guest and compare it with the committed one (clang 14 only)
	@if ! command -v wasm-ld >/dev/null || ! $(GUESTCC) --version 2>/dev/null | grep -q 'version 14\.'; then \
		echo "SKIP check-guests: needs clang 14 and its wasm-ld"; exit 0; fi; \
	$(MAKE) --no-print-directory guests >/dev/null || exit 1; bad=0; \
	for f in $(GUESTWASM); do \
		cmp -s $(BUILD)/guests/$$f $$f || { echo "FAIL $$f is not what its source gives: make guests-update"; bad=1; }; \
	done; [ $$bad = 0 ] && echo "ok $(words $(GUESTWASM)) guests are what their sources give"

.PHONY: guests guests-update check-guests
.SECONDARY: $(GUESTWASM:%.wasm=$(BUILD)/guests/%.o)
