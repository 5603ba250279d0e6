/* SPDX-License-Identifier: MIT */
#include "arch/io.h"
#include "arch/irq.h"
#include "core/klog.h"
#include "core/random.h"
#include "dev/console.h"
#include "dev/keymap.h"
#include "dev/vt.h"
#include "firmware/acpi.h"

/*
 * dev/i8042.c - the keyboard controller and its keyboard.
 *
 * Touched only if ACPI says it is there: on machines without, ports 60h and
 * 64h may belong to something else.  The firmware used the keyboard already,
 * so it is not reset; the controller is told to translate to scan code set 1
 * and to interrupt.  Every wait ends by itself.
 *
 * All state belongs to the interrupt handler, which runs on one CPU.
 *
 * Source: IBM PS/2 hardware technical reference, keyboard controller.
 */

#define PORT_DATA    0x60
#define PORT_STATUS  0x64 /* read */
#define PORT_COMMAND 0x64 /* write */
#define KEYBOARD_IRQ 1

enum {
	STATUS_OUTPUT = 0x01, /* a byte for us */
	STATUS_INPUT = 0x02,  /* the controller has not read ours yet */
	STATUS_MOUSE = 0x20,  /* the byte is the mouse's */

	COMMAND_READ_CONFIG = 0x20,
	COMMAND_WRITE_CONFIG = 0x60,
	COMMAND_DISABLE_MOUSE = 0xa7,
	COMMAND_DISABLE_KEYBOARD = 0xad,
	COMMAND_ENABLE_KEYBOARD = 0xae,

	CONFIG_KEYBOARD_IRQ = 0x01,
	CONFIG_MOUSE_IRQ = 0x02,
	CONFIG_KEYBOARD_OFF = 0x10,
	CONFIG_TRANSLATE = 0x40,

	KEYBOARD_ENABLE = 0xf4,
};

/* A port access takes about a microsecond; the controller answers in 20 ms. */
#define POLLS     50000
#define FLUSH_MAX 64

static struct keymap keymap;
static console_input_fn *input RO_AFTER_BOOT;

static bool
wait_status(uint8_t mask, uint8_t value)
{
	for (unsigned i = 0; i < POLLS; i++) {
		if ((port_in8(PORT_STATUS) & mask) == value)
			return true;
	}
	return false;
}

static bool
command(uint8_t c)
{
	if (!wait_status(STATUS_INPUT, 0))
		return false;
	port_out8(PORT_COMMAND, c);
	return true;
}

static bool
write_data(uint8_t v)
{
	if (!wait_status(STATUS_INPUT, 0))
		return false;
	port_out8(PORT_DATA, v);
	return true;
}

static bool
read_data(uint8_t *v)
{
	if (!wait_status(STATUS_OUTPUT, STATUS_OUTPUT))
		return false;
	*v = port_in8(PORT_DATA);
	return true;
}

static void
flush(void)
{
	for (unsigned i = 0; i < FLUSH_MAX; i++) {
		if (!(port_in8(PORT_STATUS) & STATUS_OUTPUT))
			break;
		(void)port_in8(PORT_DATA);
	}
}

/* Translate, interrupt for keys only, mouse off. */
static bool
configure(void)
{
	uint8_t config;

	if (!command(COMMAND_DISABLE_KEYBOARD) ||
	    !command(COMMAND_DISABLE_MOUSE))
		return false;
	flush();
	if (!command(COMMAND_READ_CONFIG) || !read_data(&config))
		return false;
	config |= CONFIG_KEYBOARD_IRQ | CONFIG_TRANSLATE;
	config &= (uint8_t) ~(CONFIG_KEYBOARD_OFF | CONFIG_MOUSE_IRQ);
	if (!command(COMMAND_WRITE_CONFIG) || !write_data(config) ||
	    !command(COMMAND_ENABLE_KEYBOARD))
		return false;
	/* No keyboard answers: nothing to wait for, one may be plugged in. */
	if (write_data(KEYBOARD_ENABLE))
		(void)wait_status(STATUS_OUTPUT, STATUS_OUTPUT);
	flush();
	return true;
}

static void
key_event(UNUSED void *arg)
{
	char text[KEYMAP_BYTES];

	for (unsigned i = 0; i < FLUSH_MAX; i++) {
		uint8_t status = port_in8(PORT_STATUS);
		uint8_t code;
		size_t n;

		if (!(status & STATUS_OUTPUT) || status == 0xff)
			break;
		code = port_in8(PORT_DATA);
		if (status & STATUS_MOUSE)
			continue;
		keymap.app_cursor = fb_console_modes() & VT_APP_CURSOR;
		n = keymap_feed(&keymap, code, text);
		if (n)
			input(text, n);
		random_mix_event(code);
	}
}

void
i8042_set_input(console_input_fn *fn)
{
	input = fn;
}

void
i8042_init(void)
{
	int err;

	if (!input || !acpi_facts()->has_8042)
		return;
	if (port_in8(PORT_STATUS) == 0xff || !configure()) {
		klog(KLOG_WARNING, "i8042: no controller answers");
		return;
	}
	keymap.num_lock = true;
	err = irq_attach_isa(KEYBOARD_IRQ, key_event, NULL);
	if (err) {
		klog(KLOG_WARNING, "i8042: no interrupt, no keyboard: %d", err);
		return;
	}
	/* What was typed since: its edge is past. */
	flush();
	klog(KLOG_INFO, "i8042: keyboard");
}
