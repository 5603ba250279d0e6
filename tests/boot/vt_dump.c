/* SPDX-License-Identifier: MIT */
/*
 * vt_dump.c - a screen after what comes from standard input: the kernel's
 * terminal emulator as a filter.
 *
 * Usage: vt_dump ROWS COLS; prints the rows, trailing blanks dropped, and the
 * cursor's place as "Y X", from 0.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dev/vt.h"

static vt_cell_t cells[VT_ROWS_MAX * VT_COLS_MAX];
static struct vt vt;

static void
print_utf8(uint32_t cp)
{
	if (cp < 0x80) {
		putchar((int)cp);
	} else if (cp < 0x800) {
		putchar((int)(0xc0 | cp >> 6));
		putchar((int)(0x80 | (cp & 0x3f)));
	} else {
		putchar((int)(0xe0 | cp >> 12));
		putchar((int)(0x80 | (cp >> 6 & 0x3f)));
		putchar((int)(0x80 | (cp & 0x3f)));
	}
}

static void
print_row(const vt_cell_t *row, unsigned cols)
{
	while (cols && (row[cols - 1] & VT_CELL_CHAR) == ' ')
		cols--;
	for (unsigned x = 0; x < cols; x++)
		print_utf8(row[x] & VT_CELL_CHAR);
	putchar('\n');
}

int
main(int argc, char **argv)
{
	unsigned rows = argc > 2 ? (unsigned)atoi(argv[1]) : 24;
	unsigned cols = argc > 2 ? (unsigned)atoi(argv[2]) : 80;
	char buf[4096];
	size_t n;

	if (!rows || !cols || rows > VT_ROWS_MAX || cols > VT_COLS_MAX)
		return 2;
	vt_init(&vt, cells, rows, cols);
	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		vt_write(&vt, buf, n);
	for (unsigned y = 0; y < rows; y++)
		print_row(cells + y * cols, cols);
	printf("%u %u\n", vt.pen.y, vt.pen.x);
	return 0;
}
