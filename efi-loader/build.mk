# The UEFI loader: a PE made by clang and lld-link, gnu-efi's headers only.
#
# It shares lib/ sources with the kernel, compiled for its own target: LLP64,
# Windows calling convention.  lld-link's defaults give an image without a
# writable and executable section, aligned to 4 KiB and marked NX-compatible.

LOADER_SRC := $(sort $(wildcard efi-loader/*.c efi-loader/*.S)) \
	kernel/lib/elf.c kernel/lib/fmt.c kernel/lib/string.c
LOADER_OBJ := $(patsubst %,$(BUILD)/loader/%.obj,$(LOADER_SRC))

LOADER_FLAGS := -target x86_64-unknown-windows -std=gnu17 -O2 -g -gdwarf-4 \
	-ffreestanding -nostdinc -fshort-wchar -mno-red-zone \
	-mno-stack-arg-probe -fno-stack-protector -mgeneral-regs-only \
	-fno-common -fno-strict-aliasing -fno-delete-null-pointer-checks \
	-fno-asynchronous-unwind-tables -ftrivial-auto-var-init=zero \
	-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang \
	$(WARN) -Wframe-larger-than=2048 \
	-Iefi-loader -Ikernel -Iinclude -isystem $(SYSINC) \
	-isystem $(BUILD)/efiinc -MMD -MP

# A private folder with nothing but gnu-efi: <efi/efi.h>.
$(BUILD)/efiinc/efi: | $(DEPS_STAMP)
	$(Q)mkdir -p $(@D)
	$(Q)ln -sfn /usr/include/efi $@

$(BUILD)/loader/%.obj: % $(SYSINC)/.stamp efi-loader/build.mk Makefile \
		| $(BUILD)/efiinc/efi
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LOADER_FLAGS) -c $< -o $@

# The same objects twice: what is loaded has the same addresses in both.
LOADER_LINK = lld-link -nodefaultlib -subsystem:efi_application \
	-entry:efi_main -Brepro

$(BUILD)/loader.efi: $(LOADER_OBJ)
	$(call say,LINK,$@)
	$(Q)$(LOADER_LINK) -out:$@ $(LOADER_OBJ)

$(BUILD)/loader.debug.efi: $(LOADER_OBJ)
	$(Q)$(LOADER_LINK) -debug:dwarf -out:$@ $(LOADER_OBJ)

## make loader         the UEFI application: build/loader.efi
.PHONY: loader
loader: $(BUILD)/loader.efi $(BUILD)/loader.debug.efi

-include $(LOADER_OBJ:.obj=.d)

# For tests/boot/test_handoff.py: a firmware that lies, and a kernel that only
# checks what it is handed.
LOADER_TESTS := $(BUILD)/tests/fault.efi $(BUILD)/tests/handoff.elf

$(BUILD)/tests/fault.efi: $(BUILD)/loader/tests/boot/fault/fault.c.obj \
		$(BUILD)/loader/kernel/lib/string.c.obj
	$(Q)mkdir -p $(@D)
	$(Q)$(LOADER_LINK) -out:$@ $^

$(BUILD)/tests/handoff.elf: tests/boot/fault/handoff.c include/umbra/boot.h \
		$(KLDS) $(SYSINC)/.stamp
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KFLAGS) -fno-stack-protector -Wno-missing-prototypes \
		-c $< -o $@.o
	$(Q)$(LD) -pie --no-dynamic-linker -nostdlib -z max-page-size=4096 \
		-T $(KLDS) -o $@ $@.o

.PHONY: loader-tests
loader-tests: $(LOADER_TESTS) loader
