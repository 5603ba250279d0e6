/* SPDX-License-Identifier: MIT */
#include "core/random.h"
#include "mm/slab.h"
#include "proc/exec_priv.h"
#include "proc/personality.h"

/*
 * proc/exec_load.c - map the segments of an ELF file into a new space.
 *
 * lib/elf.c has checked order, bounds and sums.  A segment becomes up to two
 * areas: file pages, mapped privately, and zero pages behind them:
 *
 *	|-- p_filesz --|--------- p_memsz -------|
 *	[ file pages ..... ][ anonymous pages .. ]
 *	               ^ the rest of this page is zeroed
 *
 * Address choices follow Linux: PIE programs from two thirds of the user half
 * upward, the interpreter below mmap_top, the stack at the top, each with a
 * random offset of whole pages, as many bits of it as there.  personality(2)
 * can ask for none of that (ADDR_NO_RANDOMIZE), and for mappings that grow
 * upward from a third of the user half (ADDR_COMPAT_LAYOUT).
 */

#define PIE_BASE      0x555555554000UL
#define COMPAT_BASE   0x2aaaaaaab000UL
#define PIE_RANDOM    (1UL << 28) /* pages */
#define MMAP_RANDOM   (1UL << 28)
#define STACK_RANDOM  (1UL << 22)
#define BRK_RANDOM    (1UL << 13) /* 32 MiB */
#define STACK_GAP_MIN (128UL << 20)
#define STACK_GAP_MAX (USER_TOP / 6 * 5)

atomic_int exec_randomize = 2;

bool
exec_randomizes(const struct exec *x)
{
	return atomic_load(&exec_randomize) &&
	       !(x->personality & ADDR_NO_RANDOMIZE);
}

static uint64_t
random_pages(const struct exec *x, uint64_t pages)
{
	if (!exec_randomizes(x))
		return 0;
	return random_below(pages) * PAGE_SIZE;
}

void
exec_file_put(struct exec_file *f)
{
	kfree(f->phdrs);
	if (f->running)
		inode_run_end(f->file->inode);
	if (f->file)
		file_put(f->file);
	f->phdrs = NULL;
	f->file = NULL;
	f->running = false;
}

static int
bad_elf(const struct exec_file *f, enum elf_reason reason)
{
	char name[64];

	(void)file_name(f->file, NULL, name, sizeof(name));
	klog(KLOG_DEBUG, "exec: %s: %s (at %#lx)", name,
	     elf_reason_text(reason), (unsigned long)f->elf.bad_offset);
	return elf_errno(reason);
}

/* Read and check headers; f->head is filled. */
int
exec_parse(struct exec_file *f)
{
	struct elf_limits limits = { .file_size = f->file->inode->size,
				     .va_min = 0,
				     .va_end = USER_TOP };
	enum elf_reason reason;
	ssize_t n;

	reason = elf_parse_header(&f->elf, f->head, f->head_size,
				  limits.file_size);
	if (reason)
		return bad_elf(f, reason);
	if (f->elf.type == ET_EXEC)
		limits.va_min = USER_BOTTOM;
	f->phdrs = kmalloc(f->elf.phdrs_size);
	if (!f->phdrs)
		return -ENOMEM;
	n = file_read_kernel(f->file, f->phdrs, f->elf.phdrs_size,
			     f->elf.phoff);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n != f->elf.phdrs_size)
		return -ENOEXEC;
	reason = elf_parse_segments(&f->elf, f->phdrs, &limits);
	return reason ? bad_elf(f, reason) : 0;
}

int
exec_read_interp_name(struct exec_file *f, char *buf, size_t size)
{
	uint64_t len = f->elf.interp.filesz;
	ssize_t n;

	if (len > size)
		return -ENOEXEC;
	n = file_read_kernel(f->file, buf, len, f->elf.interp.offset);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n != len || elf_check_interp(buf, len))
		return -ENOEXEC;
	return 0;
}

static unsigned
area_bits_of(const Elf64_Phdr *ph)
{
	return (ph->p_flags & PF_R ? AREA_READ : 0) |
	       (ph->p_flags & PF_W ? AREA_WRITE : 0) |
	       (ph->p_flags & PF_X ? AREA_EXEC : 0) | AREA_MAY_WRITE;
}

/* The page the file ends in holds bytes behind p_filesz: make them zero. */
static int
zero_page_tail(struct vm_space *s, vaddr_t from)
{
	static const char zeroes[PAGE_SIZE];
	size_t n = ALIGN_UP(from, PAGE_SIZE) - from;

	if (vm_space_write(s, from, zeroes, n) != n)
		return -ENOMEM;
	return 0;
}

static int
map_file_part(struct exec *x, struct exec_file *f, const Elf64_Phdr *ph)
{
	vaddr_t va = f->bias + ph->p_vaddr;
	size_t lead = va & (PAGE_SIZE - 1);
	struct vm_map_request r = {
		.addr = va - lead,
		.size = ALIGN_UP(ph->p_filesz + lead, PAGE_SIZE),
		.bits = area_bits_of(ph),
		.offset = ph->p_offset - lead,
		.fixed = true,
	};
	vaddr_t got;
	int err;

	if (!ph->p_filesz)
		return 0;
	err = file_mmap(f->file, &r);
	if (!err)
		err = vm_map(x->space, &r, &got);
	return err;
}

static int
map_zero_part(struct exec *x, struct exec_file *f, const Elf64_Phdr *ph)
{
	vaddr_t file_end = f->bias + ph->p_vaddr + ph->p_filesz;
	vaddr_t end = ALIGN_UP(f->bias + ph->p_vaddr + ph->p_memsz, PAGE_SIZE);
	vaddr_t start = ALIGN_UP(file_end, PAGE_SIZE);
	struct vm_map_request r = { .bits = area_bits_of(ph), .fixed = true };
	vaddr_t got;

	if (!ph->p_filesz)
		start = ALIGN_DOWN(file_end, PAGE_SIZE);
	else if (ph->p_memsz > ph->p_filesz && file_end < start &&
		 (ph->p_flags & PF_W)) {
		int err = zero_page_tail(x->space, file_end);

		if (err)
			return err;
	}
	if (start >= end)
		return 0;
	r.addr = start;
	r.size = end - start;
	return vm_map(x->space, &r, &got);
}

/* Remember what /proc/PID/stat and brk want to know. */
static void
note_segment(struct exec *x, const struct exec_file *f, const Elf64_Phdr *ph)
{
	vaddr_t start = f->bias + ph->p_vaddr;
	vaddr_t end = start + ph->p_filesz;
	struct vm_space *s = x->space;

	if (f != &x->program)
		return;
	if (ph->p_flags & PF_X) {
		if (!s->code_start || start < s->code_start)
			s->code_start = start;
		s->code_end = MAX(s->code_end, end);
	}
	s->data_start = MAX(s->data_start, start);
	s->data_end = MAX(s->data_end, end);
}

int
exec_map(struct exec *x, struct exec_file *f, vaddr_t base)
{
	Elf64_Phdr ph;
	int err;

	f->bias = 0;
	if (f->elf.type == ET_DYN) {
		base = ALIGN_DOWN(base, MIN(f->elf.align, 1UL << 30));
		f->bias = base - ALIGN_DOWN(f->elf.va_begin, PAGE_SIZE);
	}
	if (f->elf.va_end + f->bias > USER_TOP)
		return -ENOMEM;
	for (unsigned i = 0; elf_next_load(&f->elf, &i, &ph);) {
		err = map_file_part(x, f, &ph);
		if (!err)
			err = map_zero_part(x, f, &ph);
		if (err)
			return err;
		note_segment(x, f, &ph);
	}
	return 0;
}

void
exec_layout(struct exec *x)
{
	struct process *p = current_process();
	struct vm_space *s = x->space;
	uint64_t gap;

	s->limits = process_vm_limits(p);
	if (current_task()->space) {
		s->wx = vm_wx_inherited(current_task()->space);
		s->no_huge = current_task()->space->no_huge;
	}
	s->stack_top = USER_TOP - random_pages(x, STACK_RANDOM);
	gap = MAX(s->limits.stack, STACK_GAP_MIN);
	gap = MIN(gap, STACK_GAP_MAX);
	s->mmap_top = ALIGN_DOWN(s->stack_top - gap, PAGE_SIZE) -
		      random_pages(x, MMAP_RANDOM);
	if (x->personality & ADDR_COMPAT_LAYOUT)
		s->mmap_bottom = COMPAT_BASE + random_pages(x, MMAP_RANDOM);
}

vaddr_t
exec_pie_base(const struct exec *x)
{
	return PIE_BASE + random_pages(x, PIE_RANDOM);
}

vaddr_t
exec_beside(const struct exec *x, size_t size)
{
	const struct vm_space *s = x->space;

	if (s->mmap_bottom)
		return s->mmap_bottom;
	return (x->vdso ? x->vdso - PAGE_SIZE : s->mmap_top) - size;
}

void
exec_set_brk(struct exec *x)
{
	struct vm_space *s = x->space;

	s->brk_start =
		ALIGN_UP(x->program.bias + x->program.elf.brk, PAGE_SIZE);
	/* 1: all but the break, for programs of long ago. */
	if (atomic_load(&exec_randomize) > 1)
		s->brk_start += random_pages(x, BRK_RANDOM);
	s->brk_end = s->brk_start;
}
