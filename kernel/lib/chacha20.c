/* SPDX-License-Identifier: MIT */
#include "lib/chacha20.h"
#include "lib/string.h"

static inline uint32_t
rotate(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static inline void
quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 12);
	*a += *b;
	*d = rotate(*d ^ *a, 8);
	*c += *d;
	*b = rotate(*b ^ *c, 7);
}

static void
double_round(uint32_t x[16])
{
	for (unsigned i = 0; i < 4; i++)
		quarter_round(&x[i], &x[i + 4], &x[i + 8], &x[i + 12]);
	for (unsigned i = 0; i < 4; i++)
		quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4],
			      &x[12 + (i + 3) % 4]);
}

/* The machine is little-endian, and so is the cipher. */
void
chacha20_block(uint8_t out[CHACHA20_BLOCK], const uint8_t key[CHACHA20_KEY],
	       const uint8_t input[CHACHA20_INPUT])
{
	static const char constant[16] = "expand 32-byte k";
	uint32_t start[16], x[16];

	memcpy(start, constant, 16);
	memcpy(start + 4, key, CHACHA20_KEY);
	memcpy(start + 12, input, CHACHA20_INPUT);
	memcpy(x, start, sizeof(x));
	for (unsigned i = 0; i < 10; i++)
		double_round(x);
	for (unsigned i = 0; i < 16; i++)
		x[i] += start[i];
	memcpy(out, x, CHACHA20_BLOCK);
}
