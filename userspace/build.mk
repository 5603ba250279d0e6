# Programs that run inside Umbra: static, small, Linux ABI only.

UCC	:= musl-gcc
UCFLAGS := -static -D_GNU_SOURCE -O2 -g -std=gnu17 -Wall -Wextra -Werror -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes

INIT_SRC := $(sort $(wildcard userspace/init/*.c))
INIT_HDR := $(wildcard userspace/init/*.h)

# The file the loader hands to the kernel, stripped: it is read at each boot.
$(BUILD)/init.elf: $(INIT_SRC) $(INIT_HDR) userspace/build.mk | $(DEPS_STAMP)
	$(call say,UCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(UCC) $(UCFLAGS) -s -o $@ $(INIT_SRC)

# The project's benchmark: the same file runs on Linux, unchanged.
$(BUILD)/kbench: userspace/bench/kbench.c userspace/build.mk | $(DEPS_STAMP)
	$(call say,UCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(UCC) -static -O2 -Wall -Wextra -s -o $@ $<

# Workloads that tell scheduling policies apart.
$(BUILD)/schedload: userspace/bench/schedload.c userspace/build.mk | $(DEPS_STAMP)
	$(call say,UCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(UCC) $(UCFLAGS) -s -o $@ $<
