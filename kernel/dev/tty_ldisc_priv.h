/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/tty_ldisc_priv.h - between the three parts of the line discipline:
 * settings and reading (tty_ldisc.c), input editing (tty_ldisc_input.c),
 * output and echo (tty_ldisc_output.c).
 */

#include "dev/tty_ldisc.h"

#define I_FLAG(ld, f) ((ld)->termios.c_iflag & (f))
#define O_FLAG(ld, f) ((ld)->termios.c_oflag & (f))
#define L_FLAG(ld, f) ((ld)->termios.c_lflag & (f))

static inline uint8_t
ldisc_byte(const struct ldisc *ld, size_t pos)
{
	return (uint8_t)ld->ring[pos % LDISC_SIZE];
}

static inline bool
ldisc_ends(const struct ldisc *ld, size_t pos)
{
	pos %= LDISC_SIZE;
	return ld->ends[pos / 64] >> (pos % 64) & 1;
}

/* An end-of-file mark: it ends a line and is not part of it. */
static inline bool
ldisc_is_eof(const struct ldisc *ld, size_t pos)
{
	return ldisc_ends(ld, pos) && ldisc_byte(ld, pos) == LDISC_DISABLED;
}

static inline bool
ldisc_is_control(uint8_t c)
{
	return c < ' ' || c == 127;
}

/* With IUTF8, a byte that goes on with a character. */
static inline bool
ldisc_continues(const struct ldisc *ld, uint8_t c)
{
	return I_FLAG(ld, IUTF8) && (c & 0xc0) == 0x80;
}

/* Echo bytes as they are / through post-processing / with control as ^X. */
void ldisc_echo_raw(struct ldisc *ld, const char *bytes, size_t n);
void ldisc_echo_byte(struct ldisc *ld, uint8_t c);
void ldisc_echo_char(struct ldisc *ld, uint8_t c);
