# The screen's font: Debian's console-setup has it compressed; the kernel image
# carries it plain (kernel/dev/font.S).

FONT_SOURCE := /usr/share/consolefonts/Uni2-VGA16.psf.gz
FONT := $(BUILD)/gen/font.psf

$(FONT): $(FONT_SOURCE) | $(DEPS_STAMP)
	$(Q)mkdir -p $(@D)
	$(Q)gzip -dc $< >$@

# Installed with the other packages when missing, so no rule can make it.
$(FONT_SOURCE): | $(DEPS_STAMP)

$(BUILD)/kernel/dev/font.S.o: $(FONT)
