/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * tree_machine.h - processors that remember more than real ones.
 *
 * Each CPU caches translations and pointers to nodes and forgets them only by
 * a flush of an address they cover, by a fault at it, or by loading another
 * root.  machine_check() then demands that all that is cached is still true,
 * and machine_freed() that nothing cached points to a frame being freed.  A
 * real processor would forgive most of these mistakes.
 */

#include "tree_fake.h"

enum {
	CPUS = 3,
	TLB_SIZE = 20,
	PSC_SIZE = 12,
};

struct cached_leaf {
	bool valid, write, exec, dirty;
	unsigned level;
	vaddr_t va;
	struct frame *frame;
};

struct cached_node {
	bool valid, write;
	unsigned level; /* of the node */
	vaddr_t va;     /* first address it covers */
	struct frame *node;
};

struct cpu {
	struct mmu_context *ctx;
	struct cached_leaf tlb[TLB_SIZE];
	struct cached_node psc[PSC_SIZE];
	unsigned next_tlb, next_psc;
};

static struct cpu cpus[CPUS];
static uint16_t cached[FAKE_FRAMES]; /* cache entries that point to a frame */
static unsigned long flushes;
static void (*fake_flush_hook)(vaddr_t start);

static _Atomic pte_t *
machine_slot(const struct frame *node, vaddr_t va, unsigned level)
{
	return (_Atomic pte_t *)frame_data(node) + pte_index(va, level);
}

/* --- caches --------------------------------------------------------------- */

static void
leaf_forget(struct cached_leaf *e)
{
	unsigned i;

	if (!e->valid)
		return;
	e->valid = false;
	for (i = 0; i < pte_span(e->level) / PAGE_SIZE; i++)
		cached[fake_pfn(e->frame) + i]--;
}

static void
node_forget(struct cached_node *e)
{
	if (!e->valid)
		return;
	e->valid = false;
	cached[fake_pfn(e->node)]--;
}

static struct cached_leaf *
leaf_cache(struct cpu *c, struct cached_leaf e)
{
	struct cached_leaf *at = &c->tlb[c->next_tlb++ % TLB_SIZE];
	unsigned i;

	leaf_forget(at);
	*at = e;
	for (i = 0; i < pte_span(e.level) / PAGE_SIZE; i++)
		cached[fake_pfn(e.frame) + i]++;
	return at;
}

static void
node_cache(struct cpu *c, struct cached_node e)
{
	struct cached_node *at = &c->psc[c->next_psc++ % PSC_SIZE];

	node_forget(at);
	*at = e;
	cached[fake_pfn(e.node)]++;
}

static void
cpu_forget(struct cpu *c, vaddr_t start, vaddr_t end)
{
	unsigned i;

	for (i = 0; i < TLB_SIZE; i++) {
		struct cached_leaf *e = &c->tlb[i];

		if (e->va < end && start < e->va + pte_span(e->level))
			leaf_forget(e);
	}
	for (i = 0; i < PSC_SIZE; i++) {
		struct cached_node *e = &c->psc[i];

		if (e->va < end && start < e->va + pte_span(e->level + 1))
			node_forget(e);
	}
}

static struct cached_leaf *cpu_walk(struct cpu *c, vaddr_t va, bool write);

/* The CPUs of one space do not see different frames at one address. */
static void
check_coherent(const struct cpu *a, const struct cpu *b)
{
	unsigned i, k;

	for (i = 0; i < TLB_SIZE; i++)
		for (k = 0; k < TLB_SIZE; k++)
			if (a->tlb[i].valid && b->tlb[k].valid &&
			    a->tlb[i].va == b->tlb[k].va)
				assert(a->tlb[i].frame == b->tlb[k].frame);
}

/* The CPUs flush one after the other and go on using memory meanwhile. */
void
mmu_flush(struct mmu_context *ctx, vaddr_t start, vaddr_t end)
{
	cpumask_t mask = atomic_load(&ctx->cpus);
	unsigned i, k;

	assert(start < end && end <= USER_TOP);
	flushes++;
	if (fake_flush_hook)
		fake_flush_hook(start);
	for (i = 0; i < CPUS; i++) {
		if (!(mask & CPUMASK(i)))
			continue;
		cpu_forget(&cpus[i], start, end);
		cpu_walk(&cpus[i], start, false);
		for (k = 0; k < CPUS; k++)
			if (mask & CPUMASK(k))
				check_coherent(&cpus[i], &cpus[k]);
	}
}

static void
cpu_load(unsigned cpu, struct mmu_context *next)
{
	struct cpu *c = &cpus[cpu];

	cpu_forget(c, 0, USER_TOP);
	if (c->ctx)
		atomic_fetch_and(&c->ctx->cpus, ~CPUMASK(cpu));
	if (next)
		atomic_fetch_or(&next->cpus, CPUMASK(cpu));
	c->ctx = next;
}

static void
machine_freed(struct frame *f)
{
	assert(cached[fake_pfn(f)] == 0);
}

/* --- walks ---------------------------------------------------------------- */

static struct cached_node
walk_begin(const struct cpu *c, vaddr_t va)
{
	struct cached_node best = {
		true,
		true,
		PTE_LEVELS - 1,
		0,
		frame_from_pfn(c->ctx->root >> PAGE_SHIFT),
	};
	unsigned i;

	for (i = 0; i < PSC_SIZE; i++) {
		const struct cached_node *e = &c->psc[i];

		if (e->valid && e->level < best.level &&
		    e->va == ALIGN_DOWN(va, pte_span(e->level + 1)))
			best = *e;
	}
	return best;
}

/* Translate and cache, setting A and D as a processor does. */
static struct cached_leaf *
cpu_walk(struct cpu *c, vaddr_t va, bool write)
{
	struct cached_node at = walk_begin(c, va);

	for (;;) {
		_Atomic pte_t *slot = machine_slot(at.node, va, at.level);
		pte_t pte = atomic_load(slot);

		if (!pte_present(pte))
			return NULL;
		at.write &= pte_writable(pte);
		if (pte_is_leaf(pte, at.level)) {
			if (write && !at.write)
				return NULL;
			pte = atomic_fetch_or(slot,
					      PTE_A | (write ? PTE_D : 0));
			return leaf_cache(
				c, (struct cached_leaf){
					   true, at.write, pte_executable(pte),
					   write || pte_dirty(pte), at.level,
					   ALIGN_DOWN(va, pte_span(at.level)),
					   frame_from_pfn(pte_pfn(pte)) });
		}
		at.node = frame_from_pfn(pte_pfn(pte));
		at.level--;
		at.va = ALIGN_DOWN(va, pte_span(at.level + 1));
		node_cache(c, at);
	}
}

/* The words of a page that the tests look at, or NULL for a page fault. */
static uint64_t *UNUSED
cpu_access(unsigned cpu, vaddr_t va, bool write)
{
	struct cpu *c = &cpus[cpu];
	struct cached_leaf *hit = NULL;
	unsigned i;

	for (i = 0; i < TLB_SIZE && !hit; i++)
		if (c->tlb[i].valid && c->tlb[i].va <= va &&
		    va < c->tlb[i].va + pte_span(c->tlb[i].level))
			hit = &c->tlb[i];
	if (hit && write && !hit->write) {
		cpu_forget(c, va, va + PAGE_SIZE);
		return NULL;
	}
	if (!hit || (write && !hit->dirty)) {
		if (hit)
			leaf_forget(hit);
		hit = cpu_walk(c, va, write);
	}
	if (!hit) {
		cpu_forget(c, va, va + PAGE_SIZE);
		return NULL;
	}
	return frame_data(hit->frame + (va - hit->va) / PAGE_SIZE);
}

/* --- the truth ------------------------------------------------------------ */

struct truth {
	pte_t pte;
	unsigned level;
	struct frame *node; /* that holds pte */
	bool write;         /* all the way */
};

/* Where the tables lead now, down to `level` or a leaf. */
static struct truth
machine_truth(paddr_t root, vaddr_t va, unsigned level)
{
	struct truth t = { 0, PTE_LEVELS - 1,
			   frame_from_pfn(root >> PAGE_SHIFT), true };

	for (;;) {
		t.pte = atomic_load(machine_slot(t.node, va, t.level));
		t.write &= pte_writable(t.pte);
		if (!t.pte || t.level == level || pte_is_leaf(t.pte, t.level))
			return t;
		t.node = frame_from_pfn(pte_pfn(t.pte));
		t.level--;
	}
}

static void UNUSED
machine_check(void)
{
	unsigned i, k;

	for (i = 0; i < CPUS; i++) {
		const struct cpu *c = &cpus[i];

		for (k = 0; k < TLB_SIZE; k++) {
			const struct cached_leaf *e = &c->tlb[k];
			struct truth t;

			if (!e->valid)
				continue;
			t = machine_truth(c->ctx->root, e->va, 0);
			assert(pte_present(t.pte) && t.level == e->level);
			assert(frame_from_pfn(pte_pfn(t.pte)) == e->frame);
			assert(t.write || !e->write);
			assert(pte_executable(t.pte) || !e->exec);
		}
		for (k = 0; k < PSC_SIZE; k++) {
			const struct cached_node *e = &c->psc[k];
			struct truth t;

			if (!e->valid)
				continue;
			t = machine_truth(c->ctx->root, e->va, e->level + 1);
			assert(t.pte && t.level == e->level + 1);
			assert(!pte_is_leaf(t.pte, t.level));
			assert(frame_from_pfn(pte_pfn(t.pte)) == e->node);
			assert(t.write || !e->write);
		}
	}
}
