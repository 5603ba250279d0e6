# What is booted: the ESP tree, the initramfs, the disk image, QEMU.

CMDLINE ?= console=tty0 console=ttyS0
FILES   ?=
CPUS    ?= 2
MEMORY  ?= 1G
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
	$(call write_if_new,$@,$(FILES))

# With FILES always: folders of other people have no dependencies.
$(BUILD)/initramfs.cpio: scripts/initramfs.sh $(BUILD)/initramfs.files \
		$(wildcard userspace/init/units/*) $(if $(FILES),FORCE) \
		| $(DEPS_STAMP)
	$(call say,CPIO,$@)
	$(Q)scripts/initramfs.sh --output $@ --files '$(FILES)'

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
##                     (CPUS=2 MEMORY=1G SCREEN=none|gtk|curses APPEND="words"
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
