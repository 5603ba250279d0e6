/* SPDX-License-Identifier: MIT */
/* fuzz: userspace/init/unit_file.c userspace/init/words.c */
/*
 * unit_file_fuzz.c - any bytes as a unit file.
 */
#include "../../userspace/init/unit_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
hear(void *context, unsigned line, const char *what)
{
	*(unsigned *)context += line > 0 && *what;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned complaints = 0;
	struct unit u;
	int err = unit_parse(&u, (const char *)data, size, hear, &complaints);

	if (err && !complaints)
		abort();
	if (!err && (!u.exec.count || u.exec.word[0][0] != '/'))
		abort();
	unit_fini(&u);
	return 0;
}
