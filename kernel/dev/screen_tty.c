/* SPDX-License-Identifier: MIT */
#include "dev/screen_tty.h"

#include <linux/capability.h>
#include <linux/kd.h>
#include <linux/vt.h>

#include "arch/usercopy.h"
#include "dev/console.h"
#include "dev/tty_priv.h"
#include "lib/errno.h"

/*
 * dev/screen_tty.c - the driver of the terminal on screen and keyboard, and the
 * questions programs ask to find out whether they are on one.
 *
 * There is one, number 1, always in text mode; its keyboard sends UTF-8.  So
 * requests to change any of that succeed only where it is so already.
 *
 * Source: man 2 ioctl_console.
 */

static void
screen_put(UNUSED struct tty *tty, const char *bytes, size_t n)
{
	fb_console_write(bytes, n);
}

/* Echo comes with the line locked: no answers can be typed in. */
static void
screen_echo(UNUSED struct tty *tty, const char *bytes, size_t n)
{
	fb_console_echo(bytes, n);
}

static long
put_int(int value, uintptr_t to)
{
	return put_user(value, (int USER *)to);
}

static long
put_char(char value, uintptr_t to)
{
	return put_user(value, (char USER *)to);
}

/* Changes are for those whose terminal it is, and for root. */
static bool
may_change(struct chardev_open *o)
{
	return tty_job()->is_current_tty(tty_of(o)) ||
	       tty_job()->capable(CAP_SYS_TTY_CONFIG);
}

static long
set_only(struct chardev_open *o, uintptr_t wanted, unsigned is)
{
	if (!may_change(o))
		return -EPERM;
	return wanted == is ? 0 : -EINVAL;
}

static long
get_state(struct vt_stat USER *p)
{
	/* Bit 0 is /dev/tty0, which is always open. */
	struct vt_stat s = { .v_active = 1, .v_state = 1 << 1 | 1 };

	return copy_to_user(p, &s, sizeof(s));
}

static long
activate(struct chardev_open *o, uintptr_t number)
{
	if (!may_change(o))
		return -EPERM;
	return number == 1 ? 0 : -ENXIO;
}

static long
screen_ioctl(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	switch (cmd) {
	case KDGKBTYPE:
		return put_char(KB_101, arg);
	case KDGETMODE:
		return put_int(KD_TEXT, arg);
	case KDSETMODE:
		return set_only(o, arg, KD_TEXT);
	case KDGKBMODE:
		return put_int(K_UNICODE, arg);
	case KDSKBMODE:
		return set_only(o, arg, K_UNICODE);
	case VT_OPENQRY: /* none is free */
		return put_int(-1, arg);
	case VT_GETSTATE:
		return get_state((struct vt_stat USER *)arg);
	case VT_ACTIVATE:
	case VT_WAITACTIVE:
		return activate(o, arg);
	default:
		return -ENOTTY;
	}
}

const struct tty_driver screen_tty_driver = {
	.name = "screen",
	.write = screen_put,
	.echo = screen_echo,
	.ioctl = screen_ioctl,
};
