# Umbra: build, run and test.  `make help` lists the targets.
#
# One flat Makefile on purpose: every rule is here, flags once.  Sources are
# found by folder, so a new file needs no line.  V=1 shows commands.

BUILD ?= build
VERSION := 0.1
CC    := clang
LD    := ld.lld
HOSTCC := clang
PYTHON ?= /usr/bin/python3
Q     := $(if $(V),,@)
say    = @$(if $(V),:,printf '  %-7s %s\n' $(1) $(2))

.PHONY: all
all: esp

# --- deps: Debian packages, installed when missing ---------------------------

DEPS_STAMP := $(BUILD)/.deps
$(DEPS_STAMP): scripts/deps.sh
	$(Q)mkdir -p $(BUILD)
	$(Q)scripts/deps.sh
	$(Q)touch $@

# --- private system headers: Linux UAPI, BSD trees, the compiler's own -------

SYSINC := $(BUILD)/sysinc
$(SYSINC)/.stamp: scripts/sysinc.sh | $(DEPS_STAMP)
	$(Q)scripts/sysinc.sh $(SYSINC)
	$(Q)touch $@

# --- kernel ------------------------------------------------------------------

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wimplicit-fallthrough \
	-Wshorten-64-to-32 -Wundef -Wpointer-arith -Wcast-qual \
	-Wno-unused-parameter -Wno-address-of-packed-member \
	-Wno-missing-field-initializers

KFLAGS := -target x86_64-unknown-linux-gnu -std=gnu17 -O2 -g -gdwarf-4 \
	-ffreestanding -nostdinc -fpie -fvisibility=hidden \
	-fdirect-access-external-data -mcmodel=kernel -mno-red-zone \
	-mgeneral-regs-only -fno-common -fno-strict-aliasing \
	-fno-delete-null-pointer-checks -fno-omit-frame-pointer \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	-fstack-protector-strong -mstack-protector-guard=tls \
	-mstack-protector-guard-reg=gs -mstack-protector-guard-offset=40 \
	-ftrivial-auto-var-init=zero \
	-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang \
	$(WARN) -Wthread-safety -Wframe-larger-than=1024 \
	-Ikernel -Iinclude -I$(BUILD)/gen -isystem $(SYSINC) \
	-DUMBRA_VERSION='"$(VERSION)"' $(if $(DEBUG),-DDEBUG_KERNEL=1) -MMD -MP

KSRC := $(filter-out kernel/arch/x86_64/vdso/%, \
	$(sort $(shell find kernel -name '*.c' -o -name '*.S')))
KOBJ := $(patsubst %,$(BUILD)/%.o,$(KSRC))
KLDS := kernel/arch/x86_64/kernel.ld

$(BUILD)/kernel/%.o: kernel/% $(SYSINC)/.stamp Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KFLAGS) -c $< -o $@

$(BUILD)/kernel.debug: $(KOBJ) $(KLDS)
	$(call say,LD,$@)
	$(Q)$(LD) -pie --no-dynamic-linker -nostdlib -z max-page-size=4096 \
		-z noexecstack --gc-sections --build-id=sha1 \
		-T $(KLDS) -o $@ $(KOBJ)

# The symbol table stays, for backtraces; the debug sections go.
$(BUILD)/kernel.elf: $(BUILD)/kernel.debug
	$(Q)llvm-objcopy --strip-debug $< $@

-include $(KOBJ:.o=.d)

# --- the other rooms bring their own rules -----------------------------------

include $(wildcard kernel/dev/build.mk kernel/arch/x86_64/vdso/build.mk efi-loader/build.mk userspace/build.mk \
	scripts/image.mk tests/build.mk)

# --- housekeeping ------------------------------------------------------------

.PHONY: clean format help
## make clean          remove build/
clean:
	$(Q)rm -rf $(BUILD)

## make format         clang-format over all C
format:
	$(Q)git ls-files '*.[ch]' | xargs clang-format -i

## make help           this
help:
	$(Q)sed -n 's/^## //p' $(MAKEFILE_LIST)

.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
