/* SPDX-License-Identifier: MIT */
/* unit: @tree */

/*
 * tree_test.c - the page-table tree against a naive model.
 *
 * The model of a space is an array of pages, copied whole when a space is
 * cloned.  Random operations go to both; what programs would read is compared
 * through CPUs that cache translations (tree_machine.h), and now and then every
 * count of every frame against the sum of all entries of all trees.
 *
 * UNIT_OPS: how many operations (300000); UNIT_SEED: which ones.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "tree_machine.h"

enum {
	SPACES = 8,
	PAGES = 2688, /* sum of the windows */
	OBJECT_PAGES = 24,
	PINS = 8,
	ROOM = 3000, /* frames kept free so that only told failures happen */
};

/* Pages the model knows of, chosen so that every kind of border is inside. */
static const struct window {
	vaddr_t base;
	unsigned pages;
	bool huge;
} windows[] = {
	{ 0x10000, 16, false },                          /* lowest */
	{ (1UL << 21) * 5 - 16 * PAGE_SIZE, 32, false }, /* two nodes */
	{ (1UL << 30) - 16 * PAGE_SIZE, 32, false },     /* level 1 */
	{ (1UL << 39) - 16 * PAGE_SIZE, 32, false },     /* level 2 */
	{ 0x555500000000, 3 * 512, true },               /* 3 huge */
	{ 0x7f0040000000 - HUGE_SIZE, 2 * 512, true },   /* across 1 GiB */
	{ USER_TOP - 16 * PAGE_SIZE, 16, false },        /* highest */
};

enum page_state {
	NONE,
	PRIVATE,
	FILE_PRIVATE,
	SHARED
};

struct page {
	uint64_t value; /* PRIVATE: what it holds */
	uint8_t state;  /* enum page_state */
	uint8_t prot;   /* what the area allows */
	uint8_t object; /* FILE_PRIVATE, SHARED: page of the object */
};

struct space {
	bool live;
	struct tree tree;
	struct page page[PAGES];
};

struct object_page {
	struct frame *frame;
	uint64_t value;
	bool written; /* through a mapping, and FRAME_DIRTY not seen yet */
};

struct pin {
	struct frame *frame; /* NULL: free */
	bool fixed;          /* nobody may write it any more */
	uint64_t value;      /* if fixed: what it holds */
	struct space *space; /* whose page must stay this frame; or NULL */
	unsigned page;
};

static struct space spaces[SPACES];
static struct object_page object[OBJECT_PAGES];
static struct pin pins[PINS];
static vaddr_t va_of[PAGES];
static unsigned window_start[ARRAY_SIZE(windows) + 1];
static uint64_t rng = 88172645463325252ULL;
static uint64_t next_value = 1;
static unsigned long done[16]; /* operations that succeeded, by kind */

static unsigned
pick(unsigned n)
{
	return (unsigned)(fake_random(&rng) >> 33) % n;
}

static unsigned
pick_prot(void)
{
	return (pick(4) ? PTE_WRITE_OK : 0) | (pick(2) ? PTE_EXEC_OK : 0);
}

/* What mprotect may ask for. */
static unsigned
pick_protect(void)
{
	return pick(8) ? pick_prot() : PTE_NONE;
}

/* Mostly near borders, so that operations meet. */
static unsigned
pick_page(void)
{
	unsigned w = pick(ARRAY_SIZE(windows));
	unsigned i = pick(windows[w].pages);

	if (windows[w].huge && pick(8))
		i = ((i / 64) * 64 + pick(5) + windows[w].pages - 2) %
		    windows[w].pages;
	return window_start[w] + i;
}

/* One that s has, if it is found soon. */
static unsigned
pick_used_page(const struct space *s)
{
	unsigned tries = 8, i;

	do
		i = pick_page();
	while (s->page[i].state == NONE && tries--);
	return i;
}

static struct space *
pick_space(void)
{
	unsigned i = pick(SPACES);

	while (!spaces[i].live)
		i = (i + 1) % SPACES;
	return &spaces[i];
}

static uint64_t
page_value(const struct page *p)
{
	return p->state == PRIVATE ? p->value : object[p->object].value;
}

static void
fill(struct frame *f, uint64_t value)
{
	uint64_t *word = frame_data(f);

	word[0] = word[511] = value;
}

static bool
holds(struct frame *f, uint64_t value)
{
	uint64_t *word = frame_data(f);

	return word[0] == value && word[511] == value;
}

/* --- checks --------------------------------------------------------------- */

static struct frame *
leaf_frame(pte_t pte, unsigned level, vaddr_t va)
{
	return frame_from_pfn(pte_pfn(pte)) + va % pte_span(level) / PAGE_SIZE;
}

/* What the tables say of one page must be what the model says. */
static void
check_page(const struct space *s, unsigned i)
{
	const struct page *p = &s->page[i];
	struct truth t = machine_truth(s->tree.mmu.root, va_of[i], 0);
	struct tree_slot slot = tree_lookup(&s->tree, va_of[i]);

	if (p->state == NONE) {
		assert_true(t.pte == 0 && slot.pte == 0);
		return;
	}
	assert_true(t.pte && (t.pte & ~PTE_A) == (slot.pte & ~PTE_A));
	assert_int_equal(t.level, slot.level);
	assert_true(holds(leaf_frame(t.pte, t.level, va_of[i]), page_value(p)));
	assert_true(!t.write || (p->prot & PTE_WRITE_OK));
	assert_int_equal(!pte_present(t.pte), p->prot == PTE_NONE);
	assert_int_equal(pte_executable(t.pte), !!(p->prot & PTE_EXEC_OK));
	assert_true(!t.write || p->state != FILE_PRIVATE);
}

static void
check_spaces(void)
{
	unsigned i, k;
	uint64_t resident;

	for (k = 0; k < SPACES; k++) {
		if (!spaces[k].live)
			continue;
		for (i = 0, resident = 0; i < PAGES; i++) {
			check_page(&spaces[k], i);
			resident += spaces[k].page[i].state != NONE;
		}
		assert_int_equal(resident, spaces[k].tree.resident);
		tree_check(&spaces[k].tree);
	}
}

static unsigned expect_refs[FAKE_FRAMES], expect_huge[FAKE_FRAMES];
static unsigned expect_out;

static void
expect(struct frame *f)
{
	expect_out += expect_refs[fake_pfn(f)]++ == 0;
}

static void
count_huge(struct frame *head)
{
	unsigned i;

	if (expect_huge[fake_pfn(head)]++)
		return;
	for (i = 0; i < FAKE_BLOCK; i++)
		expect(&head[i]);
}

static void
count_node(struct frame *node, unsigned level)
{
	_Atomic pte_t *slot = frame_data(node);
	unsigned n = level == PTE_LEVELS - 1 ? KERNEL_HALF : PTE_PER_NODE, i;

	for (i = 0; i < n; i++) {
		pte_t pte = slot[i];
		struct frame *f = frame_from_pfn(pte_pfn(pte));

		if (!pte)
			continue;
		if (level == 1 && pte_is_leaf(pte, level)) {
			count_huge(f);
			continue;
		}
		expect(f);
		if (level > 0 && expect_refs[fake_pfn(f)] == 1)
			count_node(f, level - 1);
		/* Strict here, where no other CPU is half-way: even below
		 * shared nodes a write bit means a single reference. */
	}
	for (; i < PTE_PER_NODE; i++)
		assert_true(slot[i] == kernel_half_entry(i));
}

static void
check_write_bits(struct frame *node, unsigned level)
{
	_Atomic pte_t *slot = frame_data(node);
	unsigned n = level == PTE_LEVELS - 1 ? KERNEL_HALF : PTE_PER_NODE, i;

	for (i = 0; i < n; i++) {
		pte_t pte = slot[i];
		struct frame *f = frame_from_pfn(pte_pfn(pte));

		if (!pte)
			continue;
		if (pte_writable(pte) && f->kind != FRAME_CACHE &&
		    !(level == 1 && pte_is_leaf(pte, level)))
			assert_int_equal(expect_refs[fake_pfn(f)],
					 1 + f->pins * (level == 0));
		if (!pte_is_leaf(pte, level))
			check_write_bits(f, level - 1);
	}
}

/* Every count of every frame. */
static void
check_counts(void)
{
	unsigned i;

	memset(expect_refs, 0, sizeof(expect_refs));
	memset(expect_huge, 0, sizeof(expect_huge));
	expect_out = 0;
	for (i = 0; i < OBJECT_PAGES; i++)
		expect(object[i].frame);
	for (i = 0; i < PINS; i++)
		if (pins[i].frame)
			expect(pins[i].frame);
	for (i = 0; i < SPACES; i++) {
		if (!spaces[i].live)
			continue;
		expect(spaces[i].tree.root);
		count_node(spaces[i].tree.root, PTE_LEVELS - 1);
	}
	assert_int_equal(expect_out, fake_out);
	for (i = 0; i < FAKE_FRAMES; i++) {
		struct frame *f = frame_from_pfn(FAKE_BASE / PAGE_SIZE + i);

		assert_int_equal(refcount_read(&f->refs), expect_refs[i]);
		if (f->kind != FRAME_ANON)
			continue;
		assert_int_equal(f->huge_refs, expect_huge[i]);
		assert_int_equal(!!(f->bits & FRAME_HUGE), !!expect_huge[i]);
		if (f->pins)
			assert_true(expect_refs[i] <= 1 + f->pins);
	}
	for (i = 0; i < SPACES; i++)
		if (spaces[i].live)
			check_write_bits(spaces[i].tree.root, PTE_LEVELS - 1);
}

/* A page written through a mapping is known as dirty when no tree has it. */
static void
check_dirty(void)
{
	unsigned i;

	for (i = 0; i < OBJECT_PAGES; i++) {
		struct object_page *o = &object[i];
		unsigned bits;

		if (refcount_read(&o->frame->refs) != 1)
			continue;
		bits = atomic_fetch_and(&o->frame->bits, (uint8_t)~FRAME_DIRTY);
		assert_int_equal(!!(bits & FRAME_DIRTY), o->written);
		o->written = false;
	}
}

/* The page at which a pin was taken is something else now. */
static void
detach(struct space *s, unsigned first, unsigned n)
{
	unsigned i;

	for (i = 0; i < PINS; i++)
		if (pins[i].frame && pins[i].space == s &&
		    pins[i].page >= first && pins[i].page < first + n)
			pins[i].space = NULL;
}

/*
 * What was pinned without write permission, or has lost its last mapping, may
 * not change; and the pinner's page is the pinned frame, whoever forks.
 */
static void
check_pins(void)
{
	unsigned i;

	for (i = 0; i < PINS; i++) {
		struct pin *p = &pins[i];

		if (!p->frame)
			continue;
		if (p->fixed)
			assert_true(holds(p->frame, p->value));
		if (p->space) {
			struct truth t = machine_truth(p->space->tree.mmu.root,
						       va_of[p->page], 0);

			assert_ptr_equal(
				leaf_frame(t.pte, t.level, va_of[p->page]),
				p->frame);
		} else if (p->frame->kind == FRAME_ANON && !p->fixed &&
			   refcount_read(&p->frame->refs) == p->frame->pins) {
			p->fixed = true;
			p->value = *(uint64_t *)frame_data(p->frame);
		}
	}
}

/* --- operations ----------------------------------------------------------- */

/* A CPU that has s loaded. */
static unsigned
cpu_with(struct space *s)
{
	unsigned i = pick(CPUS);

	if (cpus[i].ctx != &s->tree.mmu)
		cpu_load(i, &s->tree.mmu);
	return i;
}

static bool
op_map(struct space *s)
{
	unsigned i = pick_page(), flags = 0;
	struct page p = { 0, PRIVATE, pick_prot(), pick(OBJECT_PAGES) };
	struct frame *f;
	int err;

	if (pick(3) == 0)
		p.state = pick(2) ? SHARED : FILE_PRIVATE;
	if (p.state == PRIVATE) {
		f = frame_alloc(FRAME_ANON, 0);
		if (!f)
			return false;
		p.value = next_value++;
		fill(f, p.value);
	} else {
		f = object[p.object].frame;
		frame_get(f);
		flags = p.state == SHARED ? TREE_SHARED : 0;
	}
	err = tree_map(&s->tree, va_of[i], f, p.prot, flags);
	if (s->page[i].state != NONE)
		assert_int_equal(err, -EEXIST);
	else if (err)
		assert_int_equal(err, -ENOMEM);
	if (err)
		frame_put(f);
	else
		s->page[i] = p;
	return !err;
}

/* Pages of the object over a stretch that may have some already. */
static bool
op_map_run(struct space *s)
{
	unsigned first = pick_page(), n, k, empty = 0;
	struct page p = { 0, pick(2) ? SHARED : FILE_PRIVATE, pick_prot(), 0 };
	struct frame *frames[16];
	int mapped;

	for (n = 0; n < 16 && first + n < PAGES &&
		    va_of[first + n] / HUGE_SIZE == va_of[first] / HUGE_SIZE;
	     n++) {
		frames[n] = pick(4) ? object[n].frame : NULL;
		if (frames[n])
			frame_get(frames[n]);
		empty += frames[n] && s->page[first + n].state == NONE;
	}
	mapped = tree_map_run(&s->tree, va_of[first], frames, n, p.prot,
			      p.state == SHARED ? TREE_SHARED : 0);
	if (mapped < 0)
		assert_int_equal(mapped, -ENOMEM);
	else
		assert_int_equal(mapped, empty);
	for (k = 0; k < n; k++) {
		p.object = (uint8_t)k;
		if (frames[k])
			frame_put(frames[k]);
		else if (mapped > 0 && s->page[first + k].state == NONE &&
			 tree_lookup(&s->tree, va_of[first + k]).pte)
			s->page[first + k] = p;
	}
	return mapped > 0;
}

static bool
op_map_huge(struct space *s)
{
	unsigned w = 4 + pick(2), slot = pick(windows[w].pages / 512), k;
	unsigned first = window_start[w] + slot * 512, prot = pick_prot();
	struct frame *head;
	bool empty = true;
	int err;

	for (k = 0; k < 512; k++)
		empty &= s->page[first + k].state == NONE;
	if (!empty && pick(4))
		return false;
	head = frame_alloc_block(FRAME_ANON, 9, 0);
	if (!head)
		return false;
	err = tree_map_huge(&s->tree, va_of[first], head, prot);
	assert_true(empty || err == -EEXIST);
	if (err) {
		frame_free_block(head, 9);
		return false;
	}
	for (k = 0; k < 512; k++) {
		fill(&head[k], next_value);
		s->page[first + k] =
			(struct page){ next_value++, PRIVATE, prot, 0 };
	}
	return true;
}

static bool
op_read(struct space *s)
{
	unsigned i = pick_used_page(s), cpu = cpu_with(s);
	const struct page *p = &s->page[i];
	uint64_t *word = cpu_access(cpu, va_of[i], false);

	assert_int_equal(!word, p->state == NONE || p->prot == PTE_NONE);
	if (word)
		assert_true(word[0] == page_value(p) &&
			    word[511] == page_value(p));
	return word;
}

static void
model_write(struct page *p, uint64_t value)
{
	if (p->state == SHARED) {
		object[p->object].value = value;
		object[p->object].written = true;
	} else {
		p->state = PRIVATE;
		p->value = value;
	}
}

/* Another thread of the space has the page in its TLB, too. */
static void
look_from_everywhere(struct space *s, unsigned page)
{
	unsigned i;

	for (i = 0; i < CPUS; i++) {
		if (cpus[i].ctx != &s->tree.mmu)
			cpu_load(i, &s->tree.mmu);
		cpu_walk(&cpus[i], va_of[page], false);
	}
}

static bool
op_write(struct space *s)
{
	unsigned i = pick_used_page(s), cpu = cpu_with(s), flags;
	struct page *p = &s->page[i];
	uint64_t *word;
	int err;

	if (pick(8) == 0)
		look_from_everywhere(s, i);
	word = cpu_access(cpu, va_of[i], true);
	if (p->state == NONE || !(p->prot & PTE_WRITE_OK)) {
		assert_null(word);
		if (p->state == NONE && pick(8) == 0)
			assert_int_equal(tree_write_fault(&s->tree, va_of[i],
							  p->prot, 0),
					 -ENOENT);
		return false;
	}
	flags = p->state == SHARED ? TREE_SHARED : 0;
	if (!word) {
		err = tree_write_fault(&s->tree, va_of[i], p->prot, flags);
		if (err) {
			assert_int_equal(err, -ENOMEM);
			return false;
		}
		machine_check();
		word = cpu_access(cpu, va_of[i], true);
		assert_non_null(word);
	}
	assert_true(word[0] == page_value(p));
	word[0] = word[511] = next_value;
	model_write(p, next_value++);
	return true;
}

/* [first, first + n) pages, in one window or over several. */
static unsigned
pick_range(unsigned *n)
{
	unsigned a = pick_page(), b = pick_page();

	if (pick(3)) {
		b = a + pick(24);
		if (b >= PAGES)
			b = PAGES - 1;
	}
	if (pick(64) && (b > a ? b - a : a - b) > 1024)
		b = a;
	*n = (a < b ? b - a : a - b) + 1;
	return MIN(a, b);
}

/* Bytes from page a to the end of page b. */
static vaddr_t
end_of(unsigned page)
{
	return va_of[page] + PAGE_SIZE;
}

static bool
unmap(struct space *s, unsigned first, unsigned n)
{
	struct tree_batch b;
	int err;

	tree_batch_begin(&b, &s->tree);
	err = tree_unmap(&s->tree, va_of[first], end_of(first + n - 1), &b);
	tree_batch_finish(&b);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		return false;
	}
	memset(&s->page[first], 0, n * sizeof(struct page));
	detach(s, first, n);
	return true;
}

static bool
op_unmap(struct space *s)
{
	unsigned n, first = pick_range(&n);

	return unmap(s, first, n);
}

static bool
op_protect(struct space *s)
{
	unsigned n, first = pick_range(&n), prot = pick_protect(), i;
	struct tree_batch b;
	int err;

	tree_batch_begin(&b, &s->tree);
	err = tree_protect(&s->tree, va_of[first], end_of(first + n - 1), prot,
			   &b);
	tree_batch_finish(&b);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		return false;
	}
	for (i = first; i < first + n; i++)
		s->page[i].prot = (uint8_t)prot;
	detach(s, first, n);
	return true;
}

/* n pages that fit in one window; sometimes whole 2 MiB slots. */
static unsigned
pick_place(unsigned n, bool aligned)
{
	unsigned w;

	do
		w = aligned ? 4 + pick(2) : pick(ARRAY_SIZE(windows));
	while (windows[w].pages < n);
	if (aligned)
		return window_start[w] +
		       512 * pick(windows[w].pages / 512 - n / 512 + 1);
	return window_start[w] + pick(windows[w].pages - n + 1);
}

static bool
op_move(struct space *s)
{
	bool aligned = pick(3) == 0;
	unsigned n = aligned ? 512 * (1 + pick(2)) : 1 + pick(16), from, to, i;
	struct tree_batch b;
	int err;

	if (!aligned && pick(16) == 0)
		n = 500 + pick(100);
	from = pick_place(n, aligned);
	to = pick_place(n, aligned && pick(4));
	if (from < to + n && to < from + n)
		return false;
	if (!unmap(s, to, n))
		return false;
	tree_batch_begin(&b, &s->tree);
	err = tree_move(&s->tree, va_of[from], va_of[to], n * PAGE_SIZE, &b);
	tree_batch_finish(&b);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		return false;
	}
	memcpy(&s->page[to], &s->page[from], n * sizeof(struct page));
	memset(&s->page[from], 0, n * sizeof(struct page));
	for (i = 0; i < PINS; i++)
		if (pins[i].frame && pins[i].space == s &&
		    pins[i].page >= from && pins[i].page < from + n)
			pins[i].page += to - from;
	return true;
}

static bool
op_clone(struct space *s)
{
	struct space *child = spaces;

	while (child < spaces + SPACES && child->live)
		child++;
	if (child == spaces + SPACES || tree_clone(&child->tree, &s->tree))
		return false;
	child->live = true;
	memcpy(child->page, s->page, sizeof(s->page));
	return true;
}

static void
destroy(struct space *s)
{
	unsigned i;

	for (i = 0; i < CPUS; i++)
		if (cpus[i].ctx == &s->tree.mmu)
			cpu_load(i, NULL);
	tree_destroy(&s->tree);
	detach(s, 0, PAGES);
	memset(s->page, 0, sizeof(s->page));
	s->live = false;
}

static unsigned
live_spaces(void)
{
	unsigned i, n = 0;

	for (i = 0; i < SPACES; i++)
		n += spaces[i].live;
	return n;
}

static bool
op_destroy(struct space *s)
{
	if (live_spaces() == 1) {
		if (pick(8))
			return false;
		destroy(s);
		fake_fail_after = -1;
		assert_int_equal(tree_init(&s->tree), 0);
		s->live = true;
		return true;
	}
	destroy(s);
	return true;
}

static void
unpin(struct pin *p)
{
	atomic_fetch_sub(&p->frame->pins, 1);
	frame_put(p->frame);
	p->frame = NULL;
}

static bool
op_pin(struct space *s)
{
	struct pin *pin = &pins[pick(PINS)];
	unsigned i = pick_used_page(s), flags;
	struct page *p = &s->page[i];
	struct truth t;
	int err;

	if (pin->frame)
		return false;
	if (p->prot == PTE_NONE)
		return false;
	flags = p->state == SHARED ? TREE_SHARED : 0;
	err = tree_pin(&s->tree, va_of[i], p->prot, flags, &pin->frame);
	if (err) {
		assert_int_equal(err, p->state == NONE ? -ENOENT : -ENOMEM);
		pin->frame = NULL;
		return false;
	}
	assert_true(holds(pin->frame, page_value(p)));
	if (p->state == FILE_PRIVATE)
		model_write(p, page_value(p));
	pin->value = page_value(p);
	pin->space = s;
	pin->page = i;
	t = machine_truth(s->tree.mmu.root, va_of[i], 0);
	pin->fixed = p->state != SHARED && !t.write;
	if (pin->fixed) /* a write will part them */
		pin->space = NULL;
	return true;
}

/* I/O into a pinned frame is what its page's program sees. */
static bool
op_pin_io(struct space *s)
{
	struct pin *p = &pins[pick(PINS)];

	if (!p->frame || !p->space)
		return false;
	fill(p->frame, next_value);
	model_write(&p->space->page[p->page], next_value++);
	if (p->frame->kind == FRAME_CACHE) /* its own way to be dirty */
		atomic_fetch_or(&p->frame->bits, FRAME_DIRTY);
	return true;
}

static bool
op_unpin(struct space *s)
{
	struct pin *p = &pins[pick(PINS)];

	if (p->frame)
		unpin(p);
	return true;
}

/* Load a root, or let a CPU cache something nobody asked for. */
static bool
op_cpu(struct space *s)
{
	unsigned cpu = pick(CPUS);

	if (pick(4) == 0)
		cpu_load(cpu, pick(4) ? &s->tree.mmu : NULL);
	else if (cpus[cpu].ctx)
		cpu_walk(&cpus[cpu], va_of[pick_page()], false);
	return true;
}

static const struct op {
	bool (*run)(struct space *s);
	const char *name;
	unsigned weight;
} ops[] = {
	{ op_map, "map", 22 },        { op_map_huge, "map huge", 2 },
	{ op_read, "read", 14 },      { op_write, "write", 30 },
	{ op_unmap, "unmap", 5 },     { op_protect, "protect", 4 },
	{ op_move, "move", 4 },       { op_clone, "clone", 3 },
	{ op_destroy, "destroy", 2 }, { op_pin, "pin", 3 },
	{ op_unpin, "unpin", 3 },     { op_pin_io, "pin I/O", 3 },
	{ op_map_run, "map run", 3 }, { op_cpu, "cpu", 8 },
};

static unsigned
pick_op(void)
{
	unsigned total = 0, i, at;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		total += ops[i].weight;
	at = pick(total);
	for (i = 0; at >= ops[i].weight; i++)
		at -= ops[i].weight;
	return i;
}

static bool
room(void)
{
	return fake_free_singles > ROOM;
}

static void
step(unsigned long n)
{
	unsigned long failures = fake_failures;
	struct space *s = pick_space();
	unsigned op = pick_op();

	fake_fail_after = pick(5) == 0 ? (long)pick(6) : -1;
	if (!room())
		op = 8; /* destroy */
	done[op] += ops[op].run(s);
	fake_fail_after = -1;
	if (s->live && (fake_failures != failures || n % 32 == 0))
		tree_check(&s->tree);
	machine_check();
	check_pins();
	check_page(pick_space(), pick_page());
	check_page(pick_space(), pick_page());
	if (n % 64 == 0)
		check_dirty();
	if (n % 512 == 0) {
		check_spaces();
		check_counts();
	}
}

/* --- tests ---------------------------------------------------------------- */

static int
setup(void **state)
{
	unsigned w, i, n = 0;

	fake_init();
	fake_free_hook = machine_freed;
	for (w = 0; w < ARRAY_SIZE(windows); w++) {
		window_start[w] = n;
		for (i = 0; i < windows[w].pages; i++)
			va_of[n++] = windows[w].base + i * PAGE_SIZE;
	}
	assert_int_equal(n, PAGES);
	return 0;
}

static void
test_random(void **state)
{
	const char *ops_env = getenv("UNIT_OPS"), *seed = getenv("UNIT_SEED");
	unsigned long n = ops_env ? strtoul(ops_env, NULL, 0) : 300000, i;

	if (seed)
		rng ^= strtoull(seed, NULL, 0) * 0x9e3779b97f4a7c15;
	for (i = 0; i < OBJECT_PAGES; i++) {
		object[i].frame = frame_alloc(FRAME_CACHE, 0);
		fill(object[i].frame, 0);
	}
	assert_int_equal(tree_init(&spaces[0].tree), 0);
	spaces[0].live = true;
	for (i = 1; i <= n; i++)
		step(i);
	for (i = 0; i < PINS; i++)
		if (pins[i].frame)
			unpin(&pins[i]);
	for (i = 0; i < SPACES; i++)
		if (spaces[i].live)
			destroy(&spaces[i]);
	check_dirty();
	check_counts();
	for (i = 0; i < OBJECT_PAGES; i++)
		frame_put(object[i].frame);
	assert_int_equal(fake_out, 0);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		printf("%s %lu, ", ops[i].name, done[i]);
		assert_true(done[i] > 0);
	}
	printf("flushes %lu, failures %lu\n", flushes, fake_failures);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
