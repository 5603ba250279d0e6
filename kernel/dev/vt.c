/* SPDX-License-Identifier: MIT */
#include "dev/vt.h"

#include "dev/vt_priv.h"
#include "lib/string.h"

/*
 * dev/vt.c - the grid: characters, cursor, scrolling, erasing.
 *
 * A character in the last column leaves the cursor on it with wrap_pending
 * set; only the next character wraps.  Every other motion forgets that, which
 * is what lets a program fill the last column without scrolling.
 *
 * A character two columns wide is followed by a cell of code 0, its right
 * half.  Erased cells keep the current background ("back colour erase").
 */

#define DEFAULT_FG 7
#define DEFAULT_BG 0

static vt_cell_t *
row_of(const struct vt *vt, unsigned y)
{
	return vt->cells + (size_t)y * vt->cols;
}

static void
touch(struct vt *vt, unsigned from, unsigned to)
{
	for (unsigned y = from; y < to; y++)
		vt->dirty[y / 64] |= 1ULL << (y % 64);
}

void
vt_touch_all(struct vt *vt)
{
	touch(vt, 0, vt->rows);
}

static vt_cell_t
make_cell(uint32_t cp, unsigned fg, unsigned bg)
{
	return cp | fg << VT_CELL_FG_SHIFT | bg << VT_CELL_BG_SHIFT;
}

/* The pen's style folded into two colours, as a 16-colour screen can. */
static vt_cell_t
pen_cell(const struct vt *vt, uint32_t cp)
{
	const struct vt_pen *pen = &vt->pen;
	unsigned fg = pen->fg, bg = pen->bg;
	vt_cell_t cell;

	if (pen->style & VT_BOLD)
		fg |= 8;
	else if (pen->style & VT_DIM)
		fg = 8;
	else if (pen->style & VT_ITALIC)
		fg = 10;
	if (pen->style & VT_BLINK)
		bg |= 8;
	cell = pen->style & VT_INVERSE ? make_cell(cp, bg, fg)
				       : make_cell(cp, fg, bg);
	return pen->style & VT_UNDERLINED ? cell | VT_CELL_UNDERLINE : cell;
}

static void
fill_cells(vt_cell_t *at, vt_cell_t cell, size_t n)
{
	while (n--)
		*at++ = cell;
}

/* Erase columns from .. to - 1 of row y. */
void
vt_erase(struct vt *vt, unsigned y, unsigned from, unsigned to)
{
	to = MIN(to, vt->cols);
	if (from >= to)
		return;
	fill_cells(row_of(vt, y) + from, make_cell(' ', vt->pen.fg, vt->pen.bg),
		   to - from);
	touch(vt, y, y + 1);
}

void
vt_fill(struct vt *vt, uint32_t cp)
{
	fill_cells(vt->cells, make_cell(cp, DEFAULT_FG, DEFAULT_BG),
		   (size_t)vt->rows * vt->cols);
	vt_touch_all(vt);
}

void
vt_move_to(struct vt *vt, unsigned x, unsigned y)
{
	touch(vt, vt->pen.y, vt->pen.y + 1);
	vt->pen.x = MIN(x, vt->cols - 1);
	vt->pen.y = MIN(y, vt->rows - 1);
	vt->pen.wrap_pending = false;
	touch(vt, vt->pen.y, vt->pen.y + 1);
}

/* Rows top .. bottom of the region move; n is clamped. */
void
vt_scroll_up(struct vt *vt, unsigned top, unsigned n)
{
	unsigned height = vt->bottom - top;

	n = MIN(n, height);
	memmove(row_of(vt, top), row_of(vt, top + n),
		(size_t)(height - n) * vt->cols * sizeof(vt_cell_t));
	for (unsigned y = vt->bottom - n; y < vt->bottom; y++)
		vt_erase(vt, y, 0, vt->cols);
	touch(vt, top, vt->bottom);
}

void
vt_scroll_down(struct vt *vt, unsigned top, unsigned n)
{
	unsigned height = vt->bottom - top;

	n = MIN(n, height);
	memmove(row_of(vt, top + n), row_of(vt, top),
		(size_t)(height - n) * vt->cols * sizeof(vt_cell_t));
	for (unsigned y = top; y < top + n; y++)
		vt_erase(vt, y, 0, vt->cols);
	touch(vt, top, vt->bottom);
}

void
vt_line_feed(struct vt *vt)
{
	if (vt->pen.y + 1 == vt->bottom)
		vt_scroll_up(vt, vt->top, 1);
	else
		vt_move_to(vt, vt->pen.x, vt->pen.y + 1);
	vt->pen.wrap_pending = false;
}

void
vt_reverse_line_feed(struct vt *vt)
{
	if (vt->pen.y == vt->top)
		vt_scroll_down(vt, vt->top, 1);
	else if (vt->pen.y)
		vt_move_to(vt, vt->pen.x, vt->pen.y - 1);
	vt->pen.wrap_pending = false;
}

void
vt_insert_cells(struct vt *vt, unsigned n)
{
	vt_cell_t *row = row_of(vt, vt->pen.y);
	unsigned x = vt->pen.x;

	n = MIN(n, vt->cols - x);
	memmove(row + x + n, row + x, (vt->cols - x - n) * sizeof(*row));
	vt_erase(vt, vt->pen.y, x, x + n);
	vt->pen.wrap_pending = false;
}

void
vt_delete_cells(struct vt *vt, unsigned n)
{
	vt_cell_t *row = row_of(vt, vt->pen.y);
	unsigned x = vt->pen.x;

	n = MIN(n, vt->cols - x);
	memmove(row + x, row + x + n, (vt->cols - x - n) * sizeof(*row));
	vt_erase(vt, vt->pen.y, vt->cols - n, vt->cols);
	vt->pen.wrap_pending = false;
}

/* Half of a wide character that is overwritten takes the other half along. */
static void
split_wide(struct vt *vt, unsigned x)
{
	vt_cell_t *row = row_of(vt, vt->pen.y);

	if (x < vt->cols && x && (row[x] & VT_CELL_CHAR) == 0) {
		row[x - 1] = (row[x - 1] & ~VT_CELL_CHAR) | ' ';
		row[x] = (row[x] & ~VT_CELL_CHAR) | ' ';
	}
}

void
vt_put(struct vt *vt, uint32_t cp)
{
	unsigned width = utf8_width(cp);
	vt_cell_t *at;

	if (width == 0 || width > vt->cols)
		return;
	if ((vt->pen.wrap_pending || vt->pen.x + width > vt->cols) &&
	    (vt->modes & VT_WRAP)) {
		vt->pen.x = 0;
		vt_line_feed(vt);
	}
	if (vt->pen.x + width > vt->cols)
		vt->pen.x = vt->cols - width;
	if (vt->modes & VT_INSERT)
		vt_insert_cells(vt, width);
	split_wide(vt, vt->pen.x);
	split_wide(vt, vt->pen.x + width);
	at = row_of(vt, vt->pen.y) + vt->pen.x;
	at[0] = pen_cell(vt, cp);
	if (width == 2)
		at[1] = pen_cell(vt, 0);
	touch(vt, vt->pen.y, vt->pen.y + 1);
	vt->last_char = cp;
	vt->pen.wrap_pending = vt->pen.x + width == vt->cols;
	vt->pen.x = MIN(vt->pen.x + width, vt->cols - 1);
}

void
vt_tab(struct vt *vt, unsigned n)
{
	unsigned x = vt->pen.x;

	while (n-- && x + 1 < vt->cols) {
		x++;
		while (x + 1 < vt->cols && !(vt->tabs[x / 64] >> (x % 64) & 1))
			x++;
	}
	vt_move_to(vt, x, vt->pen.y);
}

void
vt_back_tab(struct vt *vt, unsigned n)
{
	unsigned x = vt->pen.x;

	while (n-- && x) {
		x--;
		while (x && !(vt->tabs[x / 64] >> (x % 64) & 1))
			x--;
	}
	vt_move_to(vt, x, vt->pen.y);
}

void
vt_save(struct vt *vt)
{
	vt->saved = vt->pen;
	vt->saved.origin = vt->modes & VT_ORIGIN;
}

void
vt_restore(struct vt *vt)
{
	bool pending = vt->saved.wrap_pending;

	vt_move_to(vt, vt->saved.x, vt->saved.y);
	vt->pen = vt->saved;
	vt->pen.wrap_pending = pending;
	vt->modes &= ~(unsigned)VT_ORIGIN;
	if (vt->saved.origin)
		vt->modes |= VT_ORIGIN;
}

void
vt_set_style_default(struct vt *vt)
{
	vt->pen.fg = DEFAULT_FG;
	vt->pen.bg = DEFAULT_BG;
	vt->pen.style = 0;
}

/* All but the text that is on the screen. */
static void
reset_state(struct vt *vt)
{
	vt->modes = VT_WRAP | VT_CURSOR;
	vt->top = 0;
	vt->bottom = vt->rows;
	vt->pen = (struct vt_pen){ .charset = { VT_CHARSET_LATIN1,
						VT_CHARSET_GRAPHICS } };
	vt_set_style_default(vt);
	vt_save(vt);
	vt->font_437 = false;
	vt->raw = false;
	vt->utf8 = (struct utf8_decoder){ 0 };
	vt->state = VT_GROUND;
	for (size_t i = 0; i < ARRAY_SIZE(vt->tabs); i++)
		vt->tabs[i] = 0x0101010101010101ULL;
}

void
vt_reset(struct vt *vt)
{
	reset_state(vt);
	vt_fill(vt, ' ');
}

void
vt_init(struct vt *vt, vt_cell_t *cells, unsigned rows, unsigned cols)
{
	*vt = (struct vt){ .cells = cells, .rows = rows, .cols = cols };
	vt_reset(vt);
}
