# SPDX-License-Identifier: MIT
# libedgewasm: `make help` lists the targets.

BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= gcc
AR      ?= ar
OPT     ?= -O2
WERROR  ?=
VERSION := 0.1.0
SOMAJOR := 0

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla $(WERROR)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null)
# -ffp-contract=off: float results are the spec's, on machines with fused multiply-add too.
CFLAGS  ?= -g
ALLCFLAGS = -std=gnu11 $(OPT) $(CFLAGS) $(WARN) -ffp-contract=off -fno-strict-aliasing \
	    -fvisibility=hidden -fPIC -Iinclude -Ilib $(CPPFLAGS)
LDLIBS  += -lm -lz

ROOMS   := base wasm tensor event store abi node
LIBSRC  := $(wildcard $(ROOMS:%=lib/%/*.c))
LIBOBJ  := $(LIBSRC:%.c=$(BUILD)/%.o)

# Programs: examples/tools/ew_NAME.c -> ew-NAME (other files there are linked into each of them);
# examples/NAME.c -> NAME; examples/fleet/{fleet,train}.c -> fleet, fleet-train; bench/bench_NAME.c -> bench-NAME.
TOOLSRC := $(wildcard examples/tools/ew_*.c)
TOOLAID := $(filter-out $(TOOLSRC),$(wildcard examples/tools/*.c))
TOOLS   := $(patsubst examples/tools/ew_%.c,$(BUILD)/ew-%,$(TOOLSRC))
EXSRC   := $(wildcard examples/*.c)
EXAMPLES := $(EXSRC:examples/%.c=$(BUILD)/%)
FLEETAID := $(filter-out examples/fleet/fleet.c examples/fleet/train.c examples/fleet/guest%,$(wildcard examples/fleet/*.c))
FLEET   := $(patsubst %,$(BUILD)/%,$(if $(wildcard examples/fleet/fleet.c),fleet) $(if $(wildcard examples/fleet/train.c),fleet-train))
BENCHSRC := $(wildcard bench/bench_*.c)
BENCHAID := $(filter-out $(BENCHSRC),$(wildcard bench/*.c))
BENCHES := $(patsubst bench/bench_%.c,$(BUILD)/bench-%,$(BENCHSRC))
TESTSRC := $(wildcard tests/*/test_*.c)
TESTAID := $(wildcard tests/aid/*.c)
TESTS   := $(TESTSRC:tests/%.c=$(BUILD)/tests/%)

all: lib $(TOOLS) $(EXAMPLES) $(FLEET) $(BENCHES) ## build the library, every example and every bench
lib: $(BUILD)/libedgewasm.a $(BUILD)/libedgewasm.so

$(BUILD)/libedgewasm.a: $(LIBOBJ)
	$(AR) rcs $@.new $^ && mv $@.new $@

$(BUILD)/libedgewasm.so: $(LIBOBJ)
	$(CC) $(ALLCFLAGS) -shared -Wl,-soname,libedgewasm.so.$(SOMAJOR) -o $@ $^ $(LDFLAGS) $(LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) -MMD -MP $(EXTRA_$(subst /,_,$*)) -c -o $@ $<

objs = $(patsubst %.c,$(BUILD)/%.o,$(1))
LINK = $(CC) $(ALLCFLAGS) -o $@ $(filter %.o %.a,$^) $(LDFLAGS) $(LDLIBS)

$(BUILD)/ew-%: $(BUILD)/examples/tools/ew_%.o $(call objs,$(TOOLAID)) $(BUILD)/libedgewasm.a
	$(LINK)
$(EXAMPLES): $(BUILD)/%: $(BUILD)/examples/%.o $(BUILD)/libedgewasm.a
	$(LINK)
$(BUILD)/fleet: $(BUILD)/examples/fleet/fleet.o $(call objs,$(FLEETAID)) $(BUILD)/libedgewasm.a
	$(LINK)
$(BUILD)/fleet-train: $(BUILD)/examples/fleet/train.o $(call objs,$(FLEETAID)) $(BUILD)/libedgewasm.a
	$(LINK)
$(BUILD)/bench-%: $(BUILD)/bench/bench_%.o $(call objs,$(BENCHAID)) $(BUILD)/libedgewasm.a
	$(LINK)
$(TESTS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(call objs,$(TESTAID)) $(BUILD)/libedgewasm.a
	$(LINK) -lcmocka

-include bench/guests/guests.mk
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all lib
.SECONDARY:
