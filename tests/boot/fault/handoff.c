/* SPDX-License-Identifier: MIT */

/*
 * handoff.c - a kernel that does nothing but check what the loader hands over.
 *
 * It is loaded in the place of the real one; include/umbra/boot.h is what it
 * holds the loader to.  Lines go to COM1: "ok - ..." or "not ok - ...", then
 * facts as "name=value"; then port 0xf4 ends QEMU, with 0x10 if all was well.
 */

#include <stdbool.h>
#include <stddef.h>

#include "umbra/boot.h"

#define COM1         0x3f8
#define DEBUG_EXIT   0xf4
#define LINK_VA      0xffffffff80000000ULL
#define ENTRY_ADDR   0x000ffffffffff000ULL
#define PRESENT      1ULL
#define WRITE        2ULL
#define LARGE        0x80ULL
#define NX           (1ULL << 63)
#define BSS_WORDS    20000
#define DATA_PATTERN 0x5a5a1234deadbeefULL

void check_all(struct boot_info *info);

static bool failed;
static uint64_t bss[BSS_WORDS];
static uint64_t data = DATA_PATTERN;
static const char *const names[] = { "zero", "one" };
static const char *const *volatile relocated = names;

static void
out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t
in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void
put(const char *s)
{
	for (; *s; s++) {
		while (!(in8(COM1 + 5) & 0x20))
			;
		out8(COM1, (uint8_t)*s);
	}
}

static void
fact(const char *name, uint64_t value)
{
	char digits[17] = { 0 };

	for (int i = 0; i < 16; i++)
		digits[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
	put(name);
	put("=");
	put(digits);
	put("\n");
}

static void
check(bool ok, const char *what)
{
	put(ok ? "ok - " : "not ok - ");
	put(what);
	put("\n");
	failed |= !ok;
}

static uint64_t
cr3(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

static uint64_t
cr0(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static uint64_t
flags(void)
{
	uint64_t value;

	__asm__ volatile("pushfq; pop %0" : "=r"(value));
	return value;
}

static void
check_kernel(const struct boot_info *info)
{
	bool clean = true;

	check(info->kernel_va == LINK_VA + info->kernel_slide, "kernel_va");
	check(info->kernel_slide % (2 << 20) == 0 &&
		      info->kernel_slide < 1ULL << 30,
	      "slide: 2 MiB steps below 1 GiB");
	check((uint64_t)check_all - info->kernel_va < info->kernel_size,
	      "runs where it says");
	for (size_t i = 0; i < BSS_WORDS; i++)
		clean &= bss[i] == 0;
	check(clean, "bss is zero");
	check(data == DATA_PATTERN, "data as in the file");
	data = 0;
	check(relocated[1][0] == 'o', "relocations applied");
	check(!(flags() & 0x200), "interrupts are off");
	check(cr0() & 0x10000, "write protect is on");
}

/* What a walk over all tables found. */
struct walk {
	const struct boot_info *info;
	uint64_t write_exec;   /* leaves both writable and executable */
	uint64_t exec_low;     /* executable leaves outside the kernel */
	uint64_t kernel_alias; /* second mappings of the kernel image */
};

static void
leaf(struct walk *w, uint64_t entry, uint64_t size, bool low)
{
	uint64_t pa = entry & ENTRY_ADDR & ~(size - 1);
	const struct boot_info *info = w->info;

	if ((entry & WRITE) && !(entry & NX))
		w->write_exec++;
	if (low && !(entry & NX))
		w->exec_low++;
	if (low && pa < info->kernel_base + info->kernel_size &&
	    pa + size > info->kernel_base)
		w->kernel_alias++;
}

static void
walk_tables(struct walk *w, uint64_t table, unsigned level, bool low)
{
	const uint64_t *entries = (const uint64_t *)table;

	for (unsigned i = 0; i < 512; i++) {
		if (!(entries[i] & PRESENT))
			continue;
		if (level == 3)
			low = i < 256;
		if (level == 0 || (level == 1 && (entries[i] & LARGE)))
			leaf(w, entries[i], level ? 2 << 20 : 4096, low);
		else
			walk_tables(w, entries[i] & ENTRY_ADDR, level - 1, low);
	}
}

static void
check_tables(const struct boot_info *info)
{
	struct walk w = { .info = info };

	walk_tables(&w, cr3() & ENTRY_ADDR, 3, true);
	check(w.write_exec == 0, "nothing is writable and executable");
	check(w.exec_low == 1, "one page outside the kernel is executable");
	check(w.kernel_alias == 0, "the kernel image has one mapping");
}

/* Every page of usable RAM can be read where it lies. */
static void
check_ram_mapped(const struct boot_mem *m)
{
	for (uint64_t at = m->base; at < m->base + m->size; at += 4096)
		(void)*(volatile char *)at;
}

static void
check_map(const struct boot_info *info)
{
	const struct boot_mem *m = (const struct boot_mem *)info->mem_map;
	uint64_t end = 0, kernels = 0;
	bool sound = true, kernel_place = false;

	for (uint64_t i = 0; i < info->mem_count; i++, m++) {
		sound &= m->base >= end && m->size > 0 &&
			 (m->base | m->size) % 4096 == 0 &&
			 m->type <= BOOT_MEM_PERSISTENT;
		end = m->base + m->size;
		if (m->type == BOOT_MEM_FREE || m->type == BOOT_MEM_LOADER)
			check_ram_mapped(m);
		if (m->type == BOOT_MEM_KERNEL) {
			kernels++;
			kernel_place = m->base == info->kernel_base &&
				       m->size == info->kernel_size;
		}
	}
	check(sound && info->mem_count > 10, "map sorted, disjoint, aligned");
	check(kernels == 1 && kernel_place, "map has the kernel");
	check(info->efi_map && info->efi_map_size % info->efi_desc_size == 0,
	      "raw map kept");
}

static bool
text_is(const struct boot_module *m, const char *want)
{
	const char *text = (const char *)m->base;
	size_t i;

	for (i = 0; i < m->size && want[i] == text[i]; i++)
		;
	return i == m->size && want[i] == '\0' && text[i] == '\0';
}

static void
check_rest(const struct boot_info *info)
{
	bool rising = true, seeded = false;

	check(*(const uint32_t *)info->kernel.base == 0x464c457f,
	      "kernel file");
	check(*(const uint32_t *)info->init.base == 0x464c457f, "init file");
	check(info->cmdline.base &&
		      text_is(&info->cmdline, "first  second -- third"),
	      "command line cleaned");
	check(info->rsdp && info->system_table, "RSDP and system table");
	check(info->ap_trampoline && info->ap_trampoline < 0xa0000 &&
		      info->ap_trampoline % 4096 == 0,
	      "a page for the other processors");
	for (int i = BOOT_STEP_ENTRY; i < BOOT_STEP_JUMP; i++)
		rising &= info->tsc[i] && info->tsc[i] < info->tsc[i + 1];
	check(rising, "time stamps rise");
	check(info->tsc_hz > 100000000, "TSC rate measured");
	check(info->time.year >= 2024, "time of day");
	for (size_t i = 0; i < sizeof(info->seed); i++)
		seeded |= info->seed[i] != 0;
	check(seeded && info->seed_quality, "seed");
}

void
check_all(struct boot_info *info)
{
	put("\n");
	check(info->magic == BOOT_MAGIC && info->version == BOOT_VERSION &&
		      info->size == sizeof(*info),
	      "magic, version, size");
	check_kernel(info);
	check_tables(info);
	check_map(info);
	check_rest(info);
	fact("tries", info->exit_tries);
	fact("stride", info->efi_desc_size);
	fact("framebuffer", info->fb.base);
	fact("edid", info->fb.edid.size);
	fact("format", info->fb.format);
	fact("width", info->fb.width);
	fact("seed_quality", info->seed_quality);
	fact("tpm_log", info->tpm_log_size);
	fact("secure", info->secure);
	fact("slide", info->kernel_slide);
	fact("loader", info->loader_base);
	put("done\n");
	out8(DEBUG_EXIT, failed ? 0x11 : 0x10);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* boot.h: RDI is info, the stack is aligned for a function just called. */
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	jmp check_all\n");
