/* SPDX-License-Identifier: MIT */
#include "firmware/aml_s5.h"

#include "lib/string.h"

/*
 * firmware/aml_s5.c - finding \_S5 without an interpreter.
 *
 * Bytecode is scanned for a definition of that name as a package of constants,
 * which is how compilers write it:
 *
 *	NameOp [\] _S5_ PackageOp PkgLength NumElements element element ...
 *
 * Source: ACPI 6.5, 7.4.2, 20.2.4 (PkgLength), 20.2.5.
 */

#define AML_ZERO       0x00
#define AML_ONE        0x01
#define AML_NAME       0x08
#define AML_BYTE       0x0a
#define AML_WORD       0x0b
#define AML_DWORD      0x0c
#define AML_PACKAGE    0x12
#define SLEEP_TYPE_MAX 7

/* What is left to read. */
struct cursor {
	const uint8_t *p;
	size_t left;
};

static bool
next(struct cursor *c, uint8_t *out)
{
	if (c->left == 0)
		return false;
	*out = *c->p++;
	c->left--;
	return true;
}

static bool
skip(struct cursor *c, size_t n)
{
	if (c->left < n)
		return false;
	c->p += n;
	c->left -= n;
	return true;
}

/* A small constant; wider ones must have their upper bytes zero. */
static bool
constant(struct cursor *c, uint8_t *out)
{
	unsigned extra = 0;
	uint8_t op, byte;

	if (!next(c, &op))
		return false;
	if (op == AML_ZERO || op == AML_ONE) {
		*out = op;
		return true;
	}
	if (op == AML_WORD)
		extra = 1;
	else if (op == AML_DWORD)
		extra = 3;
	else if (op != AML_BYTE)
		return false;
	if (!next(c, out))
		return false;
	while (extra-- > 0) {
		if (!next(c, &byte) || byte != 0)
			return false;
	}
	return true;
}

/* At what follows the name. */
static bool
package(struct cursor *c, uint8_t *a, uint8_t *b)
{
	uint8_t op, lead, elements;

	if (!next(c, &op) || op != AML_PACKAGE || !next(c, &lead) ||
	    !skip(c, lead >> 6) || !next(c, &elements) || elements < 1)
		return false;
	if (!constant(c, a) || *a > SLEEP_TYPE_MAX)
		return false;
	*b = *a;
	if (elements > 1 && (!constant(c, b) || *b > SLEEP_TYPE_MAX))
		return false;
	return true;
}

static bool
is_definition(const uint8_t *code, size_t at)
{
	if (at >= 1 && code[at - 1] == AML_NAME)
		return true;
	return at >= 2 && code[at - 1] == '\\' && code[at - 2] == AML_NAME;
}

bool
aml_find_s5(const uint8_t *code, size_t n, uint8_t *a, uint8_t *b)
{
	size_t at;

	for (at = 0; at + 4 < n; at++) {
		struct cursor c = { code + at + 4, n - at - 4 };

		if (memcmp(code + at, "_S5_", 4) == 0 &&
		    is_definition(code, at) && package(&c, a, b))
			return true;
	}
	return false;
}
