/* SPDX-License-Identifier: MIT */
#include <umbra/boot.h>

#include "arch/clock.h"
#include "core/klog.h"
#include "core/spinlock.h"
#include "core/timer.h"
#include "dev/console.h"
#include "dev/fb_draw.h"
#include "dev/vt.h"
#include "lib/string.h"

/*
 * dev/fb_console.c - the screen: terminal emulator, painter, video memory.
 *
 * The emulator works on a grid in RAM.  Painting compares the rows it touched
 * with what the screen shows, cell by cell, and draws those that differ; so
 * scrolling costs as much as the text on the screen, and video memory, slow to
 * write and far slower to read, is never read.
 *
 * Once timers work, a write paints only if the last painting is PAINT_GAP_NS
 * ago; otherwise a timer paints what has come together by then.  Before that,
 * in a panic, and where timers cannot be set (interrupts off: the caller may
 * hold their lock), every write paints at once, so that the last words of a
 * machine that hangs are on the screen.
 *
 * Locking: fb_lock (LOCK_CONSOLE) guards all of it; broken by panics.
 */

#define CELLS_MAX    20480
#define PAINT_GAP_NS (20 * NSEC_PER_MSEC)

/* In the grid of what is shown only: the cursor is drawn in this cell. */
#define SHOWN_CURSOR (1u << 30)
#define SHOWN_NEVER  (1u << 31) /* not drawn yet: differs from everything */

extern const uint8_t font_psf[], font_psf_end[];

static struct spinlock fb_lock = SPINLOCK_INIT(LOCK_CONSOLE, "screen");
static struct fb fb; /* [fb_lock] */
static struct psf font RO_AFTER_BOOT;
static struct vt vt;               /* [fb_lock] */
static vt_cell_t cells[CELLS_MAX]; /* [fb_lock] as it should look */
static vt_cell_t shown[CELLS_MAX]; /* [fb_lock] as it looks */
static uint64_t painted_ns;        /* [fb_lock] last painting */
static bool present RO_AFTER_BOOT;
static atomic_bool use_timer;     /* [a] timers work */
static atomic_bool timer_pending; /* [a] paint_timer is set */
static struct timer paint_timer;
static console_input_fn *input RO_AFTER_BOOT;

static void
draw_cell(unsigned x, unsigned y, vt_cell_t cell)
{
	uint32_t cp = cell & VT_CELL_CHAR;
	struct fb_glyph g = {
		.fg = cell >> VT_CELL_FG_SHIFT & 15,
		.bg = cell >> VT_CELL_BG_SHIFT & 15,
		.underline = cell & VT_CELL_UNDERLINE,
		.cursor = cell & SHOWN_CURSOR,
	};

	/* Code 0 is the right half of a wide character: left blank. */
	g.rows = psf_glyph(&font, cp ? cp : ' ');
	if (vt.modes & VT_REVERSE) {
		uint8_t swap = g.fg;

		g.fg = g.bg;
		g.bg = swap;
	}
	fb_draw(&fb, &font, x, y, &g);
}

static void
paint_row(unsigned y)
{
	vt_cell_t *want = cells + (size_t)y * vt.cols;
	vt_cell_t *is = shown + (size_t)y * vt.cols;
	unsigned cursor = vt.cols;

	if ((vt.modes & VT_CURSOR) && y == vt.pen.y)
		cursor = vt.pen.x;
	for (unsigned x = 0; x < vt.cols; x++) {
		vt_cell_t cell = want[x];

		if (x == cursor)
			cell |= SHOWN_CURSOR;
		if (cell == is[x])
			continue;
		is[x] = cell;
		draw_cell(x, y, cell);
	}
}

static void
paint(void)
{
	static unsigned reverse; /* [fb_lock] VT_REVERSE as it is shown */

	if (reverse != (vt.modes & VT_REVERSE)) {
		reverse = vt.modes & VT_REVERSE;
		for (size_t i = 0; i < CELLS_MAX; i++)
			shown[i] = SHOWN_NEVER;
	}
	for (unsigned y = 0; y < vt.rows; y++) {
		if (vt_row_dirty(&vt, y))
			paint_row(y);
	}
	memset(vt.dirty, 0, sizeof(vt.dirty));
	painted_ns = clock_now_ns();
}

static unsigned long
fb_enter(void) NO_LOCK_ANALYSIS
{
	if (klog_in_panic())
		return 0;
	return spin_lock_irq(&fb_lock);
}

static void
fb_leave(unsigned long irq) NO_LOCK_ANALYSIS
{
	if (!klog_in_panic())
		spin_unlock_irq(&fb_lock, irq);
}

static void
paint_later(UNUSED struct timer *t)
{
	unsigned long irq = fb_enter();

	atomic_store(&timer_pending, false);
	paint();
	fb_leave(irq);
}

/* Write, and take what the emulator answers to queries; returns its size. */
static size_t
write_and_paint(const char *bytes, size_t n, char reply[VT_REPLY_MAX])
{
	bool may_defer =
		atomic_load(&use_timer) && irq_enabled() && !klog_in_panic();
	unsigned long irq = fb_enter();
	size_t reply_size;
	uint64_t due = 0;

	vt_write(&vt, bytes, n);
	reply_size = vt.reply_size;
	memcpy(reply, vt.reply, reply_size);
	vt.reply_size = 0;
	if (may_defer && clock_now_ns() - painted_ns < PAINT_GAP_NS)
		due = painted_ns + PAINT_GAP_NS;
	else
		paint();
	fb_leave(irq);
	if (due && !atomic_exchange(&timer_pending, true))
		timer_set(&paint_timer, due);
	return reply_size;
}

void
fb_console_write(const char *bytes, size_t n)
{
	char reply[VT_REPLY_MAX];
	size_t size;

	if (!present)
		return;
	size = write_and_paint(bytes, n, reply);
	if (size && input)
		input(reply, size);
}

void
fb_console_echo(const char *bytes, size_t n)
{
	char reply[VT_REPLY_MAX];

	if (present)
		(void)write_and_paint(bytes, n, reply);
}

static void
log_write(UNUSED struct klog_console *c, const char *bytes, size_t n)
{
	console_write_lines(fb_console_echo, bytes, n);
}

static struct klog_console fb_klog_console = {
	.name = "tty0",
	.write = log_write,
};

/* As many cells as the screen has room for and we have memory for. */
static void
make_grid(void)
{
	unsigned rows = fb.height / (font.height * fb.scale);
	unsigned cols = fb.width / (font.width * fb.scale);

	cols = MIN(cols, (unsigned)VT_COLS_MAX);
	rows = MIN(rows, (unsigned)VT_ROWS_MAX);
	if (cols)
		rows = MIN(rows, CELLS_MAX / cols);
	if (!rows || !cols)
		return;
	vt_init(&vt, cells, rows, cols);
	for (size_t i = 0; i < CELLS_MAX; i++)
		shown[i] = ' ' | 7u << VT_CELL_FG_SHIFT;
	fb_clear(&fb);
	present = true;
}

void
fb_console_init(const struct boot_framebuffer *info, void *fb_va)
{
	if (!info || !fb_init(&fb, info, fb_va))
		return;
	if (!psf_parse(&font, font_psf, (size_t)(font_psf_end - font_psf))) {
		klog(KLOG_ERR, "screen: the font is damaged");
		return;
	}
	timer_init(&paint_timer, paint_later);
	make_grid();
	if (present)
		klog_console_add(&fb_klog_console);
}

bool
fb_console_present(void)
{
	return present;
}

void
fb_console_size(unsigned *rows, unsigned *cols)
{
	*rows = vt.rows;
	*cols = vt.cols;
}

void
fb_console_set_input(console_input_fn *fn)
{
	input = fn;
}

void
fb_console_use_timer(void)
{
	atomic_store(&use_timer, true);
}

unsigned
fb_console_modes(void)
{
	return vt.modes;
}
