/* SPDX-License-Identifier: MIT */
#include "dev/tty_ldisc_priv.h"
#include "lib/string.h"

/*
 * dev/tty_ldisc_output.c - post-processing of output, and echo.
 */

/* Post-process one byte into out; returns how many bytes that makes. */
static size_t
process(struct ldisc *ld, uint8_t c, char out[LDISC_EXPANSION])
{
	size_t blanks = 8 - (ld->column & 7);

	out[0] = (char)c;
	switch (c) {
	case '\n':
		if (O_FLAG(ld, ONLRET | ONLCR))
			ld->column = 0;
		ld->line_column = ld->column;
		if (!O_FLAG(ld, ONLCR))
			return 1;
		out[0] = '\r';
		out[1] = '\n';
		return 2;
	case '\r':
		if (O_FLAG(ld, ONOCR) && ld->column == 0)
			return 0;
		if (O_FLAG(ld, OCRNL))
			out[0] = '\n';
		if (!O_FLAG(ld, OCRNL) || O_FLAG(ld, ONLRET))
			ld->column = ld->line_column = 0;
		return 1;
	case '\t':
		ld->column += (unsigned)blanks;
		if (O_FLAG(ld, TABDLY) != TAB3)
			return 1;
		memset(out, ' ', blanks);
		return blanks;
	case '\b':
		if (ld->column)
			ld->column--;
		return 1;
	default:
		if (O_FLAG(ld, OLCUC) && c >= 'a' && c <= 'z')
			out[0] = (char)(c - 'a' + 'A');
		if (!ldisc_is_control(c) && !ldisc_continues(ld, c))
			ld->column++;
		return 1;
	}
}

size_t
ldisc_output(struct ldisc *ld, const char *src, size_t n, char *dst,
	     size_t room, size_t *used)
{
	size_t done = 0, put = 0;

	if (!O_FLAG(ld, OPOST)) {
		*used = MIN(n, room);
		memcpy(dst, src, *used);
		return *used;
	}
	while (done < n && room - put >= LDISC_EXPANSION)
		put += process(ld, (uint8_t)src[done++], dst + put);
	*used = done;
	return put;
}

/* Echo waits with the output; what does not fit is lost, as input would be. */
void
ldisc_echo_raw(struct ldisc *ld, const char *bytes, size_t n)
{
	if (!ld->stopped) {
		ld->echo(ld, bytes, n);
		return;
	}
	n = MIN(n, sizeof(ld->held) - ld->held_size);
	memcpy(ld->held + ld->held_size, bytes, n);
	ld->held_size += n;
}

void
ldisc_echo_byte(struct ldisc *ld, uint8_t c)
{
	char out[LDISC_EXPANSION] = { (char)c };

	if (!O_FLAG(ld, OPOST))
		ldisc_echo_raw(ld, out, 1);
	else
		ldisc_echo_raw(ld, out, process(ld, c, out));
}

void
ldisc_echo_char(struct ldisc *ld, uint8_t c)
{
	if (L_FLAG(ld, ECHOCTL) && ldisc_is_control(c) && c != '\t') {
		const char text[2] = { '^', (char)(c ^ 0x40) };

		ldisc_echo_raw(ld, text, 2);
		ld->column += 2;
	} else {
		ldisc_echo_byte(ld, c);
	}
}
