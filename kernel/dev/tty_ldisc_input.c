/* SPDX-License-Identifier: MIT */
#include "dev/tty_ldisc_priv.h"
#include "lib/string.h"

/*
 * dev/tty_ldisc_input.c - input: translation, signals, flow control, editing.
 *
 * Each byte goes through the stages in the order below; the first that knows
 * it ends its way.
 *
 *	literal next	taken as it is, once
 *	flow control	VSTART, VSTOP		IXON
 *	signals		VINTR, VQUIT, VSUSP	ISIG
 *	translation	CR, NL			ICRNL, IGNCR, INLCR
 *	editing		VERASE VWERASE VKILL VLNEXT VREPRINT	ICANON
 *	line ends	NL, VEOF, VEOL, VEOL2	ICANON
 *	plain		echoed and kept
 *
 * A full ring without a whole line in it goes on taking input, each byte in
 * place of the last, so that the end of the line (or an erase) can still get
 * through: excess bytes of an overlong line are lost, its end is not.
 */

static bool
is_cc(const struct ldisc *ld, unsigned which, uint8_t c)
{
	return c != LDISC_DISABLED && ld->termios.c_cc[which] == c;
}

static void
keep(struct ldisc *ld, uint8_t c)
{
	if (ld->head - ld->tail == LDISC_SIZE)
		ld->head--;
	ld->ring[ld->head++ % LDISC_SIZE] = (char)c;
}

/* With PARMRK, byte FFh is doubled to tell it from a mark. */
static void
keep_marked(struct ldisc *ld, uint8_t c)
{
	if (c == 0xff && I_FLAG(ld, PARMRK) && !I_FLAG(ld, ISTRIP))
		keep(ld, c);
	keep(ld, c);
}

static void
finish_erasing(struct ldisc *ld)
{
	if (ld->erasing)
		ldisc_echo_byte(ld, '/');
	ld->erasing = false;
}

/* The first echo of a line notes where it stands, for erasing tabs. */
static void
note_line_start(struct ldisc *ld)
{
	if (ld->line == ld->head)
		ld->line_column = ld->column;
}

/* --- erasing --- */

/* How many columns the tab that stood at ld->head had moved. */
static unsigned
tab_columns(const struct ldisc *ld)
{
	unsigned column = 0;

	for (size_t pos = ld->head; pos != ld->line;) {
		uint8_t c = ldisc_byte(ld, --pos);

		if (c == '\t')
			return 8 - (column & 7);
		if (ldisc_is_control(c))
			column += L_FLAG(ld, ECHOCTL) ? 2 : 0;
		else if (!ldisc_continues(ld, c))
			column++;
	}
	return 8 - ((column + ld->line_column) & 7);
}

static void
back_over(struct ldisc *ld, unsigned columns)
{
	while (columns--) {
		ldisc_echo_raw(ld, "\b", 1);
		if (ld->column)
			ld->column--;
	}
}

static void
rub_out(struct ldisc *ld)
{
	ldisc_echo_byte(ld, '\b');
	ldisc_echo_byte(ld, ' ');
	ldisc_echo_byte(ld, '\b');
}

/* Printing terminals show what is erased between \ and /. */
static void
echo_printed_erase(struct ldisc *ld, uint8_t c, size_t bytes)
{
	if (!ld->erasing)
		ldisc_echo_byte(ld, '\\');
	ld->erasing = true;
	ldisc_echo_char(ld, c);
	for (size_t i = 1; i < bytes; i++) {
		char more = (char)ldisc_byte(ld, ld->head + i);

		ldisc_echo_raw(ld, &more, 1);
	}
}

/* Show that the character c, of so many bytes, is gone from ld->head. */
static void
echo_erase(struct ldisc *ld, uint8_t c, size_t bytes, unsigned which)
{
	if (L_FLAG(ld, ECHOPRT)) {
		echo_printed_erase(ld, c, bytes);
	} else if (which == VERASE && !L_FLAG(ld, ECHOE)) {
		ldisc_echo_char(ld, ld->termios.c_cc[VERASE]);
	} else if (c == '\t') {
		back_over(ld, tab_columns(ld));
	} else if (!ldisc_is_control(c)) {
		rub_out(ld);
	} else if (L_FLAG(ld, ECHOCTL)) {
		rub_out(ld);
		rub_out(ld);
	}
}

/* Start of the last character of the line, or head if it has no start. */
static size_t
last_char(const struct ldisc *ld)
{
	size_t pos = ld->head;

	do
		pos--;
	while (ldisc_continues(ld, ldisc_byte(ld, pos)) && pos != ld->line);
	return ldisc_continues(ld, ldisc_byte(ld, pos)) ? ld->head : pos;
}

static bool
is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '_' || c >= 0xc0 || c == 0xaa ||
	       c == 0xb5 || c == 0xba;
}

/* Erase a character, a word (with what follows it), or all of the line. */
static void
erase(struct ldisc *ld, unsigned which)
{
	bool in_word = false;

	if (ld->head == ld->line)
		return;
	while (ld->head != ld->line) {
		size_t pos = last_char(ld);
		size_t bytes = ld->head - pos;
		uint8_t c = ldisc_byte(ld, pos);

		if (!bytes || (which == VWERASE && in_word && !is_word(c)))
			break;
		in_word |= is_word(c);
		ld->head = pos;
		if (L_FLAG(ld, ECHO))
			echo_erase(ld, c, bytes, which);
		if (which == VERASE)
			break;
	}
	if (ld->head == ld->line && L_FLAG(ld, ECHO))
		finish_erasing(ld);
}

static void
kill_line(struct ldisc *ld)
{
	const tcflag_t visual = ECHOK | ECHOKE | ECHOE;

	if (ld->head == ld->line)
		return;
	if (L_FLAG(ld, ECHO) && L_FLAG(ld, visual) == visual) {
		erase(ld, VKILL);
		return;
	}
	ld->head = ld->line;
	if (!L_FLAG(ld, ECHO))
		return;
	finish_erasing(ld);
	ldisc_echo_char(ld, ld->termios.c_cc[VKILL]);
	if (L_FLAG(ld, ECHOK))
		ldisc_echo_byte(ld, '\n');
}

static void
reprint(struct ldisc *ld)
{
	finish_erasing(ld);
	ldisc_echo_char(ld, ld->termios.c_cc[VREPRINT]);
	ldisc_echo_byte(ld, '\n');
	for (size_t pos = ld->line; pos != ld->head; pos++)
		ldisc_echo_char(ld, ldisc_byte(ld, pos));
}

/* --- the stages --- */

static bool
flow_control(struct ldisc *ld, uint8_t c)
{
	if (!I_FLAG(ld, IXON))
		return false;
	if (is_cc(ld, VSTART, c))
		ldisc_start(ld);
	else if (is_cc(ld, VSTOP, c))
		ldisc_stop(ld);
	else
		return false;
	return true;
}

/* A signal throws away what is under way in both directions. */
static void
flush_for_signal(struct ldisc *ld)
{
	if (L_FLAG(ld, NOFLSH))
		return;
	ldisc_flush_input(ld);
	ld->held_size = 0;
	ld->flushed = true;
	if (ld->flush_output)
		ld->flush_output(ld);
}

static bool
raise_signal(struct ldisc *ld, uint8_t c)
{
	enum ldisc_signal signal;

	if (!L_FLAG(ld, ISIG))
		return false;
	if (is_cc(ld, VINTR, c))
		signal = LDISC_INTR;
	else if (is_cc(ld, VQUIT, c))
		signal = LDISC_QUIT;
	else if (is_cc(ld, VSUSP, c))
		signal = LDISC_SUSP;
	else
		return false;
	ld->signals |= 1u << signal;
	flush_for_signal(ld);
	if (I_FLAG(ld, IXON))
		ldisc_start(ld);
	if (L_FLAG(ld, ECHO))
		ldisc_echo_char(ld, c);
	return true;
}

static bool
edit(struct ldisc *ld, uint8_t c)
{
	bool extended = L_FLAG(ld, IEXTEN);

	if (is_cc(ld, VERASE, c)) {
		erase(ld, VERASE);
	} else if (is_cc(ld, VKILL, c)) {
		kill_line(ld);
	} else if (extended && is_cc(ld, VWERASE, c)) {
		erase(ld, VWERASE);
	} else if (extended && is_cc(ld, VLNEXT, c)) {
		ld->literal = true;
		if (L_FLAG(ld, ECHO))
			finish_erasing(ld);
		if (L_FLAG(ld, ECHO) && L_FLAG(ld, ECHOCTL))
			ldisc_echo_raw(ld, "^\b", 2);
	} else if (extended && L_FLAG(ld, ECHO) && is_cc(ld, VREPRINT, c)) {
		reprint(ld);
	} else {
		return false;
	}
	return true;
}

static void
end_line(struct ldisc *ld, uint8_t c)
{
	size_t pos = ld->head % LDISC_SIZE;

	ld->ends[pos / 64] |= 1ULL << (pos % 64);
	keep(ld, c);
	ld->line = ld->head;
}

static bool
line_end(struct ldisc *ld, uint8_t c)
{
	if (c == '\n') {
		if (L_FLAG(ld, ECHO | ECHONL))
			ldisc_echo_byte(ld, '\n');
		end_line(ld, c);
	} else if (is_cc(ld, VEOF, c)) {
		end_line(ld, LDISC_DISABLED);
	} else if (is_cc(ld, VEOL, c) ||
		   (L_FLAG(ld, IEXTEN) && is_cc(ld, VEOL2, c))) {
		if (L_FLAG(ld, ECHO)) {
			note_line_start(ld);
			ldisc_echo_char(ld, c);
		}
		end_line(ld, c);
	} else {
		return false;
	}
	return true;
}

/* Only a newline that was a return moves the cursor; others show as ^J. */
static void
plain(struct ldisc *ld, uint8_t c, bool was_return)
{
	if (L_FLAG(ld, ECHO)) {
		finish_erasing(ld);
		note_line_start(ld);
		if (c == '\n' && was_return)
			ldisc_echo_byte(ld, c);
		else
			ldisc_echo_char(ld, c);
	}
	keep_marked(ld, c);
}

/* IGNCR, ICRNL, INLCR; false = the byte is dropped. */
static bool
translate(const struct ldisc *ld, uint8_t *c)
{
	if (*c == '\r') {
		if (I_FLAG(ld, IGNCR))
			return false;
		if (I_FLAG(ld, ICRNL))
			*c = '\n';
	} else if (*c == '\n' && I_FLAG(ld, INLCR)) {
		*c = '\r';
	}
	return true;
}

static void
receive(struct ldisc *ld, uint8_t c)
{
	bool was_return;

	if (I_FLAG(ld, ISTRIP))
		c &= 0x7f;
	if (I_FLAG(ld, IUCLC) && L_FLAG(ld, IEXTEN) && c >= 'A' && c <= 'Z')
		c = (uint8_t)(c - 'A' + 'a');
	if (L_FLAG(ld, EXTPROC)) {
		keep(ld, c);
		return;
	}
	if (ld->literal) {
		ld->literal = false;
		plain(ld, c, false);
		return;
	}
	if (flow_control(ld, c) || raise_signal(ld, c))
		return;
	if (I_FLAG(ld, IXON) && I_FLAG(ld, IXANY))
		ldisc_start(ld);
	was_return = c == '\r';
	if (!translate(ld, &c))
		return;
	if (L_FLAG(ld, ICANON) && (edit(ld, c) || line_end(ld, c)))
		return;
	plain(ld, c, was_return);
}

/* A byte may take two places (PARMRK). */
static bool
has_room(const struct ldisc *ld)
{
	size_t spare = I_FLAG(ld, PARMRK) ? 2 : 1;

	return LDISC_SIZE - (ld->head - ld->tail) > spare;
}

void
ldisc_input_break(struct ldisc *ld)
{
	if (I_FLAG(ld, IGNBRK))
		return;
	if (I_FLAG(ld, BRKINT)) {
		ld->signals |= 1u << LDISC_INTR;
		flush_for_signal(ld);
		return;
	}
	if (I_FLAG(ld, PARMRK)) {
		keep(ld, 0xff);
		keep(ld, 0);
	}
	keep(ld, 0);
}

size_t
ldisc_input(struct ldisc *ld, const char *bytes, size_t n)
{
	size_t done;

	for (done = 0; done < n; done++) {
		bool full = !has_room(ld);

		if (full && (!L_FLAG(ld, ICANON) || ld->line != ld->tail))
			break;
		if (full && ld->head - ld->tail == LDISC_SIZE)
			ld->head--;
		receive(ld, (uint8_t)bytes[done]);
	}
	return done;
}
