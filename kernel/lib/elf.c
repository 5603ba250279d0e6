/* SPDX-License-Identifier: MIT */

/*
 * lib/elf.c - check an ELF64 x86-64 file before anything of it is used.
 *
 * Every number of the file is hostile.  Two rules keep the arithmetic sound:
 * a range (start, length) is compared with an end by subtraction only, after
 * start <= end is known; and the highest address a PT_LOAD may reach,
 * VA_END_MAX, leaves room for rounding up to a page.
 *
 * One pass over the program headers, in the order of the file: PT_LOADs must
 * ascend, so each has to be compared with the one before only.
 *
 * As lenient as Linux where a field means nothing to us: e_version, OSABI,
 * section headers and e_ehsize are not looked at.
 */

#include "lib/elf.h"

#include "lib/errno.h"
#include "lib/string.h"

/* Not PAGE_SIZE: that is an unsigned long, 32 bits in the loader. */
#define ELF_PAGE   4096ULL
#define VA_END_MAX (0ULL - ELF_PAGE)

_Static_assert(sizeof(Elf64_Ehdr) == ELF_HEADER_SIZE, "Elf64_Ehdr");
_Static_assert(sizeof(Elf64_Phdr) == 56, "Elf64_Phdr");

static enum elf_reason check_ident(const unsigned char *ident);
static enum elf_reason check_phdr(struct elf_image *img, const Elf64_Phdr *ph,
				  const struct elf_limits *limits,
				  Elf64_Phdr *last);
static enum elf_reason check_load(struct elf_image *img, const Elf64_Phdr *ph,
				  const struct elf_limits *limits,
				  Elf64_Phdr *last);
static enum elf_reason
check_special(struct elf_image *img, const Elf64_Phdr *ph, uint64_t file_size);
static enum elf_reason check_whole(struct elf_image *img);

static bool
range_in(uint64_t start, uint64_t size, uint64_t end)
{
	return start <= end && size <= end - start;
}

static bool
power_of_two_or_zero(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

enum elf_reason
elf_parse_header(struct elf_image *img, const void *bytes, size_t n,
		 uint64_t file_size)
{
	enum elf_reason bad;
	Elf64_Ehdr eh;

	memset(img, 0, sizeof(*img));
	img->bad_index = -1;
	if (n < sizeof(eh) || file_size < sizeof(eh))
		return ELF_TOO_SHORT;
	memcpy(&eh, bytes, sizeof(eh));
	bad = check_ident(eh.e_ident);
	if (bad)
		return bad;
	if (eh.e_machine != EM_X86_64)
		return ELF_NOT_X86_64;
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return ELF_BAD_TYPE;
	if (eh.e_phentsize != sizeof(Elf64_Phdr))
		return ELF_BAD_PHENTSIZE;
	if (eh.e_phnum == 0 ||
	    eh.e_phnum > ELF_PHDR_BYTES_MAX / sizeof(Elf64_Phdr))
		return ELF_BAD_PHNUM;
	img->type = eh.e_type;
	img->phnum = eh.e_phnum;
	img->phoff = eh.e_phoff;
	img->phdrs_size = eh.e_phnum * (uint64_t)sizeof(Elf64_Phdr);
	img->entry = eh.e_entry;
	img->bad_offset = eh.e_phoff;
	if (!range_in(img->phoff, img->phdrs_size, file_size))
		return ELF_PHDRS_OUTSIDE;
	return ELF_FINE;
}

static enum elf_reason
check_ident(const unsigned char *ident)
{
	if (memcmp(ident, ELFMAG, SELFMAG) != 0)
		return ELF_NO_MAGIC;
	if (ident[EI_CLASS] != ELFCLASS64)
		return ELF_NOT_64;
	if (ident[EI_DATA] != ELFDATA2LSB)
		return ELF_NOT_LITTLE;
	return ELF_FINE;
}

enum elf_reason
elf_parse_segments(struct elf_image *img, const void *phdrs,
		   const struct elf_limits *limits)
{
	Elf64_Phdr ph, last = { 0 };
	enum elf_reason bad;

	img->phdrs = phdrs;
	img->align = ELF_PAGE;
	img->exec_stack = true;
	for (unsigned i = 0; i < img->phnum; i++) {
		elf_phdr(img, i, &ph);
		img->bad_index = (int)i;
		img->bad_offset = img->phoff + i * sizeof(ph);
		bad = check_phdr(img, &ph, limits, &last);
		if (bad)
			return bad;
	}
	img->bad_index = -1;
	img->bad_offset = 0;
	return check_whole(img);
}

static enum elf_reason
check_phdr(struct elf_image *img, const Elf64_Phdr *ph,
	   const struct elf_limits *limits, Elf64_Phdr *last)
{
	switch (ph->p_type) {
	case PT_LOAD:
		return check_load(img, ph, limits, last);
	case PT_GNU_STACK:
		img->has_stack = true;
		img->exec_stack = ph->p_flags & PF_X;
		return ELF_FINE;
	case PT_INTERP:
	case PT_TLS:
	case PT_PHDR:
	case PT_DYNAMIC:
		return check_special(img, ph, limits->file_size);
	default:
		return ELF_FINE;
	}
}

/* The numbers of one PT_LOAD alone. */
static enum elf_reason
check_load_numbers(const Elf64_Phdr *ph, const struct elf_limits *limits)
{
	uint64_t end = limits->va_end ? limits->va_end : VA_END_MAX;

	if (end > VA_END_MAX)
		end = VA_END_MAX;
	if (ph->p_filesz > ph->p_memsz)
		return ELF_FILE_LARGER;
	if (ph->p_memsz > 0 - ph->p_vaddr && ph->p_vaddr != 0)
		return ELF_SEG_WRAPS;
	if (ph->p_vaddr < limits->va_min ||
	    !range_in(ph->p_vaddr, ph->p_memsz, end))
		return ELF_SEG_LIMIT;
	if (!power_of_two_or_zero(ph->p_align))
		return ELF_BAD_ALIGN;
	if ((limits->flags & ELF_NO_WRITE_EXEC) && (ph->p_flags & PF_W) &&
	    (ph->p_flags & PF_X))
		return ELF_WRITE_EXEC;
	if (ph->p_filesz == 0)
		return ELF_FINE;
	if (!range_in(ph->p_offset, ph->p_filesz, limits->file_size))
		return ELF_SEG_OUTSIDE;
	if ((ph->p_vaddr ^ ph->p_offset) & (ELF_PAGE - 1))
		return ELF_NOT_CONGRUENT;
	return ELF_FINE;
}

/* How it lies against the one before; both are within VA_END_MAX. */
static enum elf_reason
check_load_order(const Elf64_Phdr *ph, const Elf64_Phdr *last, unsigned flags)
{
	uint64_t last_end = last->p_vaddr + last->p_memsz;

	if (ph->p_vaddr < last->p_vaddr)
		return ELF_UNSORTED;
	if (ph->p_vaddr < last_end)
		return ELF_OVERLAP;
	if ((flags & ELF_NO_SHARED_PAGE) &&
	    ALIGN_DOWN(ph->p_vaddr, ELF_PAGE) < ALIGN_UP(last_end, ELF_PAGE) &&
	    ((ph->p_flags ^ last->p_flags) & (PF_R | PF_W | PF_X)))
		return ELF_SHARED_PAGE;
	return ELF_FINE;
}

static enum elf_reason
check_load(struct elf_image *img, const Elf64_Phdr *ph,
	   const struct elf_limits *limits, Elf64_Phdr *last)
{
	enum elf_reason bad;

	if (ph->p_memsz == 0 && ph->p_filesz == 0)
		return ELF_FINE;
	bad = check_load_numbers(ph, limits);
	if (!bad && img->loads)
		bad = check_load_order(ph, last, limits->flags);
	if (bad)
		return bad;
	if (!img->loads)
		img->va_begin = ALIGN_DOWN(ph->p_vaddr, ELF_PAGE);
	img->loads++;
	img->brk = ph->p_vaddr + ph->p_memsz;
	img->va_end = ALIGN_UP(img->brk, ELF_PAGE);
	img->align = MAX(img->align, ph->p_align);
	if (!img->phdr_va && ph->p_offset <= img->phoff &&
	    range_in(img->phoff - ph->p_offset, img->phdrs_size, ph->p_filesz))
		img->phdr_va = ph->p_vaddr + (img->phoff - ph->p_offset);
	*last = *ph;
	return ELF_FINE;
}

/* A header of which there may be one: its place and the reason it is bad. */
static struct elf_extent *
special_slot(struct elf_image *img, uint32_t type, enum elf_reason *bad)
{
	switch (type) {
	case PT_INTERP:
		*bad = ELF_BAD_INTERP;
		return &img->interp;
	case PT_TLS:
		*bad = ELF_BAD_TLS;
		return &img->tls;
	case PT_PHDR:
		*bad = ELF_BAD_PHDR;
		return &img->phdr;
	default:
		*bad = ELF_BAD_DYNAMIC;
		return &img->dynamic;
	}
}

static enum elf_reason
check_special(struct elf_image *img, const Elf64_Phdr *ph, uint64_t file_size)
{
	enum elf_reason bad;
	struct elf_extent *slot = special_slot(img, ph->p_type, &bad);

	if (slot->present)
		return ELF_TWICE;
	if (!range_in(ph->p_offset, ph->p_filesz, file_size) ||
	    !range_in(ph->p_vaddr, ph->p_memsz, VA_END_MAX))
		return bad;
	if (ph->p_type == PT_INTERP &&
	    (ph->p_filesz < 2 || ph->p_filesz > ELF_INTERP_MAX))
		return bad;
	if (ph->p_type == PT_TLS &&
	    (ph->p_filesz > ph->p_memsz || !power_of_two_or_zero(ph->p_align)))
		return bad;
	*slot = (struct elf_extent){
		.va = ph->p_vaddr,
		.offset = ph->p_offset,
		.filesz = ph->p_filesz,
		.memsz = ph->p_memsz,
		.align = ph->p_align,
		.present = true,
	};
	return ELF_FINE;
}

/* Whether [va, va + size) lies in the file bytes of one PT_LOAD. */
static bool
loaded_from_file(const struct elf_image *img, uint64_t va, uint64_t size)
{
	Elf64_Phdr ph;

	for (unsigned i = 0; elf_next_load(img, &i, &ph);) {
		if (va >= ph.p_vaddr &&
		    range_in(va - ph.p_vaddr, size, ph.p_filesz))
			return true;
	}
	return false;
}

static bool
entry_executable(const struct elf_image *img)
{
	Elf64_Phdr ph;

	for (unsigned i = 0; elf_next_load(img, &i, &ph);) {
		if ((ph.p_flags & PF_X) && img->entry >= ph.p_vaddr &&
		    img->entry - ph.p_vaddr < ph.p_memsz)
			return true;
	}
	return false;
}

/* What can be judged only when all headers were seen. */
static enum elf_reason
check_whole(struct elf_image *img)
{
	if (!img->loads)
		return ELF_NO_LOAD;
	if (!entry_executable(img))
		return ELF_BAD_ENTRY;
	if (img->dynamic.present &&
	    !loaded_from_file(img, img->dynamic.va, img->dynamic.filesz))
		return ELF_BAD_DYNAMIC;
	return ELF_FINE;
}

bool
elf_next_load(const struct elf_image *img, unsigned *i, Elf64_Phdr *out)
{
	while (*i < img->phnum) {
		elf_phdr(img, (*i)++, out);
		if (out->p_type == PT_LOAD && out->p_memsz > 0)
			return true;
	}
	return false;
}

void
elf_phdr(const struct elf_image *img, unsigned i, Elf64_Phdr *out)
{
	memcpy(out, (const char *)img->phdrs + i * sizeof(*out), sizeof(*out));
}

enum elf_reason
elf_check_interp(const char *path, size_t n)
{
	if (n < 2 || n > ELF_INTERP_MAX)
		return ELF_BAD_INTERP;
	if (path[0] == '\0' || path[n - 1] != '\0')
		return ELF_BAD_INTERP;
	return ELF_FINE;
}

/* The reason, its errno and its words in one place. */
struct reason {
	const char *text;
	int error;
};

static const struct reason reasons[ELF_REASONS] = {
	[ELF_FINE] = { "fine", 0 },
	[ELF_TOO_SHORT] = { "shorter than an ELF header", -ENOEXEC },
	[ELF_NO_MAGIC] = { "not an ELF file", -ENOEXEC },
	[ELF_NOT_64] = { "not a 64-bit ELF file", -ENOEXEC },
	[ELF_NOT_LITTLE] = { "not little-endian", -ENOEXEC },
	[ELF_NOT_X86_64] = { "not for x86-64", -ENOEXEC },
	[ELF_BAD_TYPE] = { "neither ET_EXEC nor ET_DYN", -ENOEXEC },
	[ELF_BAD_PHENTSIZE] = { "program headers of a wrong size", -ENOEXEC },
	[ELF_BAD_PHNUM] = { "no or too many program headers", -ENOEXEC },
	[ELF_PHDRS_OUTSIDE] = { "program headers outside the file: truncated?",
				-ENOEXEC },
	[ELF_NO_LOAD] = { "no segment to load", -ENOEXEC },
	[ELF_FILE_LARGER] = { "segment larger in the file than in memory",
			      -EINVAL },
	[ELF_SEG_OUTSIDE] = { "segment outside the file: truncated?",
			      -ENOEXEC },
	[ELF_SEG_WRAPS] = { "segment wraps round the address space", -EINVAL },
	[ELF_SEG_LIMIT] = { "segment outside the allowed addresses", -ENOMEM },
	[ELF_BAD_ALIGN] = { "alignment is no power of two", -EINVAL },
	[ELF_NOT_CONGRUENT] = { "address and offset differ within the page",
				-EINVAL },
	[ELF_UNSORTED] = { "segments not in ascending order", -EINVAL },
	[ELF_OVERLAP] = { "segment overlaps the one before", -EINVAL },
	[ELF_SHARED_PAGE] = { "shares a page with a segment of other "
			      "permissions",
			      -EINVAL },
	[ELF_WRITE_EXEC] = { "segment is writable and executable", -EINVAL },
	[ELF_TWICE] = { "second program header of a kind that is unique",
			-ENOEXEC },
	[ELF_BAD_INTERP] = { "bad interpreter name", -ENOEXEC },
	[ELF_BAD_TLS] = { "bad TLS segment", -ENOEXEC },
	[ELF_BAD_DYNAMIC] = { "dynamic section not in the file or not loaded",
			      -ENOEXEC },
	[ELF_BAD_PHDR] = { "bad PT_PHDR", -ENOEXEC },
	[ELF_BAD_ENTRY] = { "entry point not in executable memory", -ENOEXEC },
};

const char *
elf_reason_text(enum elf_reason reason)
{
	if ((unsigned)reason >= ELF_REASONS)
		return "unknown";
	return reasons[reason].text;
}

int
elf_errno(enum elf_reason reason)
{
	if ((unsigned)reason >= ELF_REASONS)
		return -ENOEXEC;
	return reasons[reason].error;
}
