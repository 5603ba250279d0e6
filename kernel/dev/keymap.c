/* SPDX-License-Identifier: MIT */
#include "dev/keymap.h"

#include "lib/string.h"

/*
 * dev/keymap.c - a press is a code below 80h, its release the same code with
 * bit 7; keys that came later than the PC/XT have E0h before them.
 */

enum key {
	KEY_ESC = 0x01,
	KEY_BACKSPACE = 0x0e,
	KEY_TAB = 0x0f,
	KEY_ENTER = 0x1c,
	KEY_CTRL = 0x1d,
	KEY_LEFT_SHIFT = 0x2a,
	KEY_RIGHT_SHIFT = 0x36,
	KEY_KP_STAR = 0x37,
	KEY_ALT = 0x38,
	KEY_CAPS_LOCK = 0x3a,
	KEY_F1 = 0x3b,
	KEY_F10 = 0x44,
	KEY_NUM_LOCK = 0x45,
	KEY_KP_FIRST = 0x47,
	KEY_KP_LAST = 0x53,
	KEY_F11 = 0x57,
	KEY_F12 = 0x58,
	KEY_RELEASED = 0x80,
	KEY_EXTENDED = 0xe0,
	KEY_PAUSE = 0xe1,
};

/* From 02h (the key 1) to 35h (the key /); 0 = no character. */
static const char plain[] = "1234567890-=\0\tqwertyuiop[]\0\0asdfghjkl;'`\0"
			    "\\zxcvbnm,./";
static const char shifted[] = "!@#$%^&*()_+\0\tQWERTYUIOP{}\0\0ASDFGHJKL:\"~\0"
			      "|ZXCVBNM<>?";

/* Keypad 47h .. 53h with Num Lock, and the function keys F1 .. F12. */
static const char keypad[] = "789-456+1230.";
static const char *const functions[] = {
	"\033[[A",  "\033[[B",  "\033[[C",  "\033[[D",  "\033[[E",  "\033[17~",
	"\033[18~", "\033[19~", "\033[20~", "\033[21~", "\033[23~", "\033[24~",
};

/* The keypad without Num Lock, and the keys of their own: 47h .. 53h. */
static const char *const motions[] = {
	"\033[1~", "\033[A",  "\033[5~", NULL,      "\033[D",
	"\033[G",  "\033[C",  NULL,      "\033[4~", "\033[B",
	"\033[6~", "\033[2~", "\033[3~",
};

static size_t
put(char out[KEYMAP_BYTES], const char *text)
{
	size_t n = strlen(text);

	memcpy(out, text, n);
	return n;
}

/* A modifier's press or release; false if it is none. */
static bool
modifier(struct keymap *k, uint8_t key, bool down)
{
	switch (key) {
	case KEY_LEFT_SHIFT:
		/* E0 2A is not a shift: some keys send it around others. */
		if (!k->extended)
			k->left_shift = down;
		return true;
	case KEY_RIGHT_SHIFT:
		if (!k->extended)
			k->right_shift = down;
		return true;
	case KEY_CTRL:
		*(k->extended ? &k->right_ctrl : &k->left_ctrl) = down;
		return true;
	case KEY_ALT:
		*(k->extended ? &k->right_alt : &k->left_alt) = down;
		return true;
	case KEY_CAPS_LOCK:
		k->caps_lock ^= down;
		return true;
	case KEY_NUM_LOCK:
		k->num_lock ^= down;
		return true;
	default:
		return false;
	}
}

/* Control with a character: as every ASCII terminal has it. */
static char
control(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 1);
	if (c >= '@' && c <= '_')
		return (char)(c - '@');
	switch (c) {
	case '2':
	case ' ':
		return 0;
	case '3':
		return 27;
	case '4':
		return 28;
	case '5':
		return 29;
	case '6':
	case '~':
	case '`':
		return 30;
	case '7':
	case '/':
	case '-':
		return 31;
	case '8':
	case '?':
		return 127;
	default:
		return c;
	}
}

/* A character, with Alt as a leading escape. */
static size_t
put_char(const struct keymap *k, char c, char out[KEYMAP_BYTES])
{
	size_t n = 0;

	if (k->left_alt || k->right_alt)
		out[n++] = '\033';
	if (k->left_ctrl || k->right_ctrl)
		c = control(c);
	out[n++] = c;
	return n;
}

/* Arrows change with DECCKM: ESC [ A or ESC O A. */
static size_t
put_motion(const struct keymap *k, uint8_t key, char out[KEYMAP_BYTES])
{
	const char *text = motions[key - KEY_KP_FIRST];
	size_t n;

	if (!text)
		return 0;
	n = put(out, text);
	if (k->app_cursor && n == 3 && out[2] <= 'D')
		out[1] = 'O';
	return n;
}

static size_t
press_keypad(const struct keymap *k, uint8_t key, char out[KEYMAP_BYTES])
{
	char c = keypad[key - KEY_KP_FIRST];

	if (k->extended)
		return put_motion(k, key, out);
	if (c == '-' || c == '+' || k->num_lock)
		return put_char(k, c, out);
	return put_motion(k, key, out);
}

static size_t
press_text(const struct keymap *k, uint8_t key, char out[KEYMAP_BYTES])
{
	bool shift = k->left_shift || k->right_shift;
	char c;

	/* Extended, only the keypad's slash has a character. */
	if (key < 2 || (k->extended && key != 0x35))
		return 0;
	c = plain[key - 2];
	if (k->caps_lock && c >= 'a' && c <= 'z')
		shift = !shift;
	if (shift && !k->extended)
		c = shifted[key - 2];
	if (!c)
		return 0;
	if (c == '\t' && shift)
		return put(out, "\033[Z");
	return put_char(k, c, out);
}

static size_t
press(const struct keymap *k, uint8_t key, char out[KEYMAP_BYTES])
{
	if (key == KEY_ENTER)
		return put_char(k, '\r', out);
	if (key >= KEY_KP_FIRST && key <= KEY_KP_LAST)
		return press_keypad(k, key, out);
	if (key <= 0x35 && key != KEY_ESC && key != KEY_BACKSPACE)
		return press_text(k, key, out);
	if (k->extended)
		return 0;
	if (key == KEY_ESC)
		return put_char(k, '\033', out);
	if (key == KEY_BACKSPACE)
		return put_char(k, 127, out);
	if (key == KEY_KP_STAR)
		return put_char(k, '*', out);
	if (key == 0x39)
		return put_char(k, ' ', out);
	if (key >= KEY_F1 && key <= KEY_F10)
		return put(out, functions[key - KEY_F1]);
	if (key == KEY_F11 || key == KEY_F12)
		return put(out, functions[10 + key - KEY_F11]);
	return 0;
}

size_t
keymap_feed(struct keymap *k, uint8_t code, char out[KEYMAP_BYTES])
{
	uint8_t key = code & 0x7f;
	size_t n = 0;

	if (k->skip) {
		k->skip--;
		return 0;
	}
	if (code == KEY_EXTENDED) {
		k->extended = true;
		return 0;
	}
	if (code == KEY_PAUSE) {
		k->skip = 2;
		return 0;
	}
	if (!modifier(k, key, !(code & KEY_RELEASED)) && !(code & KEY_RELEASED))
		n = press(k, key, out);
	k->extended = false;
	return n;
}
