/* SPDX-License-Identifier: MIT */
#include "arch/smp.h"

#include "arch/clock.h"
#include "arch/mmu.h"
#include "arch/thread.h"
#include "arch/upcall.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/mmu_priv.h"
#include "arch/x86_64/page_map.h"
#include "arch/x86_64/percpu_block.h"
#include "arch/x86_64/platform_priv.h"
#include "arch/x86_64/smp_priv.h"
#include "arch/x86_64/trampoline.h"
#include "arch/x86_64/trap_priv.h"
#include "arch/x86_64/tsc.h"
#include "core/klog.h"
#include "core/random.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/kmap.h"

/*
 * arch/x86_64/smp.c - starting the other processors, one at a time.
 *
 *	boot CPU				starting CPU
 *	per-CPU area, stacks, GDT, TSS
 *	INIT, STARTUP  ---------------------->  trampoline.S, head of this file
 *	wait (bounded)  <---------------------  state = ALIVE
 *	compare clocks <--------------------->  compare clocks
 *	state = GO  ------------------------->  online, upcall_secondary_start()
 *
 * A CPU that does not come gets INIT again, which leaves it waiting for a
 * STARTUP that never comes; its number goes to the next one.
 *
 * The page table it starts on has two things in it: the trampoline page at its
 * physical address, executable, and the kernel half.
 *
 * Source: Intel SDM 3A 9.4.4 (MP initialisation).
 */

/* Old processors need 10 ms after INIT; none that has long mode does. */
#define AFTER_INIT_NS    (20 * NSEC_PER_USEC)
#define FIRST_STARTUP_NS (2 * NSEC_PER_MSEC)
#define SECOND_WAIT_NS   (1000 * NSEC_PER_MSEC)

enum start_state {
	START_NONE,
	START_ALIVE,
	START_GO
};

static _Atomic enum start_state state; /* [a] of the one that starts */
static void *boot_stacks[CPU_MAX] RO_AFTER_BOOT;

NORETURN static void secondary_start(void);

/* A CPU that did not come leaves its area to the next one. */
BOOT_CODE static int
prepare_area(unsigned cpu)
{
	unsigned order = 0;
	struct frame *f;

	if (percpu_offsets[cpu])
		return 0;
	while ((PAGE_SIZE << order) < percpu_size())
		order++;
	f = frame_alloc_block(FRAME_KERNEL, order, FRAME_ANY);
	if (!f)
		return -ENOMEM;
	percpu_init_cpu(cpu, frame_data(f));
	return 0;
}

BOOT_CODE static int
prepare_stacks(unsigned cpu)
{
	int err;

	if (boot_stacks[cpu])
		return 0;
	err = mmu_prepare_cpu(cpu);
	if (err)
		return err;
	err = gdt_prepare_cpu(cpu);
	if (err)
		return err;
	boot_stacks[cpu] = kmap_stack_alloc(KERNEL_STACK_SIZE);
	return boot_stacks[cpu] ? 0 : -ENOMEM;
}

BOOT_CODE static int
prepare_cpu(unsigned cpu, uint32_t apic_id)
{
	struct cpu_local *local;
	int err = prepare_area(cpu);

	if (err)
		return err;
	local = &cpu_var(cpu_local, cpu);
	local->self = local;
	local->percpu_offset = percpu_offsets[cpu];
	local->canary = random_u64() & ~(uint64_t)0xff;
	local->id = cpu;
	local->apic_id = apic_id;
	return prepare_stacks(cpu);
}

/* Identity map of the trampoline, and the kernel half. */
BOOT_CODE static int
make_start_root(paddr_t root, paddr_t page)
{
	paddr_t top = root;

	memset(phys_to_virt(root), 0, PAGE_SIZE);
	if (x86_features.five_levels) {
		pte_t *first = phys_to_virt(root);

		top = page_table_alloc();
		if (!top)
			return -ENOMEM;
		first[0] = first[PTE_PER_NODE - 1] =
			pte_make_node(top >> PAGE_SHIFT, true);
	}
	mmu_root_init(phys_to_virt(top));
	return page_map_range(top, page, page, PAGE_SIZE, PTE_P | PTE_A,
			      PAGES_4K);
}

BOOT_CODE static void
fill_trampoline(paddr_t page, paddr_t root, unsigned cpu)
{
	char *to = phys_to_virt(page);
	struct trampoline_data *d;

	memcpy(to, trampoline_start,
	       (size_t)(trampoline_end - trampoline_start));
	d = (struct trampoline_data *)(to + TRAMPOLINE_DATA);
	*d = (struct trampoline_data){
		.gdt = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff,
			 0x00af9b000000ffff },
		.gdt_limit = sizeof(d->gdt) - 1,
		.gdt_base = (uint32_t)page + TRAMPOLINE_DATA +
			    offsetof(struct trampoline_data, gdt),
		.jump32 = (uint32_t)page + TRAMPOLINE_32,
		.jump32_selector = TRAMPOLINE_CODE32,
		.jump64 = (uint32_t)page + TRAMPOLINE_64,
		.jump64_selector = TRAMPOLINE_CODE64,
		.cr3 = (uint32_t)root,
		.cr4 = (uint32_t)x86_cr4(),
		.entry = (uintptr_t)secondary_start,
		.stack = (uintptr_t)boot_stacks[cpu] + KERNEL_STACK_SIZE,
		.gs_base = (uintptr_t)&cpu_var(cpu_local, cpu),
	};
}

BOOT_CODE static bool
wait_alive(uint64_t ns)
{
	uint64_t end = clock_now_ns() + ns;

	while (atomic_load(&state) != START_ALIVE) {
		if (clock_now_ns() > end)
			return false;
		cpu_relax();
	}
	return true;
}

BOOT_CODE static bool
start_cpu(unsigned cpu, uint32_t apic_id, paddr_t page)
{
	atomic_store(&state, START_NONE);
	lapic_send_init(apic_id);
	clock_delay_ns(AFTER_INIT_NS);
	lapic_send_startup(apic_id, page);
	if (!wait_alive(FIRST_STARTUP_NS)) {
		lapic_send_startup(apic_id, page);
		if (!wait_alive(SECOND_WAIT_NS)) {
			lapic_send_init(apic_id);
			return false;
		}
	}
	clock_sync_source();
	atomic_store(&state, START_GO);
	while (cpu_count() <= cpu)
		cpu_relax();
	return true;
}

BOOT_CODE static void
start_all(paddr_t page)
{
	unsigned i, cpu = 1;

	for (i = 1; i < platform.cpus; i++) {
		int err = prepare_cpu(cpu, platform.apic_id[i]);

		if (err) {
			klog(KLOG_ERR, "smp: no memory for CPU %u", cpu);
			return;
		}
		fill_trampoline(page, mmu_low_page, cpu);
		if (start_cpu(cpu, platform.apic_id[i], page))
			cpu++;
		else
			klog(KLOG_ERR,
			     "smp: the CPU with APIC id %u does not"
			     " start",
			     platform.apic_id[i]);
	}
}

BOOT_CODE unsigned
smp_start_all(void)
{
	paddr_t page = platform.ap_trampoline;

	if (platform.cpus > 1 && (!page || !mmu_low_page))
		klog(KLOG_ERR, "smp: no memory below 1 MiB, one CPU only");
	else if (platform.cpus > 1 && make_start_root(mmu_low_page, page) == 0)
		start_all(page);
	klog(KLOG_INFO, "smp: %u of %u CPUs run", cpu_count(),
	     MAX(platform.cpus, 1u));
	return cpu_count();
}

/*
 * First C code of another CPU: on its boot stack, with its GS base, still on
 * the trampoline's tables.
 */
NORETURN static void
secondary_start(void)
{
	x86_cpu_setup();
	mmu_load_root(mmu_kernel_root);
	mmu_flush_all_local();
	gdt_load();
	idt_load();
	fpu_init_cpu();
	lapic_init_cpu();
	atomic_store(&state, START_ALIVE);
	clock_sync_target();
	while (atomic_load(&state) != START_GO)
		cpu_relax();
	smp_set_online(cpu_id());
	upcall_secondary_start();
}
