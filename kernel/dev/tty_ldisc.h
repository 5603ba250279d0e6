/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/tty_ldisc.h - the line discipline: what happens to the bytes between a
 * terminal's wire and its programs.  Pure: no locks, no sleeping; the owner
 * (dev/tty.c) calls it with the terminal's line_lock held.
 *
 * Input is edited and echoed as it arrives.  Output is post-processed piece by
 * piece into the caller's buffer.  Both share the column the cursor is in.
 *
 * Source: POSIX.1-2017 chapter 11; man 3 termios; Linux's observed behaviour
 *         where they leave it open.
 */

#include <asm/termbits.h>

#include "lib/types.h"

#define LDISC_SIZE 4096 /* input kept: a line of 4095 bytes and its end */
#define LDISC_HELD 1024 /* echo kept while output is stopped */

struct ldisc;

/* What input may raise for the foreground group. */
enum ldisc_signal {
	LDISC_INTR,
	LDISC_QUIT,
	LDISC_SUSP,
	LDISC_SIGNALS,
};

/* Put echo on the wire; already post-processed. */
typedef void ldisc_echo_fn(struct ldisc *ld, const char *bytes, size_t n);
/* Forget output that has not left the machine yet. */
typedef void ldisc_flush_fn(struct ldisc *ld);

struct ldisc {
	struct ktermios termios;
	ldisc_echo_fn *echo;          /* [I] */
	ldisc_flush_fn *flush_output; /* [I] may be NULL */

	/*
	 * The input ring.  Positions count bytes and are taken modulo the
	 * size: tail <= line <= head.  From tail to line are whole lines
	 * (canonical mode), from there to head the line being edited.
	 */
	char ring[LDISC_SIZE];
	uint64_t ends[LDISC_SIZE / 64]; /* bit: this byte ends a line */
	size_t tail, line, head;

	unsigned column;      /* of the cursor, 0 = leftmost */
	unsigned line_column; /* where the echo of the edited line began */
	bool literal;         /* VLNEXT came: the next byte is just a byte */
	bool erasing;         /* ECHOPRT: between \ and / */
	bool stopped;         /* output waits for VSTART or TCOON */
	bool paused;          /* it was TCOOFF: only TCOON will do */
	uint32_t signals;     /* 1 << enum ldisc_signal; the owner clears */
	bool flushed;         /* a signal threw input away; owner clears */
	size_t held_size;
	char held[LDISC_HELD]; /* echo waiting for VSTART */
};

void ldisc_init(struct ldisc *ld, ldisc_echo_fn *echo);

/* Byte position i of cc[] is set to this to switch the function off. */
#define LDISC_DISABLED 0

/*
 * Take input: returns the bytes taken; the rest must wait until somebody reads.
 * ld->signals and ld->flushed tell what else happened.
 */
size_t ldisc_input(struct ldisc *ld, const char *bytes, size_t n);

/*
 * Post-process output: up to n bytes of src into dst, whose room must be at
 * least LDISC_EXPANSION.  Returns the bytes put there, *used those taken.
 */
#define LDISC_EXPANSION 8
size_t ldisc_output(struct ldisc *ld, const char *src, size_t n, char *dst,
		    size_t room, size_t *used);

/* Bytes a read would find (poll == false), in canonical mode whole lines. */
bool ldisc_readable(const struct ldisc *ld, size_t least);
size_t ldisc_count(const struct ldisc *ld); /* FIONREAD */

/*
 * Canonical read of at most n bytes of one line.  *ended tells that the line
 * ended; otherwise more of it is there (or nothing at all was).
 */
size_t ldisc_read_line(struct ldisc *ld, char *dst, size_t n, bool *ended);
/* The reader is full: an end-of-file mark that is next goes with its line. */
void ldisc_skip_eof(struct ldisc *ld);
size_t ldisc_read_raw(struct ldisc *ld, char *dst, size_t n);

void ldisc_flush_input(struct ldisc *ld);
/* A break came (BRKINT, IGNBRK, PARMRK); as ldisc_input(). */
void ldisc_input_break(struct ldisc *ld);
void ldisc_stop(struct ldisc *ld);
void ldisc_start(struct ldisc *ld);
/* TCOOFF and TCOON: independent of VSTOP and VSTART. */
void ldisc_pause(struct ldisc *ld, bool on);
/* Change the settings; what is in the ring adapts to a change of ICANON. */
void ldisc_set_termios(struct ldisc *ld, const struct ktermios *t);
