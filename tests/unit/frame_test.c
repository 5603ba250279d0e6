/* SPDX-License-Identifier: MIT */
/* unit: @frames */

/*
 * frame_test.c - the frame allocator against a model that knows for each frame
 * who has it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "fake_ram.h"

enum {
	RAM_FRAMES = 16384, /* 64 MiB */
	BLOCKS = 2048,      /* held at once at most */
	ROUNDS = 200000,
	CPUS = 4,
};

struct block {
	struct frame *head;
	unsigned order;
	enum frame_kind kind;
};

static struct block held[BLOCKS];
static unsigned held_count;
static uint8_t taken[RAM_FRAMES]; /* by which kind; 0 = by nobody */
static uint64_t by_kind[FRAME_KINDS];
static uint64_t seed = 88172645463325252ULL;
static struct frame snapshot[RAM_FRAMES];
static unsigned ram_frames; /* under management */

static uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static size_t
slot_of(const struct frame *f)
{
	size_t i = frame_pfn(f) - (FAKE_RAM_BASE >> PAGE_SHIFT);

	assert_true(i < RAM_FRAMES);
	return i;
}

static void
model_take(const struct block *b)
{
	size_t first = slot_of(b->head), i;

	assert_int_equal(frame_pfn(b->head) & ((1UL << b->order) - 1), 0);
	for (i = 0; i < 1UL << b->order; i++) {
		assert_int_equal(taken[first + i], 0);
		taken[first + i] = b->kind;
	}
	by_kind[b->kind] += 1UL << b->order;
}

static void
model_drop(const struct block *b)
{
	memset(&taken[slot_of(b->head)], 0, 1UL << b->order);
	by_kind[b->kind] -= 1UL << b->order;
}

static void
check_zeroed(const struct block *b)
{
	const uint64_t *w = frame_data(b->head);
	size_t i;

	for (i = 0; i < (PAGE_SIZE << b->order) / 8; i += 61)
		assert_int_equal(w[i], 0);
}

static void
check_stats(void)
{
	struct frame_stats st;
	uint64_t used = 0;
	unsigned k;

	frame_stats(&st);
	for (k = FRAME_FREE + 1; k < FRAME_KINDS; k++) {
		assert_int_equal(st.by_kind[k], by_kind[k]);
		used += by_kind[k];
	}
	assert_int_equal(st.total, ram_frames);
	assert_int_equal(st.free, st.total - used);
}

static enum frame_kind
some_kind(void)
{
	return FRAME_KERNEL + rnd(FRAME_KINDS - FRAME_KERNEL);
}

static void
do_alloc(void)
{
	struct block b = { .kind = some_kind() };
	unsigned flags = rnd(2) ? FRAME_ZERO : FRAME_ANY;

	if (held_count == BLOCKS)
		return;
	b.order = rnd(4) ? 0 : rnd(FRAME_MAX_ORDER + 1);
	if (b.order == 0)
		b.head = frame_alloc(b.kind, flags);
	else
		b.head = frame_alloc_block(b.kind, b.order, flags);
	if (!b.head)
		return;
	assert_int_equal(refcount_read(&b.head->refs), 1);
	assert_int_equal(b.head->kind, b.kind);
	if (flags & FRAME_ZERO)
		check_zeroed(&b);
	memset(frame_data(b.head), 0xa5, PAGE_SIZE << b.order);
	model_take(&b);
	held[held_count++] = b;
}

static void
free_block(unsigned i)
{
	struct block b = held[i];

	held[i] = held[--held_count];
	model_drop(&b);
	if (b.order > 0)
		frame_free_block(b.head, b.order);
	else
		frame_put(b.head);
}

static void
do_split(void)
{
	unsigned i, n, order;
	struct frame *head;

	if (!held_count)
		return;
	i = rnd(held_count);
	order = held[i].order;
	head = held[i].head;
	if (held_count + (1u << order) > BLOCKS)
		return;
	frame_split_block(head, order);
	if (rnd(2)) {
		frame_join_block(head, order);
		assert_int_equal(refcount_read(&head->refs), 1);
		return;
	}
	held[i].order = 0;
	for (n = 1; n < 1u << order; n++) {
		assert_int_equal(refcount_read(&head[n].refs), 1);
		held[held_count++] =
			(struct block){ head + n, 0, held[i].kind };
	}
}

static void
free_everything(void)
{
	while (held_count)
		free_block(held_count - 1);
	for (fake_cpu = 0; fake_cpu < CPUS; fake_cpu++)
		frame_cache_drain();
	fake_cpu = 0;
}

static void
take_snapshot(struct frame *to)
{
	memcpy(to, frame_from_pfn(FAKE_RAM_BASE >> PAGE_SHIFT),
	       RAM_FRAMES * sizeof(*to));
}

/* Blocks must be what they were; their order in a list may differ. */
static void
check_merged_back(void)
{
	static struct frame now[RAM_FRAMES];
	unsigned i;

	take_snapshot(now);
	for (i = 0; i < RAM_FRAMES; i++) {
		assert_int_equal(now[i].listed, snapshot[i].listed);
		assert_int_equal(refcount_read(&now[i].refs), 0);
		if (now[i].listed)
			assert_int_equal(now[i].order, snapshot[i].order);
	}
}

static void
random_operations(void **state)
{
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		unsigned what = rnd(100);

		fake_cpu = rnd(50) ? fake_cpu : rnd(CPUS);
		/* Tides: fill up for a while, then empty. */
		if (what < (i / 20000 % 2 ? 35 : 60))
			do_alloc();
		else if (what < 95 && held_count)
			free_block(rnd(held_count));
		else if (what == 95)
			do_split();
		else if (what == 96)
			frame_cache_drain();
		else
			frame_idle_zero();
		if (i % 64 == 0)
			check_stats();
	}
	free_everything();
	check_stats();
	check_merged_back();
}

/* The kernel gets every last frame; programs leave some. */
static void
exhaustion(void **state)
{
	struct frame *list = NULL, *f;
	struct frame_stats st;
	uint64_t program = 0, n = 0;

	while (frame_idle_zero())
		;
	while ((f = frame_alloc(FRAME_ANON, FRAME_ZERO))) {
		*(struct frame **)frame_data(f) = list;
		list = f;
		n++;
	}
	program = n;
	assert_true(program < ram_frames && program > ram_frames * 9 / 10);
	assert_null(frame_alloc_block(FRAME_CACHE, 3, 0));
	while ((f = frame_alloc(FRAME_KERNEL, FRAME_ANY))) {
		*(struct frame **)frame_data(f) = list;
		list = f;
		n++;
	}
	assert_int_equal(n, ram_frames);
	frame_stats(&st);
	assert_int_equal(st.free, 0);
	while ((f = list)) {
		list = *(struct frame **)frame_data(f);
		frame_put(f);
	}
	free_everything();
	check_merged_back();
	check_stats();
}

static void
reclaim(void **state)
{
	paddr_t start = FAKE_RAM_BASE + (8UL << 20);

	/* Only whole frames: 255 of the 256, less the one cut at its end. */
	frame_reclaim(start + 1, start + (1UL << 20) - 1);
	ram_frames += 254;
	check_stats();
	frame_reclaim(0, 1UL << 20);
	frame_reclaim(5, 5);
	check_stats();
	take_snapshot(snapshot);
	random_operations(state);
}

static void
copy(void **state)
{
	struct frame *a = frame_alloc(FRAME_ANON, FRAME_ZERO);
	struct frame *b = frame_alloc(FRAME_ANON, FRAME_ANY);

	strcpy(frame_data(a), "umbra");
	frame_copy(b, a);
	assert_string_equal(frame_data(b), "umbra");
	assert_ptr_equal(frame_from_data((char *)frame_data(b) + 17), b);
	frame_put(a);
	frame_put(b);
	free_everything();
}

/* FREE 8 MiB | LOADER 1 | BOOT 3, then a gap | FREE to the end, and holes. */
static int
start(void **state)
{
	paddr_t mib = 1UL << 20, base = FAKE_RAM_BASE;
	paddr_t early;
	unsigned i;

	fake_ram_create(RAM_FRAMES << PAGE_SHIFT);
	fake_ram_range(base, 8 * mib, BOOT_MEM_FREE);
	fake_ram_range(base + 8 * mib, mib, BOOT_MEM_LOADER);
	fake_ram_range(base + 9 * mib, 3 * mib, BOOT_MEM_BOOT);
	fake_ram_range(base + 12 * mib, 3 * PAGE_SIZE, BOOT_MEM_FREE);
	fake_ram_range(base + 12 * mib + 3 * PAGE_SIZE, mib, BOOT_MEM_ACPI);
	fake_ram_range(base + 16 * mib + PAGE_SIZE, 48 * mib - PAGE_SIZE,
		       BOOT_MEM_FREE);
	frame_early_init(&fake_ram.bi);
	/* The largest range first; a request too large for it: the next. */
	early = frame_early_alloc(1);
	assert_int_equal(early, base + 16 * mib + PAGE_SIZE);
	assert_int_equal(frame_early_alloc(5), early + PAGE_SIZE);
	assert_int_equal(frame_early_alloc(47 * 256), early + 6 * PAGE_SIZE);
	assert_int_equal(frame_early_alloc(512), base);
	for (i = 0; i < 6; i++)
		memset((void *)(early + i * PAGE_SIZE), 0xee, PAGE_SIZE);
	frame_init(&fake_ram.bi);
	ram_frames = 8 * 256 - 512 + 3 * 256 + 3 + 48 * 256 - 1 - 6 - 47 * 256;
	check_stats();
	take_snapshot(snapshot);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations),
		cmocka_unit_test(exhaustion),
		cmocka_unit_test(copy),
		cmocka_unit_test(reclaim),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
