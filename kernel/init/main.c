/* SPDX-License-Identifier: MIT */
#include <umbra/boot.h>

#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/irq.h"
#include "arch/mmu.h"
#include "arch/smp.h"
#include "arch/thread.h"
#include "arch/upcall.h"
#include "core/cmdline.h"
#include "core/klog.h"
#include "core/panic.h"
#include "core/random.h"
#include "core/symbols.h"
#include "dev/console.h"
#include "firmware/acpi.h"
#include "firmware/efi_runtime.h"
#include "firmware/power.h"
#include "init/boot_priv.h"
#include "mm/frame.h"
#include "mm/kmap.h"
#include "mm/slab.h"
#include "sched/sched.h"
#include "sched/thread.h"

/*
 * init/main.c - the order in which the kernel comes up.
 *
 * Read it as a table of contents: each line is a part of the kernel, and needs
 * only what stands above it.
 */

BOOT_CODE static const struct boot_info *
check_boot_info(paddr_t pa)
{
	const struct boot_info *bi = (const struct boot_info *)pa;

	if (bi->magic != BOOT_MAGIC || bi->version != BOOT_VERSION ||
	    bi->size < sizeof(*bi))
		panic("boot: the loader's hand-off is not ours (magic %#lx, "
		      "version %u, %u bytes)",
		      (unsigned long)bi->magic, bi->version, bi->size);
	return bi;
}

/* On the loader's tables: memory is where its physical address says. */
BOOT_CODE static void
start_memory(const struct boot_info *bi)
{
	cmdline_init((const char *)bi->cmdline.base, bi->cmdline.size);
	random_init(bi->seed, sizeof(bi->seed), bi->seed_quality);
	frame_early_init(bi);
	mmu_init(bi);
}

BOOT_CODE static void
start_machine(const struct boot_info *bi)
{
	acpi_init(bi->rsdp);        /* tables of the firmware */
	boot_describe_platform(bi); /* ... what arch/ must know of them */
	irq_init();                 /* interrupt controllers, all masked */
	clock_init();               /* time */
	arch_xstate_init();         /* floating point and vectors */
	efi_runtime_init(bi);       /* firmware calls */
	power_init();               /* how to end */
}

/* The boot processor arrives here from arch/, interrupts off. */
NORETURN void
kernel_main(paddr_t boot_info)
{
	const struct boot_info *bi;

	serial_early_init(); /* somewhere to complain */
	bi = check_boot_info(boot_info);
	start_memory(bi); /* our own address space */
	bi = phys_to_virt(boot_info);
	frame_init(bi);   /* physical memory */
	slab_init();      /* small objects */
	boot_console(bi); /* the screen */
	boot_banner(bi);
	symbols_init(phys_to_virt(bi->kernel.base), bi->kernel.size,
		     bi->kernel_slide, kmalloc); /* names for backtraces */
	start_machine(bi);
	sched_init(cmdline_get("sched")); /* this is the idle thread now */
	smp_start_all();                  /* the other processors */
	irq_enable();
	if (!kthread_start("boot", start_userland, (void *)(uintptr_t)bi))
		panic("boot: no memory for the first thread");
	sched_idle_loop();
}

/* Another processor, on its own stack, interrupts off. */
NORETURN void
upcall_secondary_start(void)
{
	sched_init_cpu();
	sched_idle_loop();
}
