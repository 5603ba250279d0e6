/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/keymap.h - from key codes (scan code set 1) to the bytes a terminal
 * sends: US layout, Linux console escapes.  Pure.
 * Source: man 4 console_codes; the key strings of terminfo's "linux".
 */

#include "lib/types.h"

#define KEYMAP_BYTES 8 /* the longest answer */

struct keymap {
	bool left_shift, right_shift;
	bool left_ctrl, right_ctrl;
	bool left_alt, right_alt;
	bool caps_lock, num_lock;
	bool extended;   /* E0 came */
	uint8_t skip;    /* bytes of a Pause sequence still to ignore */
	bool app_cursor; /* as the terminal has it: set by the owner */
	bool app_keypad;
};

/* Take one byte of the keyboard; returns the bytes put into out. */
size_t keymap_feed(struct keymap *k, uint8_t code, char out[KEYMAP_BYTES]);
