/* SPDX-License-Identifier: MIT */
#include "arch/mmu.h"

#include "arch/x86_64/features.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/mmu_priv.h"
#include "arch/x86_64/page_map.h"
#include "core/percpu.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

/*
 * arch/x86_64/mmu.c - loading address spaces and keeping TLBs honest.
 *
 * Kernel threads have no address space: switching to one loads the kernel's
 * own root, whose user half is empty, rather than leaving the last program's
 * in place ("lazy").  That costs a CR3 load when a CPU goes idle, and buys
 * that a CPU holds translations of a space exactly while a thread of it
 * runs there: idle CPUs are never interrupted for a shootdown, and a space
 * whose last thread left can be taken apart without asking anybody.
 *
 * Shootdown.  mmu_context.cpus has a CPU's bit set from before it loads the
 * root until after it has loaded another.  Who changes an entry first writes
 * it, then (full fence) reads the set: either it sees the CPU, which is then
 * asked to flush, or that CPU loads the root later and reads the new entry.
 *
 * Five-level paging, if the firmware chose it, cannot be left in long mode.
 * Roots stay four-level: each CPU has one page above them whose first and
 * last entry both name the root, so that both halves are found where
 * 48-bit addresses expect them.
 */

/* Above so many pages a whole flush is cheaper. */
#define FLUSH_PAGES_MAX 32

paddr_t mmu_kernel_root RO_AFTER_BOOT;
paddr_t mmu_low_page RO_AFTER_BOOT;
uintptr_t direct_map_base RO_AFTER_BOOT;

static PERCPU(paddr_t, loaded_root);
static PERCPU(paddr_t, top_table); /* five-level paging only */

struct flush {
	paddr_t root; /* 0 = kernel mappings */
	vaddr_t start;
	size_t pages;
};

void
mmu_load_root(paddr_t root)
{
	paddr_t cr3 = root;

	if (x86_features.five_levels) {
		pte_t *top = phys_to_virt(this_cpu(top_table));

		top[0] = top[PTE_PER_NODE - 1] =
			pte_make_node(root >> PAGE_SHIFT, true);
		cr3 = this_cpu(top_table);
	}
	this_cpu(loaded_root) = root;
	write_cr3(cr3);
}

paddr_t
mmu_loaded_root(void)
{
	return this_cpu(loaded_root);
}

int
mmu_prepare_cpu(unsigned cpu)
{
	if (!x86_features.five_levels || cpu_var(top_table, cpu))
		return 0;
	cpu_var(top_table, cpu) = page_table_alloc();
	return cpu_var(top_table, cpu) ? 0 : -ENOMEM;
}

void
mmu_root_init(void *root_node)
{
	const pte_t *kernel = phys_to_virt(mmu_kernel_root);
	pte_t *root = root_node;
	const unsigned half = PTE_PER_NODE / 2;

	memcpy(root + half, kernel + half, half * sizeof(pte_t));
}

void
mmu_switch(struct mmu_context *prev, struct mmu_context *next)
{
	cpumask_t me = CPUMASK(cpu_id());

	if (prev == next)
		return;
	if (next)
		atomic_fetch_or(&next->cpus, me);
	mmu_load_root(next ? next->root : mmu_kernel_root);
	if (prev)
		atomic_fetch_and(&prev->cpus, ~me);
}

void
mmu_flush_all_local(void)
{
	uint64_t cr4 = read_cr4();

	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~(uint64_t)X86_CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
}

static void
flush_all(UNUSED void *arg)
{
	mmu_flush_all_local();
}

void
mmu_flush_kernel(void)
{
	mmu_flush_all_local();
	smp_call(~(cpumask_t)0, flush_all, NULL);
}

static void
flush_local(void *arg)
{
	const struct flush *f = arg;
	size_t i;

	if (f->root && f->root != this_cpu(loaded_root))
		return;
	if (f->pages <= FLUSH_PAGES_MAX) {
		for (i = 0; i < f->pages; i++)
			invlpg(f->start + i * PAGE_SIZE);
	} else if (f->root) {
		write_cr3(read_cr3());
	} else {
		mmu_flush_all_local();
	}
}

void
mmu_flush(struct mmu_context *ctx, vaddr_t start, vaddr_t end)
{
	struct flush f = {
		.root = ctx->root,
		.start = start & PAGE_MASK,
		.pages = (end - (start & PAGE_MASK) + PAGE_SIZE - 1) >>
			 PAGE_SHIFT,
	};
	cpumask_t cpus;

	atomic_thread_fence(memory_order_seq_cst);
	cpus = atomic_load(&ctx->cpus);
	flush_local(&f);
	if (cpus & ~CPUMASK(cpu_id()))
		smp_call(cpus, flush_local, &f);
}

vaddr_t
mmu_kmap_start(void)
{
	return KMAP_START;
}

vaddr_t
mmu_kmap_end(void)
{
	return KMAP_END;
}

static uint64_t
kernel_leaf_flags(unsigned flags)
{
	uint64_t pte = PAGE_KERNEL_RO;

	ASSERT(!(flags & MMU_KERNEL_WRITE) || !(flags & MMU_KERNEL_EXEC));
	if (flags & MMU_KERNEL_WRITE)
		pte = PAGE_KERNEL_RW;
	if (flags & MMU_KERNEL_EXEC)
		pte = PAGE_KERNEL_RX;
	if (flags & MMU_KERNEL_UNCACHED)
		pte |= PTE_PCD | PTE_PWT;
	else if (flags & MMU_KERNEL_WRITE_COMBINE)
		pte |= x86_features.pat ? PTE_PS : PTE_PCD; /* PAT: entry 4 */
	return pte;
}

int
mmu_kernel_map(vaddr_t va, paddr_t pa, unsigned flags)
{
	pte_t *entry;

	ASSERT(va >= KMAP_START && va < KMAP_END);
	entry = page_entry(mmu_kernel_root, va, 0, true);
	if (!entry)
		return -ENOMEM;
	ASSERT(*entry == 0);
	*entry = (pa & PTE_ADDR_MASK) | kernel_leaf_flags(flags);
	return 0;
}

void
mmu_kernel_clear(vaddr_t va, size_t pages)
{
	size_t i;

	ASSERT(va >= KMAP_START && va + pages * PAGE_SIZE <= KMAP_END);
	for (i = 0; i < pages; i++) {
		pte_t *entry = page_entry(mmu_kernel_root, va + i * PAGE_SIZE,
					  0, false);

		if (entry)
			*entry = 0;
	}
}

void
mmu_kernel_unmap(vaddr_t va, size_t pages)
{
	struct flush f = { .start = va, .pages = pages };

	mmu_kernel_clear(va, pages);
	flush_local(&f);
	smp_call(~(cpumask_t)0, flush_local, &f);
}

/* Leaves below this node that allow both, given what the way to it allows. */
static size_t
count_wx(const pte_t *node, unsigned level, bool write, bool exec)
{
	size_t found = 0;
	unsigned i;

	for (i = 0; i < PTE_PER_NODE; i++) {
		bool w = write && (node[i] & PTE_W);
		bool x = exec && !(node[i] & PTE_NX);

		if (!(node[i] & PTE_P))
			continue;
		if (pte_is_leaf(node[i], level))
			found += w && x;
		else
			found += count_wx(phys_to_virt(node[i] & PTE_ADDR_MASK),
					  level - 1, w, x);
	}
	return found;
}

size_t
mmu_count_wx(void)
{
	return count_wx(phys_to_virt(mmu_kernel_root), PTE_LEVELS - 1, true,
			true);
}
