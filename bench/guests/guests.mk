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
GUESTWASM := $(BENCHGUEST:.c=.wasm) $(EXGUEST:.c=.wasm) $(SMALL:%=examples/firmware/small/%.wasm) \
	     examples/fleet/vibration.wasm examples/fleet/vibration_simd.wasm

$(BUILD)/bench-wasm: $(call objs,$(BENCHGUEST))
# The native twins are what the best of compilers' ordinary settings makes of them.
$(foreach g,$(BENCHGUEST:.c=),$(eval EXTRA_$(subst /,_,$(g)) := -O3))

# Plain loops, which clang turns into vector instructions, and intrinsics.
$(BUILD)/guests/bench/guests/simd_%.o: bench/guests/simd_%.c
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTARCH) -msimd128 $(GUESTWARN) -O3 -fno-builtin -ffp-contract=off -fno-math-errno -MMD -MP -c -o $@ $<

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

$(BUILD)/guests/examples/fleet/guest_simd.o: examples/fleet/guest.c
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTARCH) -msimd128 $(GUESTWARN) -O3 -ffp-contract=off -fno-math-errno -Iinclude -MMD -MP -c -o $@ $<

$(BUILD)/guests/examples/fleet/vibration_simd.wasm: $(BUILD)/guests/examples/fleet/guest_simd.o
	$(GUESTLINK) -Wl,--stack-first -Wl,--export-dynamic -o $@ $<

# Of vectors, and of loops that are worth their length.
$(BUILD)/guests/examples/camera/%.o: examples/camera/%.c
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTARCH) -msimd128 $(GUESTWARN) -O3 -ffp-contract=off -fno-math-errno -Iinclude -MMD -MP -c -o $@ $<

# In 4 KiB of memory: 1 KiB of stack, then data; see examples/firmware/shrink.c.
SMALLLINK := $(GUESTCC) --target=wasm32 -nostdlib -Wl,--no-entry -Wl,-z,stack-size=1024 -Wl,--stack-first -Wl,--strip-all \
	     -Wl,--export=__heap_base
$(BUILD)/guests/examples/firmware/small/%.wasm: $(BUILD)/guests/bench/guests/%.o $(BUILD)/firmware/shrink
	@mkdir -p $(@D)
	$(SMALLLINK) -o $@.large $< && $(BUILD)/firmware/shrink $@.large $@

$(BUILD)/guests/examples/firmware/guest_probe.wasm: $(BUILD)/guests/examples/firmware/guest_probe.o $(BUILD)/firmware/shrink
	$(SMALLLINK) -Wl,--export-dynamic -o $@.large $< && $(BUILD)/firmware/shrink $@.large $@

$(BUILD)/guests/examples/%.wasm: $(BUILD)/guests/examples/%.o
	$(GUESTLINK) -Wl,--stack-first -Wl,--export-dynamic -o $@ $<

guests: $(GUESTWASM:%=$(BUILD)/guests/%) ## rebuild every guest with clang, under the build folder

# GUESTS="bench/guests/fib.wasm ..." narrows guests-update and guests-compare to the named ones.
GUESTS ?= $(GUESTWASM)

guests-update: $(GUESTS:%=$(BUILD)/guests/%) ## put rebuilt guests in the place of the committed ones (GUESTS="FILE...": these only)
	@for f in $(GUESTS); do \
		cmp -s $(BUILD)/guests/$$f $$f || { cp $(BUILD)/guests/$$f $$f && chmod 644 $$f && echo "updated $$f"; }; \
	done

# A line for each guest, as the check scripts print them. Other versions of clang make other, equally
# good bytes: only version 14 can compare.
guests-compare:
	@if ! command -v wasm-ld >/dev/null || ! $(GUESTCC) --version 2>/dev/null | grep -q 'version 14\.'; then \
		echo "skip: guests are not compared with their sources: needs clang 14 and its wasm-ld"; exit 0; fi; \
	if ! $(MAKE) --no-print-directory $(GUESTS:%=$(BUILD)/guests/%) >$(BUILD)/guests.log 2>&1; then \
		cat $(BUILD)/guests.log; echo "FAIL: the guests do not build"; exit 1; fi; bad=0; \
	for f in $(GUESTS); do \
		if cmp -s $(BUILD)/guests/$$f $$f; then echo "pass: $$f is what its source gives"; else \
			echo "FAIL: $$f is not what its source gives: make guests-update"; bad=1; fi; \
	done; exit $$bad

# Once tests/check/check_guests.sh runs guests-compare, check-guests is made from that, as for every check.
ifeq ($(wildcard tests/check/check_guests.sh),)
check-guests: guests-compare ## rebuild every guest and compare it with the committed one (clang 14)
.PHONY: check-guests
endif

-include $(BENCHGUEST:%.c=$(BUILD)/%.d) $(GUESTWASM:%.wasm=$(BUILD)/guests/%.d) $(BUILD)/guests/examples/fleet/guest.d
.PHONY: guests guests-update guests-compare
