/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/gdt.h"

#include "arch/x86_64/machine/segment.h"
#include "arch/x86_64/percpu_block.h"
#include "lib/errno.h"
#include "mm/kmap.h"

/*
 * arch/x86_64/gdt.c - segments, TSS, interrupt stacks; one set per CPU.
 *
 * An interrupt stack is IST_STACK_SIZE bytes whose last two words are not
 * stack: the lower one names the CPU, for code that cannot trust GS
 * (entry.S).  All have an unmapped page below them but those of the boot
 * processor, which needs its own before there is memory to map.
 *
 * Source: Intel SDM 3A 3.4.5, 7.7; 6.14.5 (IST).
 */

#define IST_STACK_SIZE 8192UL

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map; /* beyond the limit: no port for user mode */
} PACKED;
_Static_assert(sizeof(struct tss) == 104, "SDM figure 7-11");

/* Top of an interrupt stack, above the frame. */
struct ist_top {
	struct cpu_local *cpu; /* entry.S reads it at FRAME_SIZE(frame) */
	uint64_t pad;
};

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} PACKED;

static PERCPU(uint64_t, gdt_table[GDT_ENTRIES]) ALIGNED(16) = {
	[SEL_KERNEL_CODE / 8] = 0x00af9b000000ffff,
	[SEL_KERNEL_DATA / 8] = 0x00cf93000000ffff,
	[SEL_USER_DATA / 8] = 0x00cff3000000ffff,
	[SEL_USER_CODE / 8] = 0x00affb000000ffff,
};
static PERCPU(struct tss, tss_block) ALIGNED(64);
static char boot_ist[IST_COUNT][IST_STACK_SIZE] ALIGNED(4096);

static void
describe_tss(uint64_t *gdt, const struct tss *t)
{
	uint64_t base = (uintptr_t)t, limit = sizeof(*t) - 1;

	gdt[SEL_TSS / 8] = limit | (base & 0xffffff) << 16 | 0x89ULL << 40 |
			   (base >> 24 & 0xff) << 56;
	gdt[SEL_TSS / 8 + 1] = base >> 32;
}

/*
 * A segment that nobody loads: programs ask for its limit (LSL) to learn which
 * CPU they are on, without a system call.  Read-only data, user mode.
 */
static void
describe_cpu_number(uint64_t *gdt, unsigned cpu)
{
	_Static_assert(CPU_MAX <= 0x10000, "fits the limit's low part");
	gdt[SEL_CPU_NUMBER / 8] = 0x0040f10000000000ULL | cpu;
}

static void
set_ist(struct tss *t, struct cpu_local *cpu, unsigned slot, char *stack)
{
	struct ist_top *top = (struct ist_top *)(stack + IST_STACK_SIZE) - 1;

	top->cpu = cpu;
	t->ist[slot - 1] = (uintptr_t)top;
}

int
gdt_prepare_cpu(unsigned cpu)
{
	struct tss *t = &cpu_var(tss_block, cpu);
	unsigned slot;

	for (slot = 1; slot <= IST_COUNT; slot++) {
		char *stack = kmap_stack_alloc(IST_STACK_SIZE);

		if (!stack)
			goto out_free;
		set_ist(t, &cpu_var(cpu_local, cpu), slot, stack);
	}
	t->io_map = sizeof(*t);
	describe_tss(cpu_var(gdt_table, cpu), t);
	describe_cpu_number(cpu_var(gdt_table, cpu), cpu);
	return 0;

out_free:
	while (--slot >= 1)
		kmap_stack_free((void *)(t->ist[slot - 1] +
					 sizeof(struct ist_top) -
					 IST_STACK_SIZE),
				IST_STACK_SIZE);
	return -ENOMEM;
}

/* Far return: the only way to load CS in 64-bit mode. */
static void
load_segments(void)
{
	__asm__ volatile("pushq %0\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\tmovl %1, %%ss\n\t"
			 "movl %2, %%ds\n\t"
			 "movl %2, %%es"
			 :
			 : "i"(SEL_KERNEL_CODE), "r"(SEL_KERNEL_DATA), "r"(0)
			 : "rax", "memory");
}

void
gdt_load(void)
{
	struct table_pointer p = {
		.limit = sizeof(gdt_table) - 1,
		.base = (uintptr_t)this_cpu(gdt_table),
	};

	__asm__ volatile("lgdt %0" : : "m"(p) : "memory");
	load_segments();
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS) : "memory");
}

BOOT_CODE void
gdt_init_boot(void)
{
	struct tss *t = &this_cpu(tss_block);
	unsigned slot;

	for (slot = 1; slot <= IST_COUNT; slot++)
		set_ist(t, &this_cpu_block(), slot, boot_ist[slot - 1]);
	t->io_map = sizeof(*t);
	describe_tss(this_cpu(gdt_table), t);
	describe_cpu_number(this_cpu(gdt_table), 0);
	gdt_load();
}

void
gdt_set_kernel_stack(uintptr_t top)
{
	this_cpu(tss_block).rsp[0] = top;
}

bool
gdt_is_interrupt_stack(vaddr_t va, vaddr_t *start, vaddr_t *end)
{
	const struct tss *t = &this_cpu(tss_block);
	unsigned slot;

	for (slot = 0; slot < IST_COUNT; slot++) {
		*end = t->ist[slot] + sizeof(struct ist_top);
		*start = *end - IST_STACK_SIZE;
		if (va >= *start && va < *end)
			return true;
	}
	return false;
}
