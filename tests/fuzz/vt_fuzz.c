/* SPDX-License-Identifier: MIT */
/* fuzz: kernel/dev/vt.c kernel/dev/vt_parse.c kernel/dev/vt_csi.c kernel/dev/vt_charset.c kernel/lib/utf8.c kernel/lib/string.c */

/*
 * Whatever is written to the screen: the emulator stays inside its grid, and
 * its state keeps what dev/vt.h promises.  The first two bytes size the grid.
 */

#include <stdlib.h>

#include "dev/vt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vt vt;
	unsigned rows, cols;
	vt_cell_t *cells;

	if (size < 2)
		return 0;
	rows = data[0] % VT_ROWS_MAX + 1;
	cols = data[1] * 2 % VT_COLS_MAX + 1;
	cells = malloc((size_t)rows * cols * sizeof(*cells));
	vt_init(&vt, cells, rows, cols);
	vt_write(&vt, (const char *)data + 2, size - 2);
	require(vt.pen.x < cols && vt.pen.y < rows);
	require(vt.top < vt.bottom && vt.bottom <= rows);
	require(vt.nparams <= VT_PARAMS_MAX || vt.state == VT_OSC);
	require(vt.reply_size <= VT_REPLY_MAX);
	free(cells);
	return 0;
}
