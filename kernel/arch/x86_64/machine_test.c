/* SPDX-License-Identifier: MIT */
#include "arch/backtrace.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/irq.h"
#include "arch/mmu.h"
#include "arch/smp.h"
#include "arch/thread.h"
#include "arch/usercopy.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/mmu_priv.h"
#include "arch/x86_64/page_map.h"
#include "core/ktest.h"
#include "core/timer.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/kmap.h"

/*
 * arch/x86_64/machine_test.c - what only the machine itself can show.
 */

KTEST(machine, protections_are_on)
{
	KTEST_EXPECT(read_cr0() & X86_CR0_WP);
	KTEST_EXPECT(read_cr4() == x86_cr4());
	KTEST_EXPECT(rdmsr(MSR_EFER) & EFER_NXE);
}

/* A check that cannot fail is worth nothing: plant what it must find. */
KTEST(machine, wx_walker_finds_a_planted_page)
{
	void *stack = kmap_stack_alloc(KERNEL_STACK_SIZE);
	pte_t *entry;

	KTEST_EXPECT(mmu_count_wx() == 0);
	KTEST_EXPECT(stack);
	if (!stack)
		return;
	entry = page_entry(mmu_kernel_root, (uintptr_t)stack, 0, false);
	KTEST_EXPECT(entry);
	*entry &= ~PTE_NX;
	KTEST_EXPECT(mmu_count_wx() == 1);
	*entry |= PTE_NX;
	mmu_flush_kernel();
	kmap_stack_free(stack, KERNEL_STACK_SIZE);
}

KTEST(machine, kernel_text_is_read_only_in_both_mappings)
{
	uintptr_t text = (uintptr_t)x86_cr4;
	pte_t *image = page_entry(mmu_kernel_root, text, 0, false);
	pte_t *alias;

	KTEST_EXPECT(image && !(*image & PTE_W) && !(*image & PTE_NX));
	if (!image)
		return;
	alias = page_entry(
		mmu_kernel_root,
		(uintptr_t)phys_to_virt(pte_pfn(*image) << PAGE_SHIFT), 0,
		false);
	KTEST_EXPECT(alias && !(*alias & PTE_W) && (*alias & PTE_NX));
}

KTEST(machine, absent_memory_can_be_asked_for)
{
	uint64_t value = 0, known = 0x1234567887654321;

	KTEST_EXPECT(kernel_load_u64(&known, &value) && value == known);
	KTEST_EXPECT(!kernel_load_u64((const void *)(KMAP_END - 8), &value));
}

KTEST(machine, user_ranges_are_checked)
{
	char byte = 0;

	KTEST_EXPECT(copy_from_user(&byte, (const void USER *)USER_TOP, 1) ==
		     -EFAULT);
	KTEST_EXPECT(copy_from_user(&byte, (const void USER *)(USER_TOP - 1),
				    2) == -EFAULT);
	KTEST_EXPECT(copy_to_user((void USER *)&byte, &byte, 1) == -EFAULT);
	KTEST_EXPECT(copy_to_user((void USER *)UINTPTR_MAX, &byte, 2) ==
		     -EFAULT);
	KTEST_EXPECT(clear_user((void USER *)0x1000, SIZE_MAX) == -EFAULT);
}

KTEST(machine, clock_goes_on_and_delays_hold)
{
	uint64_t start = clock_now_ns(), now;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		now = clock_now_ns();
		KTEST_EXPECT(now >= start);
	}
	start = clock_now_ns();
	clock_delay_ns(NSEC_PER_MSEC);
	now = clock_now_ns() - start;
	KTEST_EXPECT(now >= NSEC_PER_MSEC - 1000);
}

static atomic_uint fired;

static void
timer_fired(UNUSED struct timer *t)
{
	atomic_fetch_add(&fired, 1);
}

KTEST(machine, timer_interrupt_comes)
{
	static struct timer t;
	uint64_t end = clock_now_ns() + 5 * NSEC_PER_SEC;

	atomic_store(&fired, 0);
	timer_init(&t, timer_fired);
	timer_set(&t, clock_now_ns() + 2 * NSEC_PER_MSEC);
	while (atomic_load(&fired) == 0 && clock_now_ns() < end)
		cpu_relax();
	KTEST_EXPECT(atomic_load(&fired) == 1);
}

static void
count_me(void *arg)
{
	atomic_fetch_add((atomic_uint *)arg, 1);
}

KTEST(machine, calls_reach_every_cpu_but_this)
{
	atomic_uint calls = 0;
	unsigned i;

	for (i = 0; i < 100; i++)
		smp_call(~(cpumask_t)0, count_me, &calls);
	KTEST_EXPECT(atomic_load(&calls) == 100 * (cpu_count() - 1));
	atomic_store(&calls, 0);
	smp_call(CPUMASK(cpu_id()), count_me, &calls);
	KTEST_EXPECT(atomic_load(&calls) == 0);
}

/* Reads a word that another CPU has just mapped somewhere else. */
struct remap {
	const volatile uint64_t *at;
	uint64_t expect;
	atomic_uint wrong;
};

static void
look(void *arg)
{
	struct remap *r = arg;

	if (*r->at != r->expect)
		atomic_fetch_add(&r->wrong, 1);
}

KTEST(machine, unmapping_reaches_every_tlb)
{
	struct frame *f = frame_alloc(FRAME_KERNEL, FRAME_ANY);
	struct remap r = { .wrong = 0 };
	unsigned i;

	KTEST_EXPECT(f);
	if (!f)
		return;
	for (i = 0; i < 50; i++) {
		uint64_t *va =
			kmap_physical(frame_paddr(f), PAGE_SIZE, KMAP_CACHED);

		KTEST_EXPECT(va);
		*(uint64_t *)frame_data(f) = i;
		r.at = va;
		r.expect = i;
		look(&r);
		smp_call(~(cpumask_t)0, look, &r);
		kunmap_physical(va, PAGE_SIZE);
		KTEST_EXPECT(!kernel_load_u64(va, &r.expect));
	}
	KTEST_EXPECT(atomic_load(&r.wrong) == 0);
	frame_put(f);
}

NOINLINE static size_t
inner(uintptr_t *pcs, size_t max)
{
	size_t n = backtrace_from(NULL, pcs, max);

	__asm__ volatile("" ::: "memory"); /* no tail call */
	return n;
}

KTEST(machine, backtrace_knows_its_caller)
{
	uintptr_t pcs[16] = { 0 };
	size_t n = inner(pcs, ARRAY_SIZE(pcs));

	KTEST_EXPECT(n >= 3);
	KTEST_EXPECT(pcs[0] - (uintptr_t)inner < 256);
	KTEST_EXPECT(inner(pcs, 1) == 1);
}

KTEST(machine, bad_interrupt_lines_are_refused)
{
	KTEST_EXPECT(irq_attach_isa(16, NULL, NULL) == -ENODEV);
	KTEST_EXPECT(irq_attach_gsi(100000, NULL, NULL) == -ENODEV);
}

/* What the processor would fault on is gone before it sees it. */
KTEST(machine, hostile_vector_state_is_tamed)
{
	static uint8_t state[4096] ALIGNED(64);
	uint32_t mxcsr;

	if (fpu_size() > sizeof(state))
		return;
	memset(state, 0xff, sizeof(state));
	fpu_sanitise(state, UINT64_MAX);
	memcpy(&mxcsr, state + 24, sizeof(mxcsr));
	KTEST_EXPECT(!(mxcsr & 0xffff0000u));
	if (fpu_has_xsave()) {
		uint64_t bv, compact;

		memcpy(&bv, state + 512, sizeof(bv));
		memcpy(&compact, state + 520, sizeof(compact));
		KTEST_EXPECT(!(bv & ~fpu_features()));
		KTEST_EXPECT(compact == 0);
	}
}
