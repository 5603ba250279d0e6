# Guest tests: one static program per family in tests/guest, proven on Linux by
# `make guest-linux` and run inside Umbra by the boot tests.

GUEST_COMMON := tests/guest/guest.c tests/guest/help.c
GUEST_ALONE  := tests/guest/runner.c
GUEST_SRC    := $(filter-out $(GUEST_COMMON) $(GUEST_ALONE), \
	$(sort $(wildcard tests/guest/*.c)))
GUEST_DIR    := $(BUILD)/guest
GUEST_BIN    := $(patsubst tests/guest/%.c,$(GUEST_DIR)/%,$(GUEST_SRC))
GUEST_OBJ    := $(patsubst tests/guest/%.c,$(GUEST_DIR)/.%.o,$(GUEST_COMMON))

$(GUEST_DIR)/.%.o: tests/guest/%.c tests/guest/guest.h tests/build.mk | $(DEPS_STAMP)
	$(Q)mkdir -p $(@D)
	$(Q)$(UCC) $(UCFLAGS) -c -o $@ $<

$(GUEST_DIR)/runner: tests/guest/runner.c tests/build.mk | $(DEPS_STAMP)
	$(call say,UCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(UCC) $(UCFLAGS) -s -o $@ $<

$(GUEST_BIN): $(GUEST_DIR)/%: tests/guest/%.c $(GUEST_OBJ) tests/guest/guest.h tests/build.mk $(SYSINC)/.stamp
	$(call say,UCC,$@)
	$(Q)$(UCC) $(UCFLAGS) -idirafter $(SYSINC) -Wno-shadow -Wno-missing-field-initializers -Wno-array-bounds -Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread -Wno-infinite-recursion -s -o $@ $< $(GUEST_OBJ)

$(GUEST_DIR)/slow_many: tests/guest/many.c
$(GUEST_DIR)/slow_fuzz_calls: tests/guest/fuzz_calls.c
$(addprefix $(GUEST_DIR)/,fuzz_calls slow_fuzz_calls): $(wildcard tests/guest/fuzz_*.h)
$(addprefix $(GUEST_DIR)/,sockets_errno unix_stream unix_dgram unix_names unix_rights): tests/guest/sockets.h
$(addprefix $(GUEST_DIR)/,ptrace ptrace_regs ptrace_stops ptrace_events ptrace_races process_vm): tests/guest/tracee.h

.PHONY: guest guest-linux unit fuzz bench test test-slow test-full check
guest: $(GUEST_BIN) $(GUEST_DIR)/runner

## make guest-linux    prove the guest tests on this machine's Linux
guest-linux: guest
	$(Q)$(GUEST_DIR)/runner $(filter-out $(GUEST_DIR)/slow_%,$(GUEST_BIN))

## make unit           host unit tests, with sanitizers (or scripts/unit.sh NAME)
unit: $(SYSINC)/.stamp
	$(Q)BUILD=$(BUILD) scripts/unit.sh

## make fuzz           a short run of each fuzzer (longer: scripts/fuzz.sh -t 60)
fuzz: $(SYSINC)/.stamp
	$(Q)BUILD=$(BUILD) scripts/fuzz.sh

## make bench          kbench in the reference machine, beside Linux's figures
bench: esp $(BUILD)/kbench
	$(Q)scripts/bench.py --build $(BUILD)

## make schedload      what each policy of sched= does to three workloads
.PHONY: schedload
schedload: esp $(BUILD)/schedload
	$(Q)scripts/schedload.py --build $(BUILD)

## make test           all but the long ones; ends with "N passed, N failed"
TEST_NEEDS := esp guest glibc-tests $(BUILD)/schedload loader-tests $(SYSINC)/.stamp
.PHONY: test-build
test-build: $(TEST_NEEDS)
test: test-build
	$(Q)BUILD=$(BUILD) scripts/test.py $(SUITES)

## make test-slow      10,000 processes alive, 100,000 forks: many minutes
test-slow: test-build
	$(Q)BUILD=$(BUILD) scripts/test.py slow

## make test-full      everything there is, Debian's programs on 1 and 4
##                     processors and Python's own tests: hours
test-full: test-build
	$(Q)BUILD=$(BUILD) scripts/test.py full

## make check          format, layers, headers, tidy, unit tests, one boot
check: esp guest $(SYSINC)/.stamp
	$(Q)BUILD=$(BUILD) scripts/check.sh

# For scripts that run the compiler on the kernel's files themselves; quoted for
# a shell.
.PHONY: print-kflags
print-kflags: $(SYSINC)/.stamp
	@: $(info $(filter-out -MMD -MP,$(KFLAGS)))

# Programs linked with the GNU C library, dynamically: they bring its loader and
# library along, each where it looks for them.
GLIBC_DIR := $(BUILD)/glibc
GLIBC_BIN := $(patsubst tests/glibc/%.c,$(GLIBC_DIR)/guest/%,$(wildcard tests/glibc/*.c))
# libgcc_s: cancellation unwinds the stack.
GLIBC_LIBS := /lib64/ld-linux-x86-64.so.2 $(addprefix /lib/x86_64-linux-gnu/, \
	libc.so.6 libgcc_s.so.1)

$(GLIBC_BIN): $(GLIBC_DIR)/guest/%: tests/glibc/%.c $(GUEST_COMMON) tests/guest/guest.h tests/build.mk
	$(call say,GCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)gcc -D_GNU_SOURCE -std=gnu17 -O2 -Wall -Wextra -Wno-clobbered -pthread -o $@ $< $(GUEST_COMMON)

## make glibc-tests    build/glibc: the C library and tests of its threads, for FILES=
.PHONY: glibc-tests
glibc-tests: $(GLIBC_BIN) $(GUEST_DIR)/runner
	$(Q)for f in $(GLIBC_LIBS); do install -D $$f $(GLIBC_DIR)$$f; done
	$(Q)cp $(GUEST_DIR)/runner $(GLIBC_DIR)/guest/
