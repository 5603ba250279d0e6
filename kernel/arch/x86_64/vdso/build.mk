# The vDSO: user-mode code that the kernel image carries and maps into programs.

VDSO_FLAGS := -target x86_64-unknown-linux-gnu -std=gnu17 -O2 -ffreestanding \
	-nostdinc -fPIC -fvisibility=hidden -fno-stack-protector \
	-fno-asynchronous-unwind-tables -mno-red-zone $(WARN) \
	-Ikernel -isystem $(SYSINC)

VDSO_DIR := kernel/arch/x86_64/vdso

VDSO_SRC := $(wildcard $(VDSO_DIR)/*.c)
VDSO_OBJ := $(patsubst $(VDSO_DIR)/%.c,$(BUILD)/gen/vdso_%.o,$(VDSO_SRC))

$(BUILD)/gen/vdso_%.o: $(VDSO_DIR)/%.c kernel/arch/x86_64/machine/vdso_data.h \
		kernel/arch/x86_64/machine/segment.h $(VDSO_DIR)/build.mk \
		$(SYSINC)/.stamp
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(VDSO_FLAGS) -c $< -o $@

$(BUILD)/gen/vdso.so: $(VDSO_OBJ) $(VDSO_DIR)/vdso.ld
	$(call say,VDSO,$@)
	$(Q)$(LD) -shared -nostdlib -soname linux-vdso.so.1 --hash-style=both \
		-z max-page-size=4096 -z norelro --no-eh-frame-hdr \
		-T $(VDSO_DIR)/vdso.ld -o $@ $(VDSO_OBJ)
	$(Q)llvm-objcopy --strip-all $@ 2>/dev/null || true

$(BUILD)/kernel/arch/x86_64/vdso_image.S.o: $(BUILD)/gen/vdso.so
