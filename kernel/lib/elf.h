/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/elf.h - check an ELF64 x86-64 file before anything of it is used.
 *
 * Shared by the loader (kernel.elf, in memory as a whole) and exec (reads the
 * header, then the program headers).  Parsing has two stages, so that neither
 * needs the whole file:
 *
 *	elf_parse_header()    the first 64 bytes: where the program headers are
 *	elf_parse_segments()  the program headers: everything else
 *
 * After both succeed every PT_LOAD is in order, inside the file and inside
 * the limits, and sums such as p_vaddr + p_memsz cannot wrap: the caller
 * needs no check of its own.
 *
 * Units:    bytes.  Addresses are the file's own: an ET_DYN image is moved by
 *           the caller (load bias).
 * Context:  pure: no state, no allocation; unaligned input is fine.
 * Errors:   enum elf_reason; elf_errno() makes an errno of it.
 * Source:   System V gABI, chapters 4 and 5; AMD64 psABI 1.0; man 5 elf.
 */

#include <linux/elf.h>

#include "lib/types.h"

#define ELF_HEADER_SIZE    64    /* what elf_parse_header() wants */
#define ELF_PHDR_BYTES_MAX 65536 /* as on Linux */
#define ELF_INTERP_MAX     4096  /* PT_INTERP, its NUL included */

/* psABI, table 4.9: the only relocation a static PIE of ours may have. */
#define ELF_R_X86_64_RELATIVE 8

enum elf_reason {
	ELF_FINE = 0,
	ELF_TOO_SHORT, /* less than a header */
	ELF_NO_MAGIC,
	ELF_NOT_64,
	ELF_NOT_LITTLE,
	ELF_NOT_X86_64,
	ELF_BAD_TYPE, /* neither ET_EXEC nor ET_DYN */
	ELF_BAD_PHENTSIZE,
	ELF_BAD_PHNUM,     /* none, or more than ELF_PHDR_BYTES_MAX */
	ELF_PHDRS_OUTSIDE, /* program headers not in the file */
	ELF_NO_LOAD,       /* nothing to load */
	ELF_FILE_LARGER,   /* p_filesz > p_memsz */
	ELF_SEG_OUTSIDE,   /* not in the file: truncated? */
	ELF_SEG_WRAPS,     /* p_vaddr + p_memsz */
	ELF_SEG_LIMIT,     /* below va_min or above va_end */
	ELF_BAD_ALIGN,     /* p_align no power of two */
	ELF_NOT_CONGRUENT, /* p_vaddr and p_offset differ modulo the page */
	ELF_UNSORTED,
	ELF_OVERLAP,
	ELF_SHARED_PAGE, /* two permissions in one page */
	ELF_WRITE_EXEC,
	ELF_TWICE, /* a second PT_INTERP, PT_TLS, ... */
	ELF_BAD_INTERP,
	ELF_BAD_TLS,
	ELF_BAD_DYNAMIC,
	ELF_BAD_PHDR,
	ELF_BAD_ENTRY, /* not in an executable segment */
	ELF_REASONS,
};

enum elf_check_flags {
	ELF_NO_WRITE_EXEC = 1 << 0,  /* refuse a segment that is W and X */
	ELF_NO_SHARED_PAGE = 1 << 1, /* refuse two permissions in one page */
};

/* What the caller can bear. */
struct elf_limits {
	uint64_t file_size;
	uint64_t va_min; /* no segment begins below */
	uint64_t va_end; /* no segment ends above; 0 = 2^64 - 4096 */
	unsigned flags;  /* enum elf_check_flags */
};

/* One of a kind: where to find it, zeroes if the file has none. */
struct elf_extent {
	uint64_t va;
	uint64_t offset;
	uint64_t filesz;
	uint64_t memsz;
	uint64_t align;
	bool present;
};

/*
 * A parsed file.  [h] after elf_parse_header(), [s] after
 * elf_parse_segments().  On failure bad_index says which program header it
 * was (-1: the file header) and bad_offset where it lies in the file.
 */
struct elf_image {
	uint16_t type;       /* [h] ET_EXEC or ET_DYN */
	uint16_t phnum;      /* [h] */
	uint64_t phoff;      /* [h] file offset of the program headers */
	uint64_t phdrs_size; /* [h] their bytes: at most ELF_PHDR_BYTES_MAX */
	uint64_t entry;      /* [h] */
	const void *phdrs;   /* [s] the caller's copy of them; unaligned */
	unsigned loads;      /* [s] PT_LOADs that are not empty */
	uint64_t va_begin;   /* [s] page-aligned extent of all of them */
	uint64_t va_end;
	uint64_t align;   /* [s] the largest p_align, at least a page */
	uint64_t brk;     /* [s] end of the last one, not rounded */
	uint64_t phdr_va; /* [s] where the headers are loaded; 0 = not */
	struct elf_extent interp, tls, phdr, dynamic; /* [s] */
	bool has_stack;                               /* [s] PT_GNU_STACK */
	bool exec_stack; /* [s] it has PF_X; true if there is none */
	int bad_index;
	uint64_t bad_offset;
};

/*
 * Check the file header: bytes holds the first n of a file of file_size.
 * On success img says how many bytes to read at phoff.
 */
NODISCARD enum elf_reason elf_parse_header(struct elf_image *img,
					   const void *bytes, size_t n,
					   uint64_t file_size);

/*
 * Check the program headers: phdrs points to img->phdrs_size bytes that must
 * stay while img is used.
 */
NODISCARD enum elf_reason elf_parse_segments(struct elf_image *img,
					     const void *phdrs,
					     const struct elf_limits *limits);

/*
 * Walk the PT_LOADs that are not empty, in ascending order:
 *
 *	for (unsigned i = 0; elf_next_load(img, &i, &ph);)
 */
NODISCARD bool
elf_next_load(const struct elf_image *img, unsigned *i, Elf64_Phdr *out);

/* Copy program header i < img->phnum out. */
void elf_phdr(const struct elf_image *img, unsigned i, Elf64_Phdr *out);

/* Check the bytes of PT_INTERP: ended by NUL, not empty. */
NODISCARD enum elf_reason elf_check_interp(const char *path, size_t n);

/* A few words for a message. */
const char *elf_reason_text(enum elf_reason reason);

/* 0, -ENOEXEC (header), -EINVAL (segment) or -ENOMEM (beyond the limits). */
int elf_errno(enum elf_reason reason);
