/* SPDX-License-Identifier: MIT */
#include "dev/vt_priv.h"
#include "lib/fmt.h"
#include "lib/string.h"

/*
 * dev/vt_parse.c - bytes to characters and control sequences.
 *
 * Control characters act wherever they come, even inside a sequence, as on a
 * VT102.  A sequence that makes no sense is read to its end and forgotten, so
 * it never spills over the screen.
 *
 *	GROUND --ESC--> ESCAPE --[--> CSI_START --> CSI --final--> GROUND
 *	                  | ]--> OSC --BEL or ESC \--> GROUND
 *	                  | P X ^ _--> STRING --ESC \--> GROUND
 *	                  | ( ) # %--> one more byte --> GROUND
 */

/* Inside strings BS to CR are part of what is skipped. */
static bool
skipped_in_string(const struct vt *vt, uint8_t c)
{
	return (vt->state == VT_OSC || vt->state == VT_STRING) && c >= '\b' &&
	       c <= '\r';
}

/* C0 controls; true if the byte was one. */
static bool
control(struct vt *vt, uint8_t c)
{
	if (skipped_in_string(vt, c))
		return true;
	switch (c) {
	case '\a':
		if (vt->state == VT_OSC)
			vt->state = VT_GROUND;
		else if (vt->state != VT_STRING)
			vt->bells++;
		return true;
	case '\b':
		if (vt->pen.x)
			vt_move_to(vt, vt->pen.x - 1, vt->pen.y);
		vt->pen.wrap_pending = false;
		return true;
	case '\t':
		vt_tab(vt, 1);
		return true;
	case '\n':
	case '\v':
	case '\f':
		vt_line_feed(vt);
		if (vt->modes & VT_NEWLINE)
			vt_move_to(vt, 0, vt->pen.y);
		return true;
	case '\r':
		vt_move_to(vt, 0, vt->pen.y);
		return true;
	case 14: /* SO */
	case 15: /* SI */
		vt->pen.shift = c == 14;
		return true;
	case 24: /* CAN */
	case 26: /* SUB */
		vt->state = VT_GROUND;
		return true;
	case 27:
		vt->state = vt->state == VT_OSC || vt->state == VT_STRING
				    ? VT_OSC_ESCAPE
				    : VT_ESCAPE;
		return true;
	default:
		return c < ' ' || c == 127;
	}
}

static void
begin_csi(struct vt *vt)
{
	vt->state = VT_CSI_START;
	vt->intermediate = 0;
	vt->nparams = 0;
	memset(vt->params, 0, sizeof(vt->params));
}

static void
next_line(struct vt *vt)
{
	vt_move_to(vt, 0, vt->pen.y);
	vt_line_feed(vt);
}

static void
escape(struct vt *vt, uint8_t c)
{
	vt->state = VT_GROUND;
	switch (c) {
	case '[':
		begin_csi(vt);
		break;
	case ']':
		vt->state = VT_OSC;
		vt->intermediate = 0;
		break;
	case 'P': /* DCS, SOS, PM, APC: strings that mean nothing here */
	case 'X':
	case '^':
	case '_':
		vt->state = VT_STRING;
		break;
	case '(':
		vt->state = VT_SET_G0;
		break;
	case ')':
		vt->state = VT_SET_G1;
		break;
	case '#':
		vt->state = VT_HASH;
		break;
	case '%':
		vt->state = VT_PERCENT;
		break;
	case 'D':
		vt_line_feed(vt);
		break;
	case 'E':
		next_line(vt);
		break;
	case 'M':
		vt_reverse_line_feed(vt);
		break;
	case 'H':
		vt->tabs[vt->pen.x / 64] |= 1ULL << (vt->pen.x % 64);
		break;
	case 'Z':
		begin_csi(vt);
		vt_csi(vt, 'c');
		vt->state = VT_GROUND;
		break;
	case '7':
		vt_save(vt);
		break;
	case '8':
		vt_restore(vt);
		break;
	case '=':
		vt->modes |= VT_APP_KEYPAD;
		break;
	case '>':
		vt->modes &= ~(unsigned)VT_APP_KEYPAD;
		break;
	case 'c':
		vt_reset(vt);
		break;
	default:
		break;
	}
}

/* Digits, separators, and the byte that ends it. */
static void
csi_byte(struct vt *vt, uint8_t c)
{
	unsigned *last = &vt->params[vt->nparams];

	if (vt->state == VT_CSI_START && c == '[') {
		vt->state = VT_FUNCTION_KEY;
		return;
	}
	if (vt->state == VT_CSI_START && c >= '<' && c <= '?') {
		vt->intermediate = (char)c;
		vt->state = VT_CSI;
		return;
	}
	if (vt->state == VT_CSI_START)
		vt->state = VT_CSI;
	if (c >= '0' && c <= '9') {
		if (*last < 100000)
			*last = *last * 10 + (c - '0');
	} else if (c == ';' || c == ':') {
		if (vt->nparams + 1 < VT_PARAMS_MAX)
			vt->nparams++;
		else
			vt->state = VT_CSI_IGNORE;
	} else if (c >= '@' && c <= '~') {
		vt->nparams++;
		vt->state = VT_GROUND;
		vt_csi(vt, (char)c);
	} else {
		vt->state = VT_CSI_IGNORE;
	}
}

static void
set_charset(struct vt *vt, unsigned which, uint8_t c)
{
	vt->state = VT_GROUND;
	if (c == '0')
		vt->pen.charset[which] = VT_CHARSET_GRAPHICS;
	else if (c == 'U')
		vt->pen.charset[which] = VT_CHARSET_CP437;
	else if (c == 'B' || c == 'K')
		vt->pen.charset[which] = VT_CHARSET_LATIN1;
}

/*
 * OSC strings are skipped.  Linux's palette sequences have no end mark: ESC ]
 * P and seven digits, ESC ] R.
 */
static void
osc_byte(struct vt *vt, uint8_t c)
{
	bool end_of_palette = vt->intermediate == 'P' && vt->nparams == 7;

	if (vt->nparams == 0 && c == 'P')
		vt->intermediate = 'P';
	if (end_of_palette || (vt->nparams == 0 && c == 'R'))
		vt->state = VT_GROUND;
	vt->nparams++;
}

/* A byte of a sequence, after ESC. */
static void
sequence_byte(struct vt *vt, uint8_t c)
{
	switch (vt->state) {
	case VT_ESCAPE:
		escape(vt, c);
		vt->nparams = 0;
		break;
	case VT_CSI_START:
	case VT_CSI:
		csi_byte(vt, c);
		break;
	case VT_CSI_IGNORE:
		if (c >= '@' && c <= '~')
			vt->state = VT_GROUND;
		break;
	case VT_OSC:
		osc_byte(vt, c);
		break;
	case VT_STRING:
		break;
	case VT_SET_G0:
	case VT_SET_G1:
		set_charset(vt, vt->state == VT_SET_G1, c);
		break;
	case VT_HASH:
		if (c == '8')
			vt_fill(vt, 'E');
		vt->state = VT_GROUND;
		break;
	case VT_PERCENT:
		if (c == '@')
			vt->raw = true;
		else if (c == 'G' || c == '8')
			vt->raw = false;
		vt->state = VT_GROUND;
		break;
	default:
		vt->state = VT_GROUND;
		break;
	}
}

/* A printable byte on the ground: through the character set, or UTF-8. */
static void
text_byte(struct vt *vt, uint8_t c)
{
	enum vt_charset set = vt->font_437 ? VT_CHARSET_CP437
					   : vt->pen.charset[vt->pen.shift];
	uint32_t cp[2];
	unsigned n;

	if (vt->raw || (set != VT_CHARSET_LATIN1 && c < 0x80) || vt->font_437) {
		vt_put(vt, vt_charset_map(set, c));
		return;
	}
	n = utf8_feed(&vt->utf8, c, cp);
	for (unsigned i = 0; i < n; i++) {
		/* C1 controls arrive as two bytes; only CSI is used. */
		if (cp[i] == 0x9b)
			begin_csi(vt);
		else if (cp[i] < 0x80 || cp[i] >= 0xa0)
			vt_put(vt, cp[i]);
	}
}

/* A control character cuts a broken UTF-8 sequence short. */
static void
flush_utf8(struct vt *vt)
{
	if (vt->utf8.missing) {
		vt->utf8.missing = 0;
		vt_put(vt, UTF8_REPLACEMENT);
	}
}

/* ESC \ ends the string, which is true; ESC anything else begins anew. */
static bool
osc_ends(struct vt *vt, uint8_t c)
{
	if (vt->state != VT_OSC_ESCAPE)
		return false;
	vt->state = c == '\\' ? VT_GROUND : VT_ESCAPE;
	return c == '\\';
}

void
vt_write(struct vt *vt, const char *bytes, size_t n)
{
	for (; n; n--, bytes++) {
		uint8_t c = (uint8_t)*bytes;

		if (vt->state == VT_GROUND && c >= ' ' && c != 127) {
			text_byte(vt, c);
			continue;
		}
		flush_utf8(vt);
		if (!osc_ends(vt, c) && !control(vt, c))
			sequence_byte(vt, c);
	}
}
