/* SPDX-License-Identifier: MIT */
#include "dev/vt_priv.h"
#include "lib/fmt.h"
#include "lib/string.h"

/*
 * dev/vt_csi.c - what each control sequence (ESC [ parameters letter) does.
 * Source: man 4 console_codes; ECMA-48, 8.3.
 */

static unsigned
param(const struct vt *vt, unsigned i)
{
	return i < vt->nparams ? vt->params[i] : 0;
}

/* A count or position: 0 and absent mean 1. */
static unsigned
count(const struct vt *vt, unsigned i)
{
	return MAX(param(vt, i), 1u);
}

static void
reply(struct vt *vt, const char *text)
{
	size_t n = strlen(text);

	if (vt->reply_size + n <= sizeof(vt->reply)) {
		memcpy(vt->reply + vt->reply_size, text, n);
		vt->reply_size += n;
	}
}

/* Row y counted from 0 in the coordinates of origin mode. */
static void
move_to_origin(struct vt *vt, unsigned x, unsigned y)
{
	if (vt->modes & VT_ORIGIN)
		y = MIN(vt->top + MIN(y, vt->rows), vt->bottom - 1);
	vt_move_to(vt, x, y);
}

/* Up and down stop at the region's edge if they start inside it. */
static void
move_up(struct vt *vt, unsigned n, unsigned x)
{
	unsigned y = vt->pen.y;
	unsigned limit = y >= vt->top ? vt->top : 0;

	vt_move_to(vt, x, y - MIN(n, y - limit));
}

static void
move_down(struct vt *vt, unsigned n, unsigned x)
{
	unsigned y = vt->pen.y;
	unsigned limit = y < vt->bottom ? vt->bottom - 1 : vt->rows - 1;

	vt_move_to(vt, x, y + MIN(n, limit - y));
}

static void
erase_line(struct vt *vt)
{
	unsigned x = vt->pen.x;

	if (param(vt, 0) == 0)
		vt_erase(vt, vt->pen.y, x, vt->cols);
	else if (param(vt, 0) == 1)
		vt_erase(vt, vt->pen.y, 0, x + 1);
	else if (param(vt, 0) == 2)
		vt_erase(vt, vt->pen.y, 0, vt->cols);
	vt->pen.wrap_pending = false;
}

static void
erase_rows(struct vt *vt, unsigned from, unsigned to)
{
	for (unsigned y = from; y < to; y++)
		vt_erase(vt, y, 0, vt->cols);
}

static void
erase_display(struct vt *vt)
{
	unsigned what = param(vt, 0);

	if (what == 0)
		erase_rows(vt, vt->pen.y + 1, vt->rows);
	else if (what == 1)
		erase_rows(vt, 0, vt->pen.y);
	if (what <= 1)
		erase_line(vt);
	else if (what <= 3)
		erase_rows(vt, 0, vt->rows);
	vt->pen.wrap_pending = false;
}

/* Lines are inserted and deleted inside the scroll region only. */
static void
shift_lines(struct vt *vt, bool insert)
{
	if (vt->pen.y < vt->top || vt->pen.y >= vt->bottom)
		return;
	if (insert)
		vt_scroll_down(vt, vt->pen.y, count(vt, 0));
	else
		vt_scroll_up(vt, vt->pen.y, count(vt, 0));
	vt->pen.wrap_pending = false;
}

static void
set_region(struct vt *vt)
{
	unsigned top = count(vt, 0), bottom = param(vt, 1);

	if (bottom == 0 || bottom > vt->rows)
		bottom = vt->rows;
	if (top >= bottom)
		return;
	vt->top = top - 1;
	vt->bottom = bottom;
	move_to_origin(vt, 0, 0);
}

static void
set_bit(struct vt *vt, unsigned bit, bool on)
{
	vt->modes = on ? vt->modes | bit : vt->modes & ~bit;
}

static void
private_mode(struct vt *vt, unsigned mode, bool on)
{
	switch (mode) {
	case 1:
		set_bit(vt, VT_APP_CURSOR, on);
		break;
	case 5:
		set_bit(vt, VT_REVERSE, on);
		vt_touch_all(vt);
		break;
	case 6:
		set_bit(vt, VT_ORIGIN, on);
		move_to_origin(vt, 0, 0);
		break;
	case 7:
		set_bit(vt, VT_WRAP, on);
		break;
	case 25:
		set_bit(vt, VT_CURSOR, on);
		vt_move_to(vt, vt->pen.x, vt->pen.y);
		break;
	default:
		break;
	}
}

static void
set_modes(struct vt *vt, bool on)
{
	for (unsigned i = 0; i < vt->nparams; i++) {
		unsigned mode = vt->params[i];

		if (vt->intermediate == '?')
			private_mode(vt, mode, on);
		else if (mode == 4)
			set_bit(vt, VT_INSERT, on);
		else if (mode == 20)
			set_bit(vt, VT_NEWLINE, on);
	}
}

static void
clear_tabs(struct vt *vt)
{
	if (param(vt, 0) == 0)
		vt->tabs[vt->pen.x / 64] &= ~(1ULL << (vt->pen.x % 64));
	else if (param(vt, 0) == 3)
		memset(vt->tabs, 0, sizeof(vt->tabs));
}

static void
report(struct vt *vt)
{
	char text[32];
	unsigned y = vt->pen.y;

	if (param(vt, 0) == 5) {
		reply(vt, "\033[0n");
	} else if (param(vt, 0) == 6) {
		if (vt->modes & VT_ORIGIN)
			y -= MIN(y, vt->top);
		snprintf(text, sizeof(text), "\033[%u;%uR", y + 1,
			 vt->pen.x + 1);
		reply(vt, text);
	}
}

/* The nearest of the 16 colours to three components of 0 .. 255. */
static uint8_t
nearest(unsigned r, unsigned g, unsigned b)
{
	unsigned max = MAX(r, MAX(g, b));
	uint8_t colour = 0;

	if (max < 48)
		return 0;
	colour |= r > max / 2 ? 1 : 0;
	colour |= g > max / 2 ? 2 : 0;
	colour |= b > max / 2 ? 4 : 0;
	if (colour == 7 && max < 128)
		return 8;
	return max > 200 ? colour | 8 : colour;
}

/* One of 256: 16 colours, a cube of 6 * 6 * 6, 24 greys. */
static uint8_t
from_256(unsigned n)
{
	if (n < 16)
		return (uint8_t)n;
	if (n < 232) {
		n -= 16;
		return nearest(n / 36 * 51, n / 6 % 6 * 51, n % 6 * 51);
	}
	n = (MIN(n, 255u) - 232) * 10 + 8;
	return nearest(n, n, n);
}

/* 38 and 48: 5;N or 2;R;G;B.  Returns the parameters used. */
static unsigned
extended_colour(const struct vt *vt, unsigned i, uint8_t *colour)
{
	if (param(vt, i) == 5) {
		*colour = from_256(param(vt, i + 1));
		return 2;
	}
	if (param(vt, i) == 2) {
		*colour = nearest(param(vt, i + 1), param(vt, i + 2),
				  param(vt, i + 3));
		return 4;
	}
	return 0;
}

/* Numbers of ANSI colours to positions in the palette: 1 red, 4 blue. */
static bool
style_colour(struct vt *vt, unsigned n)
{
	if (n >= 30 && n <= 37)
		vt->pen.fg = (uint8_t)(n - 30);
	else if (n >= 40 && n <= 47)
		vt->pen.bg = (uint8_t)(n - 40);
	else if (n >= 90 && n <= 97)
		vt->pen.fg = (uint8_t)(n - 90 + 8);
	else if (n >= 100 && n <= 107)
		vt->pen.bg = (uint8_t)(n - 100 + 8);
	else if (n == 39)
		vt->pen.fg = 7;
	else if (n == 49)
		vt->pen.bg = 0;
	else
		return false;
	return true;
}

/* Bits that a number sets (*set) and clears. */
static uint8_t
style_bits(unsigned n, uint8_t *set)
{
	static const uint8_t on[] = { 0,         VT_BOLD,       VT_DIM,
				      VT_ITALIC, VT_UNDERLINED, VT_BLINK,
				      0,         VT_INVERSE };

	*set = n < ARRAY_SIZE(on) ? on[n] : 0;
	switch (n) {
	case 1:
	case 2:
	case 22:
		return VT_BOLD | VT_DIM;
	case 21: /* double underline */
		*set = VT_UNDERLINED;
		return 0;
	case 23:
		return VT_ITALIC;
	case 24:
		return VT_UNDERLINED;
	case 25:
		return VT_BLINK;
	case 27:
		return VT_INVERSE;
	default:
		return 0;
	}
}

static void
set_style(struct vt *vt)
{
	for (unsigned i = 0; i < vt->nparams; i++) {
		unsigned n = vt->params[i];
		uint8_t set, clear;

		if (n == 0) {
			vt_set_style_default(vt);
		} else if (n == 10 || n == 11 || n == 12) {
			vt->font_437 = n != 10;
		} else if (n == 38) {
			i += extended_colour(vt, i + 1, &vt->pen.fg);
		} else if (n == 48) {
			i += extended_colour(vt, i + 1, &vt->pen.bg);
		} else if (!style_colour(vt, n)) {
			clear = style_bits(n, &set);
			vt->pen.style = (vt->pen.style & ~clear) | set;
		}
	}
}

static void
repeat(struct vt *vt)
{
	unsigned n = MIN(count(vt, 0), vt->rows * vt->cols);

	while (vt->last_char && n--)
		vt_put(vt, vt->last_char);
}

/* Sequences that move the cursor; false if it is none of them. */
static bool
csi_move(struct vt *vt, char final)
{
	unsigned n = count(vt, 0);
	unsigned x = vt->pen.x, y = vt->pen.y;

	switch (final) {
	case 'A':
		move_up(vt, n, x);
		break;
	case 'B':
	case 'e':
		move_down(vt, n, x);
		break;
	case 'C':
	case 'a':
		vt_move_to(vt, x + n, y);
		break;
	case 'D':
		vt_move_to(vt, x - MIN(n, x), y);
		break;
	case 'E':
		move_down(vt, n, 0);
		break;
	case 'F':
		move_up(vt, n, 0);
		break;
	case 'G':
	case '`':
		vt_move_to(vt, n - 1, y);
		break;
	case 'd':
		move_to_origin(vt, x, n - 1);
		break;
	case 'H':
	case 'f':
		move_to_origin(vt, count(vt, 1) - 1, n - 1);
		break;
	case 'I':
		vt_tab(vt, n);
		break;
	case 'Z':
		vt_back_tab(vt, n);
		break;
	default:
		return false;
	}
	return true;
}

/* Sequences that change cells; false if it is none of them. */
static bool
csi_edit(struct vt *vt, char final)
{
	unsigned n = count(vt, 0);

	switch (final) {
	case 'J':
		erase_display(vt);
		break;
	case 'K':
		erase_line(vt);
		break;
	case 'L':
	case 'M':
		shift_lines(vt, final == 'L');
		break;
	case 'P':
		vt_delete_cells(vt, n);
		break;
	case '@':
		vt_insert_cells(vt, n);
		break;
	case 'X':
		vt_erase(vt, vt->pen.y, vt->pen.x,
			 vt->pen.x + MIN(n, vt->cols));
		break;
	case 'S':
		vt_scroll_up(vt, vt->top, n);
		break;
	case 'T':
		vt_scroll_down(vt, vt->top, n);
		break;
	case 'b':
		repeat(vt);
		break;
	default:
		return false;
	}
	return true;
}

static void
csi_other(struct vt *vt, char final)
{
	switch (final) {
	case 'c':
		if (param(vt, 0) == 0)
			reply(vt, "\033[?6c");
		break;
	case 'g':
		clear_tabs(vt);
		break;
	case 'm':
		set_style(vt);
		break;
	case 'n':
		report(vt);
		break;
	case 'r':
		set_region(vt);
		break;
	case 's':
		vt_save(vt);
		break;
	case 'u':
		vt_restore(vt);
		break;
	case 'h':
	case 'l':
		set_modes(vt, final == 'h');
		break;
	default:
		break;
	}
}

void
vt_csi(struct vt *vt, char final)
{
	/* Private sequences other than modes mean nothing here. */
	if (vt->intermediate) {
		if (vt->intermediate == '?' && (final == 'h' || final == 'l'))
			set_modes(vt, final == 'h');
		return;
	}
	if (!csi_move(vt, final) && !csi_edit(vt, final))
		csi_other(vt, final);
}
