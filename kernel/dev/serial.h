/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/serial.h - the first serial port as a line with settings and signals; the
 * bytes are in dev/console.h.
 *
 * Locking: serial_lock inside, so all may be called with a terminal's line_lock
 *          held.
 * Context: any.
 */

#include "lib/types.h"

/* Where the port is, for those who ask. */
#define SERIAL_PORT      0x3f8
#define SERIAL_IRQ       4
#define SERIAL_FIFO      16
#define SERIAL_BASE_BAUD 115200

/* What came and went since boot. */
struct serial_counts {
	uint32_t received, sent, breaks, overruns, parity, framing;
};

/* TIOCM_* bits. */
unsigned serial_modem_get(void);
/* Of TIOCM_DTR, _RTS, _OUT1, _LOOP. */
void serial_modem_change(unsigned set, unsigned clear);

/*
 * Follow c_cflag's size, parity and stop bits, and a speed of 1 to
 * SERIAL_BASE_BAUD; 0 hangs up (DTR and RTS go down).
 */
void serial_configure(unsigned cflag, unsigned baud);
void serial_send_break(bool on);
bool serial_all_sent(void);
void serial_get_counts(struct serial_counts *out);

/* Called in interrupt context when the line is held at 0. */
void serial_set_break(void (*fn)(void));

/* The driver of its terminal (dev/serial_tty.c). */
struct tty_driver;
extern const struct tty_driver serial_tty_driver;
