/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/console.h - the two places text can appear: the serial port and the
 * framebuffer.  Both register as klog consoles from the first instruction and
 * later serve as drivers of ttyS0 and tty1.
 *
 * Serial: 16550 at 3F8h, probed by loopback; absent is fine.
 * Framebuffer: 32-bit pixels of any mask; a grid of cells in RAM (never read
 * back from video memory), a PSF font embedded at build time, ANSI/VT102
 * escapes enough for TERM=linux: cursor, erase, scroll region, SGR with 16
 * colours, insert/delete, save/restore, alternate charset, UTF-8.
 *
 * Locking: one spinlock each (irq-safe, LOCK_CONSOLE), broken by panics.
 */

#include "lib/types.h"

struct boot_framebuffer;

/* Before anything else: serial by port I/O. */
void serial_early_init(void);
/* After the console's memory is mapped at fb_va; NULL = none. */
void fb_console_init(const struct boot_framebuffer *fb, void *fb_va);
bool fb_console_present(void);
bool serial_present(void);
void fb_console_size(unsigned *rows, unsigned *cols);
unsigned fb_console_modes(void); /* enum vt_modes: what keys send */

/* Raw output, for tty drivers. */
void serial_write(const char *bytes, size_t n);
void fb_console_write(const char *bytes, size_t n);
/* The same where queries in the bytes must stay without answer: echo, log. */
void fb_console_echo(const char *bytes, size_t n);

/* Bytes typed, or answers of the terminal to queries; interrupt context. */
typedef void console_input_fn(const char *bytes, size_t n);
void serial_set_input(console_input_fn *fn);
void fb_console_set_input(console_input_fn *fn);
void i8042_set_input(console_input_fn *fn);

/*
 * From now on the screen is painted at most every few milliseconds, from a
 * timer: call when timers work.
 */
void fb_console_use_timer(void);

/* Log text to a terminal: each newline becomes return, newline. */
void console_write_lines(void (*write)(const char *bytes, size_t n),
			 const char *bytes, size_t n);

/* Receive interrupts, keyboards: after irq_attach works. */
void serial_irq_init(void);
void i8042_init(void); /* keyboard of the framebuffer console, if present */
