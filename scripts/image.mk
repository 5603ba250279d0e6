# What is booted: the ESP tree, the initramfs, the disk image, QEMU.

CMDLINE ?= console=tty0 console=ttyS0
ROOTFS  ?= busybox
FILES   ?=
CPUS    ?= 2
MEMORY  ?= $(if $(DEBIAN_LISTS),2G,1G)
SCREEN  ?= none
APPEND  ?=
QEMU    ?=

ESP := $(BUILD)/esp

# $(call write_if_new,FILE,TEXT): keep the time of a file that says the same.
write_if_new = $(Q)mkdir -p $(dir $(1)); printf '%s\n' '$(subst ','\'',$(2))' \
	>$(1).new; cmp -s $(1).new $(1) && rm $(1).new || mv $(1).new $(1)

.PHONY: FORCE
FORCE:

$(BUILD)/cmdline.txt: FORCE
	$(call write_if_new,$@,$(CMDLINE))

$(BUILD)/initramfs.files: FORCE
	$(call write_if_new,$@,$(ROOTFS) $(FILES))

# ROOTFS=debian: the packages of scripts/debian/base.txt; debian-NAME: those of
# NAME.txt too.  Archives are kept by what they are made of, so one is made
# once for each state of the lists.
DEBIAN_DIR   ?= $(BUILD)/debian
DEBIAN_NAMES := $(patsubst debian-%,base %,$(ROOTFS:debian=base))
DEBIAN_LISTS := $(if $(filter debian%,$(ROOTFS)), \
	$(DEBIAN_NAMES:%=scripts/debian/%.txt))
ifneq ($(DEBIAN_LISTS),)
DEBIAN_KEY   := $(shell cat scripts/debian/root.sh $(DEBIAN_LISTS) | \
	sha256sum | cut -c 1-12)
ROOTFS_BASE  := $(DEBIAN_DIR)/$(ROOTFS)-$(DEBIAN_KEY).cpio
else ifneq ($(ROOTFS),busybox)
$(error ROOTFS=$(ROOTFS): there are busybox, debian and debian-LIST)
endif

# Two makes that share the folder take turns.
$(DEBIAN_DIR)/%.cpio: | $(DEPS_STAMP)
	$(call say,DEBIAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)flock $(@D)/lock scripts/debian/root.sh --once --output $@ \
		--cache $(@D)/packages $(DEBIAN_LISTS)

# With FILES always: folders of other people have no dependencies.
$(BUILD)/initramfs.cpio: scripts/initramfs.sh $(BUILD)/initramfs.files \
		$(wildcard userspace/init/units/*) $(if $(FILES),FORCE) \
		$(ROOTFS_BASE) | $(DEPS_STAMP)
	$(call say,CPIO,$@)
	$(Q)scripts/initramfs.sh --output $@ --files '$(FILES)' \
		--base '$(ROOTFS_BASE)'

$(ESP)/EFI/BOOT/BOOTX64.EFI: $(BUILD)/loader.efi
$(ESP)/umbra/kernel.elf: $(BUILD)/kernel.elf
$(ESP)/umbra/init.elf: $(BUILD)/init.elf
$(ESP)/umbra/initramfs.cpio: $(BUILD)/initramfs.cpio
$(ESP)/umbra/cmdline.txt: $(BUILD)/cmdline.txt

ESP_FILES := $(addprefix $(ESP)/,EFI/BOOT/BOOTX64.EFI umbra/kernel.elf \
	umbra/init.elf umbra/initramfs.cpio umbra/cmdline.txt)

$(ESP_FILES):
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

## make                what a stick needs, as a tree: build/esp
.PHONY: esp
esp: $(ESP_FILES) $(BUILD)/loader.debug.efi

$(BUILD)/umbra.img: $(ESP_FILES) scripts/image.sh
	$(call say,IMAGE,$@)
	$(Q)scripts/image.sh $(ESP) $@

## make image          a disk image with an ESP: build/umbra.img
.PHONY: image
image: $(BUILD)/umbra.img

## make run            boot it in QEMU, the terminal is the console
##                     (ROOTFS=busybox|debian CPUS=2 MEMORY=1G SCREEN=none|gtk|curses APPEND="words"
##                     FILES="host:/guest ..." QEMU="options of qemu.py");
##                     poweroff ends it, Ctrl-A X kills it
.PHONY: run
run: esp
	$(Q)scripts/qemu.py --esp $(ESP) --cpus $(CPUS) --memory $(MEMORY) \
		--display $(SCREEN) --tee $(BUILD)/serial.log $(if $(APPEND),--append '$(APPEND)') $(QEMU)

## make debug          gdb on the machine `make run QEMU=--gdb` started, or on
##                     one of its own; see scripts/debug.sh --help
.PHONY: debug
debug: esp
	$(Q)scripts/debug.sh --build $(BUILD) $(DEBUG_ARGS)

# For scripts that need the root itself: makes it and says where it is.
.PHONY: print-rootfs
print-rootfs: $(ROOTFS_BASE)
	@echo $(ROOTFS_BASE)
