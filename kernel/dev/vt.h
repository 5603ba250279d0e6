/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/vt.h - the terminal emulator of the screen: bytes in, a grid of cells
 * out.  It draws nothing: a painter compares the grid with what it has shown
 * (dev/fb_console.c).  Pure: no locks, no allocation.
 *
 * Understands what TERM=linux promises; see man 4 console_codes.
 *
 * Units: columns and rows from 0, x to the right, y down.
 */

#include "lib/types.h"
#include "lib/utf8.h"

/* Larger screens use larger pixels or leave a margin. */
#define VT_ROWS_MAX 160
#define VT_COLS_MAX 512

/*
 * A cell: what to draw, folded to a character and two of 16 colours.
 *	bits 0-20 code point, 21-24 foreground, 25-28 background, 29 underline
 */
typedef uint32_t vt_cell_t;
#define VT_CELL_CHAR      0x1fffffu
#define VT_CELL_FG_SHIFT  21
#define VT_CELL_BG_SHIFT  25
#define VT_CELL_UNDERLINE (1u << 29)
#define VT_CELL_COLOURS   (0xffu << VT_CELL_FG_SHIFT)

enum vt_modes {
	VT_WRAP = 1 << 0,       /* DECAWM, on at the start */
	VT_ORIGIN = 1 << 1,     /* DECOM: rows count from the region */
	VT_INSERT = 1 << 2,     /* IRM */
	VT_NEWLINE = 1 << 3,    /* LNM: line feed returns too */
	VT_REVERSE = 1 << 4,    /* DECSCNM: whole screen */
	VT_CURSOR = 1 << 5,     /* DECTCEM: shown */
	VT_APP_CURSOR = 1 << 6, /* DECCKM: keys send ESC O A */
	VT_APP_KEYPAD = 1 << 7,
};

enum vt_style_bits {
	VT_BOLD = 1 << 0,
	VT_DIM = 1 << 1,
	VT_ITALIC = 1 << 2,
	VT_UNDERLINED = 1 << 3,
	VT_BLINK = 1 << 4,
	VT_INVERSE = 1 << 5,
};

enum vt_charset {
	VT_CHARSET_LATIN1, /* in UTF-8 mode: no translation */
	VT_CHARSET_GRAPHICS,
	VT_CHARSET_CP437,
};

/* What DECSC saves. */
struct vt_pen {
	unsigned x, y;
	bool wrap_pending;  /* a character stands in the last column */
	uint8_t fg, bg;     /* 0-15 */
	uint8_t style;      /* enum vt_style_bits */
	uint8_t charset[2]; /* G0, G1: enum vt_charset */
	uint8_t shift;      /* which of them is in use */
	bool origin;
};

enum vt_parse_state {
	VT_GROUND,
	VT_ESCAPE,
	VT_CSI_START, /* just behind ESC [ */
	VT_CSI,
	VT_CSI_IGNORE, /* too odd: wait for its end */
	VT_OSC,        /* up to BEL or ESC \ */
	VT_OSC_ESCAPE,
	VT_STRING, /* up to ESC \, controls and all */
	VT_SET_G0,
	VT_SET_G1,
	VT_HASH,
	VT_PERCENT,
	VT_FUNCTION_KEY, /* ESC [ [ X: ignored */
};

#define VT_PARAMS_MAX 16
#define VT_REPLY_MAX  64

struct vt {
	unsigned rows, cols;
	vt_cell_t *cells; /* rows * cols, the owner's memory */
	uint64_t dirty[(VT_ROWS_MAX + 63) / 64]; /* rows touched */

	struct vt_pen pen, saved;
	unsigned modes;       /* enum vt_modes */
	unsigned top, bottom; /* scroll region, bottom excluded */
	uint64_t tabs[VT_COLS_MAX / 64];
	uint32_t last_char; /* for REP */
	unsigned bells;     /* BELs heard */

	struct utf8_decoder utf8;
	bool raw;      /* ESC % @: bytes are Latin-1 */
	bool font_437; /* SGR 11: bytes are positions of CP437 */
	enum vt_parse_state state;
	char intermediate; /* '?', '>', '!' ... of a CSI, or 0 */
	unsigned nparams;
	unsigned params[VT_PARAMS_MAX];

	char reply[VT_REPLY_MAX]; /* answers to queries: the owner takes them */
	size_t reply_size;
};

/* cells: room for rows * cols.  Cleared, cursor at 0,0. */
void vt_init(struct vt *vt, vt_cell_t *cells, unsigned rows, unsigned cols);
void vt_write(struct vt *vt, const char *bytes, size_t n);

static inline bool
vt_row_dirty(const struct vt *vt, unsigned y)
{
	return vt->dirty[y / 64] >> (y % 64) & 1;
}
