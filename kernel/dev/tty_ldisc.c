/* SPDX-License-Identifier: MIT */
#include "dev/tty_ldisc.h"

#include "dev/tty_ldisc_priv.h"
#include "lib/string.h"

/*
 * dev/tty_ldisc.c - the line discipline's settings and its reading side.
 *
 *	 tail           line              head
 *	  |               |                 |
 *	  "ls -l\n" "cat\n" "the line that is typed"
 *
 * In canonical mode readers see what is before `line`, one line a time; each
 * line's last byte has its bit in ends[].  An end-of-file character is kept as
 * a zero byte with that bit: it ends the line and is not handed out.  In raw
 * mode readers see everything up to head.
 */

static const uint8_t default_cc[NCCS] = {
	[VINTR] = 3,    [VQUIT] = 28,  [VERASE] = 127,  [VKILL] = 21,
	[VEOF] = 4,     [VTIME] = 0,   [VMIN] = 1,      [VSTART] = 17,
	[VSTOP] = 19,   [VSUSP] = 26,  [VREPRINT] = 18, [VDISCARD] = 15,
	[VWERASE] = 23, [VLNEXT] = 22,
};

void
ldisc_init(struct ldisc *ld, ldisc_echo_fn *echo)
{
	*ld = (struct ldisc){ .echo = echo };
	ld->termios = (struct ktermios){
		.c_iflag = ICRNL | IXON,
		.c_oflag = OPOST | ONLCR,
		.c_cflag = B38400 | CS8 | CREAD | HUPCL,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL |
			   ECHOKE | IEXTEN,
		.c_ispeed = 38400,
		.c_ospeed = 38400,
	};
	memcpy(ld->termios.c_cc, default_cc, sizeof(default_cc));
}

bool
ldisc_readable(const struct ldisc *ld, size_t least)
{
	if (L_FLAG(ld, ICANON) && !L_FLAG(ld, EXTPROC))
		return ld->line != ld->tail;
	return ld->head - ld->tail >= MAX(least, (size_t)1);
}

size_t
ldisc_count(const struct ldisc *ld)
{
	size_t n = 0;

	if (!L_FLAG(ld, ICANON) || L_FLAG(ld, EXTPROC))
		return ld->head - ld->tail;
	for (size_t pos = ld->tail; pos != ld->line; pos++)
		n += !ldisc_is_eof(ld, pos);
	return n;
}

/* Take the byte at tail; returns whether it ended a line. */
static bool
take(struct ldisc *ld)
{
	size_t pos = ld->tail++ % LDISC_SIZE;
	uint64_t bit = 1ULL << (pos % 64);
	bool end = ld->ends[pos / 64] & bit;

	ld->ends[pos / 64] &= ~bit;
	return end;
}

size_t
ldisc_read_line(struct ldisc *ld, char *dst, size_t n, bool *ended)
{
	size_t done = 0;

	*ended = false;
	while (!*ended && ld->tail != ld->line) {
		bool eof = ldisc_is_eof(ld, ld->tail);

		if (done == n && !eof)
			break;
		if (!eof)
			dst[done++] = (char)ldisc_byte(ld, ld->tail);
		*ended = take(ld);
	}
	return done;
}

void
ldisc_skip_eof(struct ldisc *ld)
{
	if (ld->tail != ld->line && ldisc_is_eof(ld, ld->tail))
		take(ld);
}

/* In at most two pieces: up to the end of the ring, and from its start. */
size_t
ldisc_read_raw(struct ldisc *ld, char *dst, size_t n)
{
	size_t done = 0;

	n = MIN(n, ld->head - ld->tail);
	while (done < n) {
		size_t at = ld->tail % LDISC_SIZE;
		size_t piece = MIN(n - done, LDISC_SIZE - at);

		memcpy(dst + done, ld->ring + at, piece);
		ld->tail += piece;
		done += piece;
	}
	if (ld->line < ld->tail)
		ld->line = ld->tail;
	return done;
}

void
ldisc_flush_input(struct ldisc *ld)
{
	memset(ld->ends, 0, sizeof(ld->ends));
	ld->tail = ld->line = ld->head = 0;
	ld->literal = false;
	ld->erasing = false;
}

void
ldisc_stop(struct ldisc *ld)
{
	ld->stopped = true;
}

void
ldisc_start(struct ldisc *ld)
{
	if (!ld->stopped || ld->paused)
		return;
	ld->stopped = false;
	if (ld->held_size)
		ld->echo(ld, ld->held, ld->held_size);
	ld->held_size = 0;
}

/* What VSTOP stopped before, TCOON does not start. */
void
ldisc_pause(struct ldisc *ld, bool on)
{
	if (ld->paused == on)
		return;
	ld->paused = on;
	if (on)
		ldisc_stop(ld);
	else
		ldisc_start(ld);
}

/*
 * Entering canonical mode, what was typed so far becomes one line that can be
 * read; leaving it, all of it can be read anyway.
 */
static void
change_mode(struct ldisc *ld)
{
	size_t last = (ld->head - 1) % LDISC_SIZE;

	memset(ld->ends, 0, sizeof(ld->ends));
	if (L_FLAG(ld, ICANON) && ld->head != ld->tail) {
		ld->ends[last / 64] |= 1ULL << (last % 64);
		ld->line = ld->head;
	} else {
		ld->line = ld->tail;
	}
	ld->erasing = false;
	ld->literal = false;
}

void
ldisc_set_termios(struct ldisc *ld, const struct ktermios *t)
{
	struct ktermios old = ld->termios;

	ld->termios = *t;
	if ((old.c_lflag ^ t->c_lflag) & (ICANON | EXTPROC))
		change_mode(ld);
	if ((old.c_iflag & IXON) && !(t->c_iflag & IXON))
		ldisc_start(ld);
}
