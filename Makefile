# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# `make help` lists the targets.  Sources are found by wildcard; adding a file to a room, a test, a
# bench or an example needs no line here:
#   lib/ROOM/*.c              -> the library
#   examples/tools/ew_NAME.c  -> BUILD/ew-NAME (the folder's other files are linked into each of them)
#   examples/NAME.c           -> BUILD/NAME
#   examples/fleet/{fleet,train}.c -> BUILD/fleet, BUILD/fleet-train (likewise)
#   examples/JOB/*.c          -> BUILD/JOB for each of JOBS, with examples/aid/*.c; guest*.c are for Wasm
#   bench/bench_NAME.c        -> BUILD/bench-NAME (likewise)
#   tests/ROOM/test_NAME.c    -> BUILD/tests/ROOM/test_NAME (tests/aid/*.c are linked into each of them)
#   tests/check/NAME.sh       -> make check-NAME
# Set on the command line or in the environment: BUILD PREFIX DESTDIR CC AR OPT CFLAGS CPPFLAGS LDFLAGS
# WERROR=-Werror, V=1 (show commands), TEST_RUN="qemu-aarch64 -L /usr/aarch64-linux-gnu" (runs the tests of a cross build).

BUILD   ?= build
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
MANDIR  ?= $(PREFIX)/share/man
INCDIR  ?= $(PREFIX)/include
OPT     ?= -O2
CFLAGS  ?= -g
WERROR  ?=
VERSION := 0.1.0
SOMAJOR := 0
ZLIB    ?= 1
TEST_TIMEOUT ?= 600
# make's own default is cc, which a fresh machine may not have; `?=` would not replace it.
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin AR),default)
AR := ar
endif

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla $(WERROR)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null)
# -ffp-contract=off: float results are the spec's, on machines with fused multiply-add too.
# -fno-math-errno: sqrt is one instruction; no result changes.
# _FILE_OFFSET_BITS: 32-bit Linux sees large files, and inode numbers above 2^32, only with it.
ALLCFLAGS = -std=gnu11 -D_FILE_OFFSET_BITS=64 $(OPT) -foptimize-sibling-calls $(CFLAGS) $(WARN) -ffp-contract=off -fno-math-errno -fno-strict-aliasing \
	    -fvisibility=hidden -fPIC -ffunction-sections -fdata-sections -Iinclude -Ilib \
	    $(if $(filter 1,$(ZLIB)),,-DEW_CONFIG_ZLIB=0) $(CPPFLAGS)
SYSLIBS := $(if $(filter 1,$(ZLIB)),-lz) -lm
NPROC   := $(shell nproc 2>/dev/null || echo 2)
# In a recipe: the jobs that the user asked for, or one for each core.
SUBMAKE  = @+$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(NPROC))
MAKEFLAGS += --no-print-directory -r

# Commands are shown as one word and the file; V=1 shows them whole.
say      = $(if $(V),,@echo "  $(1)  $(patsubst $(CURDIR)/%,%,$@)";)

ROOMS   := base wasm tensor event store abi node
LIBSRC  := $(wildcard $(ROOMS:%=lib/%/*.c))
LIBOBJ  := $(LIBSRC:%.c=$(BUILD)/%.o)
HEADERS := $(wildcard include/*.h include/edgewasm/*.h)

TOOLSRC := $(wildcard examples/tools/ew_*.c)
TOOLAID := $(filter-out $(TOOLSRC),$(wildcard examples/tools/*.c))
TOOLS   := $(patsubst examples/tools/ew_%.c,$(BUILD)/ew-%,$(TOOLSRC))
EXSRC   := $(wildcard examples/*.c)
EXAMPLES := $(EXSRC:examples/%.c=$(BUILD)/%)
FLEETMAIN := $(wildcard examples/fleet/fleet.c examples/fleet/train.c)
FLEETAID := $(filter-out $(FLEETMAIN) examples/fleet/guest%,$(wildcard examples/fleet/*.c))
FLEET   := $(patsubst examples/fleet/%.c,$(BUILD)/fleet-%,$(FLEETMAIN))
FLEET   := $(FLEET:%fleet-fleet=%fleet)
# Examples of a folder each: the folder's files, and what examples/aid has for all of them.
JOBS    := camera fusion rules stream sync
JOBSRC  := $(foreach j,$(JOBS),$(filter-out examples/$(j)/guest%,$(wildcard examples/$(j)/*.c)))
JOBAID  := $(wildcard examples/aid/*.c)
JOBPROG := $(JOBS:%=$(BUILD)/%)
BENCHSRC := $(wildcard bench/bench_*.c)
BENCHAID := $(filter-out $(BENCHSRC),$(wildcard bench/*.c))
BENCHES := $(patsubst bench/bench_%.c,$(BUILD)/bench-%,$(BENCHSRC))
TESTSRC := $(wildcard tests/*/test_*.c)
TESTAID := $(wildcard tests/aid/*.c) tests/check/cpu_mask.c
TESTS   := $(TESTSRC:tests/%.c=$(BUILD)/tests/%)
PROGSRC := $(TOOLSRC) $(TOOLAID) $(EXSRC) $(FLEETMAIN) $(FLEETAID) $(JOBSRC) $(JOBAID) $(BENCHSRC) $(BENCHAID) $(TESTSRC) $(TESTAID)

M4CC    ?= arm-none-eabi-gcc
M4FLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
M33FLAGS := -mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16
# What firmware sets: no heap, no files, no zlib; a section for each function, so that what is not used is not linked.
CORTEX   = $(M4CC) -std=gnu11 -Os -g $(WARN) -ffp-contract=off -fno-math-errno -fno-strict-aliasing \
	   -ffunction-sections -fdata-sections -fcallgraph-info=su -Iinclude -Ilib \
	   -DEW_CONFIG_LIBC_ALLOC=0 -DEW_CONFIG_POSIX=0 -DEW_CONFIG_ZLIB=0
HAVE_M4 := $(shell echo '\#include <string.h>' | $(M4CC) -E - >/dev/null 2>&1 && echo yes)

all: lib programs ## build the library, every example and every bench (the default)
lib: $(BUILD)/libedgewasm.a $(BUILD)/libedgewasm.so
programs: $(TOOLS) $(EXAMPLES) $(JOBPROG) $(FLEET) $(BENCHES)
tests: $(TESTS) ## build the test programs

# ---- building ------------------------------------------------------------------------------------

# Changes when the compiler or its flags do, so that objects never mix; says early what is not installed.
comma := ,
quote = '$(subst ','\'',$(1))'
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo $(call quote,$(CC) $(ALLCFLAGS) $(LDFLAGS)) >$@.new; \
	if cmp -s $@.new $@; then rm -f $@.new; else \
	CC=$(call quote,$(CC)) ZLIB=$(ZLIB) sh tests/check/need.sh --tell build && mv $@.new $@; fi

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALLCFLAGS) -MMD -MP $(EXTRA_$(subst /,_,$*)) -c -o $@ $<

EXTRA_bench_harness = -DEW_COMMIT='"$(COMMIT)"'

$(BUILD)/libedgewasm.a: $(LIBOBJ)
	@rm -f $@.new
	$(call say,AR)$(AR) rcs $@.new $^ && mv $@.new $@

# -Bsymbolic-functions: the library's calls of its own functions do not go through the PLT.
$(BUILD)/libedgewasm.so: $(LIBOBJ)
	$(call say,LD)$(CC) $(ALLCFLAGS) -shared -Wl,-soname,libedgewasm.so.$(SOMAJOR) -Wl,-Bsymbolic-functions \
		$(if $(findstring -fsanitize,$(OPT)),,-Wl$(comma)-z$(comma)defs) \
		-o $@ $^ $(LDFLAGS) $(SYSLIBS) $(LDLIBS)
	@ln -sf libedgewasm.so $@.$(SOMAJOR)

objs = $(patsubst %.c,$(BUILD)/%.o,$(1))
LINK = $(call say,LD)$(CC) $(ALLCFLAGS) -pthread -o $@ $(filter %.o %.a,$^) $(LDFLAGS) $(SYSLIBS) $(LDLIBS)

$(TOOLS): $(BUILD)/ew-%: $(BUILD)/examples/tools/ew_%.o $(call objs,$(TOOLAID)) $(BUILD)/libedgewasm.a
	$(LINK)
$(EXAMPLES): $(BUILD)/%: $(BUILD)/examples/%.o $(BUILD)/libedgewasm.a
	$(LINK)
$(BUILD)/fleet: $(BUILD)/examples/fleet/fleet.o $(call objs,$(FLEETAID)) $(BUILD)/libedgewasm.a
	$(LINK)
$(BUILD)/fleet-train: $(BUILD)/examples/fleet/train.o $(call objs,$(FLEETAID)) $(BUILD)/libedgewasm.a
	$(LINK)
# camera writes its detector with the fleet's FlatBuffers writer.
$(BUILD)/camera: $(BUILD)/examples/fleet/flatbuffer.o
define job
$(BUILD)/$(1): $(call objs,$(filter examples/$(1)/%,$(JOBSRC)) $(JOBAID)) $(BUILD)/libedgewasm.a
	$$(LINK)
endef
$(foreach j,$(JOBS),$(eval $(call job,$(j))))
$(BENCHES): $(BUILD)/bench-%: $(BUILD)/bench/bench_%.o $(call objs,$(BENCHAID)) $(BUILD)/libedgewasm.a
	$(LINK)
$(TESTS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(call objs,$(TESTAID)) $(BUILD)/libedgewasm.a
	$(LINK) -lcmocka -Wl,--wrap=ewi_cpu_features

# The tensor tests once more, where kernels with VPDPBUSD stand in AVX2 (tests/shim/vnni.h): check-vnni.
SHIMSRC := $(wildcard lib/tensor/*vnni.c)
SHIMOBJ := $(SHIMSRC:lib/tensor/%.c=$(BUILD)/tests/shim/%.o) $(BUILD)/tests/shim/cpu_mask.o
SHIMTESTS := $(addprefix $(BUILD)/tests/shim/,test_kernels test_conv test_golden test_golden_models)
$(BUILD)/tests/shim/%.o: lib/tensor/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALLCFLAGS) -include tests/shim/vnni.h -MMD -MP -c -o $@ $<
$(BUILD)/tests/shim/cpu_mask.o: tests/check/cpu_mask.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALLCFLAGS) -DEW_CPU_SHIM -MMD -MP -c -o $@ $<
$(SHIMTESTS): $(BUILD)/tests/shim/%: $(BUILD)/tests/tensor/%.o $(SHIMOBJ) $(call objs,$(filter-out tests/check/cpu_mask.c,$(TESTAID))) \
		$(BUILD)/libedgewasm.a
	$(LINK) -lcmocka -Wl,--wrap=ewi_cpu_features

# ---- demo ----------------------------------------------------------------------------------------

DEMO_ARGS ?=
TRAIN_ARGS ?= --quiet
demo: ## the main job: install what is missing, build, train a model, judge a fleet of 10,000 machines
	@CC=$(call quote,$(CC)) ZLIB=$(ZLIB) sh tests/check/need.sh demo
	$(SUBMAKE) TRAIN_ARGS= $(BUILD)/fleet $(BUILD)/vibration.tflite
	@rm -rf $(BUILD)/demo-journal
	$(BUILD)/fleet --model $(BUILD)/vibration.tflite --guest examples/fleet/vibration.wasm --seconds 20 \
		--story --journal $(BUILD)/demo-journal $(DEMO_ARGS)

$(BUILD)/vibration.tflite: $(BUILD)/fleet-train
	$(call say,TRAIN)$(BUILD)/fleet-train $(TRAIN_ARGS) -o $@.new && mv $@.new $@

# ---- sizes ---------------------------------------------------------------------------------------

# Firmware images: the same program for both boards and, to compare with, for this machine.
EXTRA_examples_firmware_edge = -DEDGE_ARENA_BYTES=393216
EXTRA_examples_firmware_windows = -Iexamples
BLOBS   := examples/firmware/guest_probe.wasm examples/fleet/vibration.wasm $(BUILD)/vibration.tflite $(BUILD)/firmware/windows.bin
BLOBFLAGS := $(join -DPROBE_WASM= -DJUDGE_WASM= -DMODEL_TFLITE= -DWINDOWS_BIN=,$(BLOBS:%='"%"'))
# Guests that run in 4 KiB of memory; found by .incbin.
SMALL   := $(shell sed -n 's|^ROW.\([a-z0-9_]*\),.*|\1|p' examples/firmware/small.def)
BLOBS   += $(SMALL:%=examples/firmware/small/%.wasm)
BLOBFLAGS += -Iexamples/firmware -Wa,-Iexamples/firmware/small
EDGEOBJ := examples/firmware/edge.o examples/firmware/guests.o examples/firmware/judge.o examples/firmware/keep.o examples/firmware/blobs.o
BOARDS  := mps2-an386 mps2-an505
IMAGES  := $(BOARDS:%=$(BUILD)/firmware/%.elf)

define cortex
$(BUILD)/$(1)/flags: FORCE
	@mkdir -p $$(@D)
	@echo $$(call quote,$$(CORTEX) $(2)) >$$@.new; if cmp -s $$@.new $$@; then rm -f $$@.new; else mv $$@.new $$@; fi
$(BUILD)/$(1)/%.o: %.c $(BUILD)/$(1)/flags
	@mkdir -p $$(@D)
	$$(call say,CC)$$(CORTEX) $(2) $$(EXTRA_$$(subst /,_,$$*)) -MMD -MP -c -o $$@ $$<
$(BUILD)/$(1)/examples/firmware/blobs.o: examples/firmware/blobs.S $(BLOBS)
	@mkdir -p $$(@D)
	$$(call say,AS)$$(M4CC) $(2) $(BLOBFLAGS) -c -o $$@ $$<
$(BUILD)/$(1)/libedgewasm.a: $(LIBSRC:%.c=$(BUILD)/$(1)/%.o)
	@rm -f $$@.new
	$$(call say,AR)$$(AR) rcs $$@.new $$^ && mv $$@.new $$@
endef
$(eval $(call cortex,m4,$(M4FLAGS)))
$(eval $(call cortex,m33,$(M33FLAGS)))

core-m4: $(BUILD)/m4/libedgewasm.a ## compile every room for Cortex-M4 (M4CC=arm-none-eabi-gcc)

define image
$(BUILD)/firmware/$(1).elf: $(addprefix $(BUILD)/$(2)/,$(EDGEOBJ) examples/firmware/board_cortex.o) $(BUILD)/$(2)/libedgewasm.a \
		examples/firmware/$(1).ld examples/firmware/cortex.ld
	@mkdir -p $$(@D)
	$$(call say,LD)$$(M4CC) $(3) -Os --specs=nano.specs -nostartfiles -Lexamples/firmware -T $(1).ld -Wl,--gc-sections -Wl,-z,noexecstack \
		-Wl,-Map=$$@.map -o $$@ $$(filter %.o %.a,$$^) -lm -lc -lgcc
endef
$(eval $(call image,mps2-an386,m4,$(M4FLAGS)))
$(eval $(call image,mps2-an505,m33,$(M33FLAGS)))

$(BUILD)/examples/firmware/blobs.o: examples/firmware/blobs.S $(BLOBS)
	@mkdir -p $(@D)
	$(call say,AS)$(CC) $(BLOBFLAGS) -c -o $@ $<
$(BUILD)/firmware/host: $(addprefix $(BUILD)/,$(EDGEOBJ) examples/firmware/board_host.o) $(BUILD)/libedgewasm.a
	@mkdir -p $(@D)
	$(LINK)

$(BUILD)/firmware/shrink: $(BUILD)/examples/firmware/shrink.o
	@mkdir -p $(@D)
	$(LINK)
$(BUILD)/firmware/windows: $(BUILD)/examples/firmware/windows.o $(BUILD)/examples/fleet/sim.o
	@mkdir -p $(@D)
	$(LINK)
$(BUILD)/firmware/windows.bin: $(BUILD)/firmware/windows
	$(call say,RUN)$(BUILD)/firmware/windows $@.new && mv $@.new $@

FWPARTS := $(BUILD)/firmware/host $(if $(HAVE_M4),$(IMAGES))
firmware: $(FWPARTS) ## Cortex-M images, run under QEMU where it is installed and compared with this machine
	@$(RUNENV) VERBOSE=1 sh tests/check/check_firmware.sh | awk '{ print } /^FAIL/ { bad = 1 } END { exit bad }'

# The interpreter alone: what the C library and libm would give stays out.
$(BUILD)/m4/core.elf: $(BUILD)/m4/examples/firmware/core.o $(BUILD)/m4/libedgewasm.a
	$(call say,LD)$(M4CC) $(M4FLAGS) -nostdlib -Wl,--gc-sections -Wl,-e,core -Wl,--unresolved-symbols=ignore-all -o $@ $^

size: lib $(if $(HAVE_M4),$(BUILD)/m4/libedgewasm.a $(BUILD)/m4/core.elf) ## code, read-only data and RAM by room, for host and Cortex-M4
	@sh tests/check/size.sh host $(BUILD) "$(ROOMS)" size
	@echo
	@$(if $(HAVE_M4),sh tests/check/size.sh cortex-m4 $(BUILD)/m4 "$(ROOMS)" $(M4CC:%gcc=%size) $(BUILD)/m4/core.elf,echo "cortex-m4: skipped, $(M4CC) is not installed (Debian: gcc-arm-none-eabi)")
	@echo
	@sh tests/check/size_operators.sh host $(BUILD) "$(CC)"
	@$(if $(HAVE_M4),echo; sh tests/check/size_operators.sh cortex-m4 $(BUILD)/m4 "$(M4CC) $(M4FLAGS) --specs=nosys.specs")

# ---- tests ---------------------------------------------------------------------------------------

# Every test program and check script leaves "passed failed skipped" in a .res file; total.awk adds them.
CHECKSH := $(wildcard tests/check/check_*.sh)
CHECKS  := $(CHECKSH:tests/check/check_%.sh=%)
RESULTS := $(CHECKS:%=$(BUILD)/check/%.res) $(TESTS:%=%.res)
# What takes longest begins first, so that no core waits for it at the end.
LONGEST := $(BUILD)/check/models.res $(BUILD)/check/isa.res $(BUILD)/tests/wasm/test_spec.res $(BUILD)/tests/store/test_log_damage.res \
	   $(BUILD)/tests/fuzz/test_fuzz_kv.res $(BUILD)/tests/fleet/test_fleet.res $(BUILD)/tests/tensor/test_mutate.res \
	   $(BUILD)/tests/tensor/test_golden_models.res
longest_first = $(filter $(LONGEST),$(1)) $(filter-out $(LONGEST),$(1))
RUNENV   = EW_BUILD=$(call quote,$(BUILD)) BUILD=$(call quote,$(BUILD)) CC=$(call quote,$(CC)) TEST_TIMEOUT=$(TEST_TIMEOUT) MAKE=$(call quote,$(MAKE)) \
	   VERSION=$(VERSION) SYSLIBS=$(call quote,$(SYSLIBS))

check: ## install what is missing, build all, run every test; the last line is the total
	@CC=$(call quote,$(CC)) ZLIB=$(ZLIB) sh tests/check/need.sh check
	$(SUBMAKE) all tests
	$(SUBMAKE) check-run

check-tests: ## run the test programs only
	$(SUBMAKE) all tests
	$(SUBMAKE) check-run RESULTS="$(TESTS:%=%.res)"

# Tests of threads against each other run last and one by one: they need their cores to themselves.
check-run: $(call longest_first,$(filter-out %_threads.res,$(RESULTS)))
	$(if $(filter %_threads.res,$(RESULTS)),+@MAKEFLAGS= $(MAKE) --no-print-directory -j1 $(MAKEOVERRIDES) $(filter %_threads.res,$(RESULTS)))
	@awk -f tests/check/total.awk $(RESULTS)

# make check-base, check-wasm ...: the test programs of one folder.
TESTROOMS := $(sort $(foreach t,$(TESTSRC),$(word 2,$(subst /, ,$(t)))))
define room
check-$(1): $(filter $(BUILD)/tests/$(1)/%,$(TESTS:%=%.res))
	@awk -f tests/check/total.awk $$^
endef
$(foreach r,$(TESTROOMS),$(eval $(call room,$(r))))

$(TESTS:%=%.res): %.res: % FORCE
	@$(RUNENV) TEST_RUN=$(call quote,$(TEST_RUN)) sh tests/check/run.sh cmocka $@ $<

# The symbol check looks at firmware objects too.
$(BUILD)/check/symbols.res $(BUILD)/check/budget.res: $(if $(HAVE_M4),$(BUILD)/m4/libedgewasm.a $(BUILD)/m4/core.elf)
$(BUILD)/check/firmware.res: $(FWPARTS)
$(BUILD)/check/vnni.res: lib $(SHIMTESTS)
$(BUILD)/check/isa.res: $(filter $(BUILD)/tests/tensor/% $(BUILD)/tests/store/test_crc%,$(TESTS))
$(BUILD)/check/man.res $(BUILD)/check/docs.res $(BUILD)/check/install.res $(BUILD)/check/refused.res: lib $(TOOLS)
$(BUILD)/check/symbols.res $(BUILD)/check/docs.res: lib
$(CHECKS:%=$(BUILD)/check/%.res): $(BUILD)/check/%.res: tests/check/check_%.sh FORCE
	@mkdir -p $(@D)
	@$(RUNENV) sh tests/check/run.sh lines $@ $<

# The spec suite on another machine (cross.sh).
$(BUILD)/spec.res: tests/check/spec.sh $(BUILD)/ew-spec FORCE
	@$(RUNENV) SPEC_RUN=$(call quote,$(TEST_RUN)) TEST_RUN= sh tests/check/run.sh lines $@ $<

$(CHECKS:%=check-%): check-%:
	$(SUBMAKE) $(BUILD)/check/$*.res
	@awk -f tests/check/total.awk $(BUILD)/check/$*.res

# Without -Werror: sanitizers change what gcc can prove, and with it what it warns of.
SAN := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
check-san: ## the test programs under AddressSanitizer and UBSan, in BUILD/san
	$(SUBMAKE) BUILD=$(BUILD)/san WERROR= OPT="$(SAN)" CPPFLAGS="$(CPPFLAGS) -DEW_CONFIG_EXEC_TAIL=0" check-tests

POWER_OPS ?= 2000
POWER := $(filter $(BUILD)/tests/store/test_power_% $(BUILD)/tests/node/test_power_%,$(TESTS))
check-power: ## cut the power at every write, erase and sync of POWER_OPS=2000 operations on each store and back end, and of nodes
	$(SUBMAKE) $(POWER)
	@for t in $(POWER); do EW_POWER_OPS=$(POWER_OPS) $$t || exit 1; done

check-replay: ## record the fleet (REPLAY_FLEET="--machines 50 --seconds 60"), and let it happen again on other machines (qemu-user)
	$(SUBMAKE) TRAIN_ARGS= $(BUILD)/fleet $(BUILD)/vibration.tflite $(BUILD)/ew-replay
	+@$(RUNENV) REPLAY_FLEET=$(call quote,$(REPLAY_FLEET)) sh tests/check/replay.sh $(BUILD)

check-tsan: ## the threads of rings and of split models under ThreadSanitizer, in BUILD/tsan
	$(SUBMAKE) BUILD=$(BUILD)/tsan WERROR= OPT="-O1 -fsanitize=thread" $(BUILD)/tsan/tests/event/test_ring_threads \
		$(BUILD)/tsan/tests/event/test_mring_threads $(BUILD)/tsan/tests/tensor/test_model_threads
	TSAN_OPTIONS=halt_on_error=1 $(BUILD)/tsan/tests/tensor/test_model_threads
	TSAN_OPTIONS=halt_on_error=1 $(BUILD)/tsan/tests/event/test_ring_threads
	TSAN_OPTIONS=halt_on_error=1 $(BUILD)/tsan/tests/event/test_mring_threads

FUZZ ?= module
FUZZ_ARGS ?= -max_total_time=60
FUZZSAN := -fsanitize=address,undefined -fno-sanitize-recover=all
fuzz: ## clang's libFuzzer on FUZZ=module, model, reader, log or kv, FUZZ_ARGS=-max_total_time=60; finds stay in BUILD/fuzz
	$(SUBMAKE) BUILD=$(BUILD)/fuzz CC=clang WERROR= OPT="-O1 -fsanitize=fuzzer-no-link $(FUZZSAN)" \
		CPPFLAGS="$(CPPFLAGS) -DEW_CONFIG_EXEC_TAIL=0" $(BUILD)/fuzz/libedgewasm.a
	clang -std=gnu11 -g -O1 -fsanitize=fuzzer $(FUZZSAN) -DEW_LIBFUZZER -DEW_CONFIG_EXEC_TAIL=0 -Iinclude -Ilib -Itests/aid \
		-o $(BUILD)/fuzz/$(FUZZ) tests/fuzz/test_fuzz_$(FUZZ).c $(BUILD)/fuzz/libedgewasm.a $(SYSLIBS)
	mkdir -p $(BUILD)/fuzz/corpus-$(FUZZ)
	cd $(BUILD)/fuzz && ./$(FUZZ) $(FUZZ_ARGS) corpus-$(FUZZ)

check-clang: ## the same as `check`, compiled by clang in BUILD/clang
	$(SUBMAKE) BUILD=$(BUILD)/clang CC=clang check

check-cross: ## the tests of another machine under qemu-user: CROSS=aarch64-linux-gnu, arm-linux-gnueabihf, s390x-linux-gnu, riscv64-linux-gnu
	+@$(RUNENV) sh tests/check/cross.sh $(or $(CROSS),aarch64-linux-gnu) $(BUILD)

# ---- benches -------------------------------------------------------------------------------------

BENCH_ARGS ?=
bench: ## run every bench program; BENCH_JSON=file gets the same figures as JSON, a line each
	$(SUBMAKE) all
	@$(if $(BENCH_JSON),: >$(BENCH_JSON))
	@for b in $(BENCHES); do \
		echo; echo "== $$b"; $$b $(BENCH_ARGS) $(if $(BENCH_JSON),--json $(BENCH_JSON)) || exit 1; done

bench-fuel: ## what counting fuel costs: the bench guests here and in a build without it, in BUILD/unmetered
	$(SUBMAKE) $(BUILD)/bench-wasm $(BUILD)/ew-run
	$(SUBMAKE) BUILD=$(BUILD)/unmetered CPPFLAGS="$(CPPFLAGS) -DEWI_UNMETERED" $(BUILD)/unmetered/ew-run
	$(BUILD)/bench-wasm $(BENCH_ARGS) --peer 'unmetered=$(BUILD)/unmetered/ew-run --invoke run {wasm} {n}'

bench-guard: ## what guard pages gain: the bench guests with bounds checks and without
	$(SUBMAKE) $(BUILD)/bench-wasm $(BUILD)/ew-run
	$(BUILD)/bench-wasm $(BENCH_ARGS) --peer 'guard=$(BUILD)/ew-run --guard --invoke run {wasm} {n}'

# ---- installing ----------------------------------------------------------------------------------

INSTALL ?= install
D = $(DESTDIR)
install: lib $(TOOLS) ## install headers, libraries, edgewasm.pc, programs and man pages (PREFIX, DESTDIR)
	$(INSTALL) -d $(D)$(INCDIR)/edgewasm $(D)$(LIBDIR)/pkgconfig $(D)$(PREFIX)/bin $(D)$(MANDIR)/man1 $(D)$(MANDIR)/man3
	$(INSTALL) -m 644 $(wildcard include/*.h) $(D)$(INCDIR)
	$(INSTALL) -m 644 $(wildcard include/edgewasm/*.h) $(D)$(INCDIR)/edgewasm
	$(INSTALL) -m 644 $(BUILD)/libedgewasm.a $(D)$(LIBDIR)
	$(INSTALL) -m 755 $(BUILD)/libedgewasm.so $(D)$(LIBDIR)/libedgewasm.so.$(VERSION)
	ln -sf libedgewasm.so.$(VERSION) $(D)$(LIBDIR)/libedgewasm.so.$(SOMAJOR)
	ln -sf libedgewasm.so.$(SOMAJOR) $(D)$(LIBDIR)/libedgewasm.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCDIR@|$(INCDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@SYSLIBS@|$(SYSLIBS)|' pkgconfig/edgewasm.pc.in >$(D)$(LIBDIR)/pkgconfig/edgewasm.pc
	$(INSTALL) -m 755 $(TOOLS) $(D)$(PREFIX)/bin
	$(INSTALL) -m 644 $(wildcard lib/man/*.1) $(D)$(MANDIR)/man1
	$(INSTALL) -m 644 $(wildcard lib/man/*.3) $(D)$(MANDIR)/man3

uninstall: ## remove what install put there
	rm -f $(HEADERS:include/%=$(D)$(INCDIR)/%) $(D)$(LIBDIR)/libedgewasm.* $(D)$(LIBDIR)/pkgconfig/edgewasm.pc
	rm -f $(TOOLS:$(BUILD)/%=$(D)$(PREFIX)/bin/%)
	rm -f $(patsubst lib/man/%,$(D)$(MANDIR)/man1/%,$(wildcard lib/man/*.1)) $(patsubst lib/man/%,$(D)$(MANDIR)/man3/%,$(wildcard lib/man/*.3))
	-rmdir $(D)$(INCDIR)/edgewasm

# ---- housekeeping --------------------------------------------------------------------------------

stack: ## worst stack of each public function, for host and Cortex-M4 (needs gcc)
	$(SUBMAKE) CC=gcc BUILD=$(BUILD)/stack CFLAGS="$(CFLAGS) -fcallgraph-info=su" lib
	$(if $(HAVE_M4),$(SUBMAKE) core-m4)
	@sh tests/check/stack.sh host $(BUILD)/stack
	@$(if $(HAVE_M4),sh tests/check/stack.sh cortex-m4 $(BUILD)/m4)

tables: firmware lib ## write sizes, stack and RAM into lib/README.md
	@$(RUNENV) M4CC=$(M4CC) sh tests/check/tables.sh lib/README.md

format: ## lay out the sources as .clang-format says
	clang-format -i $(wildcard lib/*/*.[ch] include/*.h include/*/*.h examples/*.c examples/*/*.[ch] bench/*.[ch] tests/*/*.[ch])

deps: ## install what `make check` needs
	@CC=$(call quote,$(CC)) ZLIB=$(ZLIB) sh tests/check/need.sh check

clean: ## remove BUILD
	rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile
	@for s in $(CHECKSH); do n=$${s##*/check_}; \
		printf '  %-12s %s\n' "check-$${n%.sh}" "$$(sed -n 's/^# check: //p' $$s)"; done

-include bench/guests/guests.mk
-include $(patsubst %.c,$(BUILD)/%.d,$(LIBSRC) $(PROGSRC))
-include $(SHIMOBJ:%.o=%.d)
-include $(wildcard $(BUILD)/examples/firmware/*.d $(BUILD)/m*/examples/firmware/*.d)
-include $(LIBSRC:%.c=$(BUILD)/m4/%.d) $(LIBSRC:%.c=$(BUILD)/m33/%.d)
.PHONY: all lib programs tests demo check check-run check-tests check-san check-clang check-cross check-power check-replay fuzz bench core-m4 firmware size install uninstall stack tables \
	format deps clean help FORCE $(CHECKS:%=check-%) $(TESTROOMS:%=check-%)
.SECONDARY:
.DELETE_ON_ERROR:
FORCE:
