/* SPDX-License-Identifier: MIT */
/* fuzz: kernel/dev/psf.c kernel/lib/utf8.c kernel/lib/string.c */

/* Whatever the file: a font that is accepted has every glyph it promises. */

#include <stdlib.h>

#include "dev/psf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t asked[] = { 0, 'A', 0xe9, 0x2500, 0x10ffff };
	static struct psf font;
	volatile uint8_t sum = 0;

	if (!psf_parse(&font, data, size))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		const uint8_t *rows = psf_glyph(&font, asked[i]);

		if (rows < data || rows >= data + size)
			abort();
		for (size_t k = 0; k < (size_t)font.height * font.row_bytes;
		     k++)
			sum = (uint8_t)(sum + rows[k]);
	}
	return 0;
}
