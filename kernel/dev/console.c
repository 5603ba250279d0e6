/* SPDX-License-Identifier: MIT */
#include "dev/console.h"

void
console_write_lines(void (*write)(const char *bytes, size_t n),
		    const char *bytes, size_t n)
{
	size_t start = 0;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			continue;
		write(bytes + start, i - start);
		write("\r\n", 2);
		start = i + 1;
	}
	write(bytes + start, n - start);
}
