/* SPDX-License-Identifier: MIT */
#include <linux/major.h>

#include "core/cmdline.h"
#include "core/klog.h"
#include "dev/console.h"
#include "dev/screen_tty.h"
#include "dev/serial.h"
#include "dev/tty.h"
#include "dev/tty_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * dev/tty_devices.c - which terminals there are, and what else they are called.
 *
 *	ttyS0	4:64	the serial port
 *	tty1	4:1	the screen and its keyboard
 *	tty0	4:0	the same
 *	console	5:1	the terminal the last console= names
 *	tty	5:0	the controlling terminal of who opens it
 *
 * Without console= the console is the screen, or the serial port if there is
 * none.  If what console= names is missing, what there is serves instead.  A
 * machine with neither has a console that swallows output, so that init runs.
 */

static struct tty *serial_tty RO_AFTER_BOOT;
static struct tty *screen_tty RO_AFTER_BOOT;
static struct tty *console_tty RO_AFTER_BOOT;

/* --- drivers --- */

static void
nowhere_put(UNUSED struct tty *tty, UNUSED const char *bytes, UNUSED size_t n)
{
}

static const struct tty_driver nowhere_driver = {
	.name = "nowhere",
	.write = nowhere_put,
	.echo = nowhere_put,
};

static void
serial_typed(const char *bytes, size_t n)
{
	tty_input(serial_tty, bytes, n);
}

static void
serial_broken(void)
{
	tty_input_break(serial_tty);
}

static void
screen_typed(const char *bytes, size_t n)
{
	tty_input(screen_tty, bytes, n);
}

/* --- other names --- */

static int
controlling_open(struct chardev_open *o)
{
	struct tty *tty = tty_job()->current_tty();
	int err;

	if (!tty)
		return -ENXIO;
	o->dev = &tty->dev;
	err = tty->dev.ops->open(o);
	tty_put(tty);
	return err;
}

static const struct chardev_ops controlling_ops = {
	.open = controlling_open,
	.read = tty_read,
	.write = tty_write,
	.ioctl = tty_ioctl,
	.poll = tty_poll,
};

static struct chardev controlling_dev = {
	.name = "tty",
	.dev = DEV_NUMBER(TTYAUX_MAJOR, 0),
	.mode = 0666,
	.ops = &controlling_ops,
};

static struct chardev console_dev = {
	.name = "console",
	.dev = DEV_NUMBER(TTYAUX_MAJOR, 1),
	.mode = 0600,
	.bits = CHARDEV_TTY | CHARDEV_NO_HANGUP,
	.ops = &tty_chardev_ops,
};

static struct chardev tty0_dev = {
	.name = "tty0",
	.dev = DEV_NUMBER(TTY_MAJOR, 0),
	.mode = 0620,
	.bits = CHARDEV_TTY,
	.ops = &tty_chardev_ops,
};

static void
add_alias(struct chardev *d, struct tty *tty)
{
	d->data = tty;
	chardev_register(d);
}

/* --- what there is --- */

static void
make_serial(void)
{
	if (!serial_present())
		return;
	serial_tty = tty_create("ttyS0", DEV_NUMBER(TTY_MAJOR, 64),
				&serial_tty_driver, NULL);
	if (!serial_tty)
		return;
	serial_tty->dev.mode = 0660;
	serial_tty->ld.termios.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL;
	serial_tty->ld.termios.c_ispeed = 115200;
	serial_tty->ld.termios.c_ospeed = 115200;
	serial_set_input(serial_typed);
	serial_set_break(serial_broken);
}

static void
make_screen(void)
{
	unsigned rows, cols;

	if (!fb_console_present())
		return;
	screen_tty = tty_create("tty1", DEV_NUMBER(TTY_MAJOR, 1),
				&screen_tty_driver, NULL);
	if (!screen_tty)
		return;
	screen_tty->dev.mode = 0620;
	screen_tty->ld.termios.c_iflag |= IUTF8;
	fb_console_size(&rows, &cols);
	tty_set_size(screen_tty, rows, cols);
	fb_console_set_input(screen_typed);
	i8042_set_input(screen_typed);
	fb_console_use_timer();
	add_alias(&tty0_dev, screen_tty);
}

/* The terminal a console= value means, NULL = unknown or not there. */
static struct tty *
named_terminal(const char *value)
{
	size_t n = 0;

	while (value[n] && value[n] != ',')
		n++;
	if (n == 5 && strncmp(value, "ttyS0", n) == 0)
		return serial_tty;
	if (n == 4 &&
	    (strncmp(value, "tty0", n) == 0 || strncmp(value, "tty1", n) == 0))
		return screen_tty;
	return NULL;
}

static struct tty *
choose_console(void)
{
	const char *value = cmdline_get("console");
	struct tty *tty = value ? named_terminal(value) : NULL;

	if (value && !tty)
		klog(KLOG_WARNING, "tty: console=%s is not here", value);
	if (!tty)
		tty = screen_tty ? screen_tty : serial_tty;
	if (!tty)
		tty = tty_create("ttyN0", DEV_NUMBER(TTY_MAJOR, 63),
				 &nowhere_driver, NULL);
	return tty;
}

void
tty_devices_init(void)
{
	make_serial();
	make_screen();
	console_tty = choose_console();
	if (!console_tty) {
		klog(KLOG_ERR, "tty: no memory for a console");
		return;
	}
	add_alias(&console_dev, console_tty);
	chardev_register(&controlling_dev);
	klog(KLOG_INFO, "tty: console is %s", tty_name(console_tty));
}

struct tty *
tty_console(void)
{
	return console_tty;
}
