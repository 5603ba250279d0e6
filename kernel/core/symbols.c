/* SPDX-License-Identifier: MIT */
#include "core/symbols.h"

#include <linux/elf.h>

#include "lib/string.h"

/*
 * core/symbols.c - an index of the kernel's functions.
 *
 * Of the symbol table only the functions are kept: a sorted array of (offset
 * from the lowest address, place of the name), and behind it the names, in one
 * piece of memory.
 *
 *	entries[count] | names: "foo\0bar\0..."
 *
 * Looking up is a binary search.  Every offset of the file is checked against
 * its size before use, and all of it is copied out byte by byte, so neither a
 * hostile table nor an unaligned one does harm.
 *
 * Source: System V gABI, chapter 4 (symbol table).
 */

#define SYMBOL_NAME_MAX 120 /* longer names are cut */

struct entry {
	uint32_t offset; /* from index.low */
	uint32_t name;   /* from index.names */
};

static struct {
	uint64_t low; /* link address of the first function */
	uint64_t slide;
	uint32_t span; /* bytes from low to the end of the last one */
	uint32_t count;
	struct entry *entries;
	const char *names;
} functions RO_AFTER_BOOT; /* named so because index() is a libc function */

/* The file and the two tables found in it, all bounds checked. */
struct source {
	const char *bytes;
	size_t size;
	const char *symbols; /* Elf64_Sym, maybe unaligned */
	size_t symbol_count;
	const char *strings;
	size_t strings_size;
	uint64_t low, high; /* addresses of the functions */
	size_t count;       /* of them */
	size_t names_size;  /* with their NULs */
};

/* Are n bytes at offset inside the file? */
static bool
inside(const struct source *s, uint64_t offset, uint64_t n)
{
	return offset <= s->size && n <= s->size - offset;
}

static bool
section_read(const struct source *s, const Elf64_Ehdr *eh, size_t i,
	     Elf64_Shdr *out)
{
	uint64_t offset = i * sizeof(*out);

	if (i >= eh->e_shnum || !inside(s, eh->e_shoff, 0) ||
	    !inside(s, eh->e_shoff + offset, sizeof(*out)))
		return false;
	memcpy(out, s->bytes + eh->e_shoff + offset, sizeof(*out));
	return inside(s, out->sh_offset, out->sh_size);
}

static bool
find_tables(struct source *s)
{
	Elf64_Ehdr eh;
	Elf64_Shdr symbols, strings;

	if (!inside(s, 0, sizeof(eh)))
		return false;
	memcpy(&eh, s->bytes, sizeof(eh));
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 ||
	    eh.e_shentsize != sizeof(Elf64_Shdr))
		return false;
	for (size_t i = 0; i < eh.e_shnum; i++) {
		if (!section_read(s, &eh, i, &symbols) ||
		    symbols.sh_type != SHT_SYMTAB)
			continue;
		if (!section_read(s, &eh, symbols.sh_link, &strings) ||
		    strings.sh_type != SHT_STRTAB)
			return false;
		s->symbols = s->bytes + symbols.sh_offset;
		s->symbol_count = symbols.sh_size / sizeof(Elf64_Sym);
		s->strings = s->bytes + strings.sh_offset;
		s->strings_size = strings.sh_size;
		return true;
	}
	return false;
}

/* Symbol i, if it is a function with a name; *name_size is without its NUL. */
static bool
function_read(const struct source *s, size_t i, Elf64_Sym *out,
	      size_t *name_size)
{
	memcpy(out, s->symbols + i * sizeof(*out), sizeof(*out));
	if (ELF64_ST_TYPE(out->st_info) != STT_FUNC ||
	    out->st_shndx == SHN_UNDEF || out->st_name >= s->strings_size)
		return false;
	*name_size = strnlen(
		s->strings + out->st_name,
		MIN(s->strings_size - out->st_name, (size_t)SYMBOL_NAME_MAX));
	return *name_size > 0;
}

/* First pass: how much memory, and where the functions lie. */
static void
measure(struct source *s)
{
	Elf64_Sym sym;
	size_t name_size;

	s->low = UINT64_MAX;
	for (size_t i = 0; i < s->symbol_count; i++) {
		if (!function_read(s, i, &sym, &name_size))
			continue;
		s->count++;
		s->names_size += name_size + 1;
		s->low = MIN(s->low, sym.st_value);
	}
}

/* Second pass: copy. */
static void
fill(struct source *s, struct entry *entries, char *names)
{
	Elf64_Sym sym;
	size_t name_size, used = 0;
	uint64_t end;

	functions.count = 0;
	for (size_t i = 0; i < s->symbol_count; i++) {
		if (!function_read(s, i, &sym, &name_size) ||
		    sym.st_value - s->low >= UINT32_MAX)
			continue;
		entries[functions.count++] = (struct entry){
			.offset = (uint32_t)(sym.st_value - s->low),
			.name = (uint32_t)used,
		};
		memcpy(names + used, s->strings + sym.st_name, name_size);
		used += name_size;
		names[used++] = '\0';
		end = sym.st_value - s->low + MIN(sym.st_size, UINT32_MAX);
		functions.span = (uint32_t)MIN(MAX(end, functions.span),
					       (uint64_t)UINT32_MAX);
	}
}

/* Heap sort: no recursion, no worst case for a hostile table to ask for. */
static void
sift_down(struct entry *e, size_t i, size_t n)
{
	for (;;) {
		size_t child = 2 * i + 1;
		struct entry moved = e[i];

		if (child >= n)
			return;
		if (child + 1 < n && e[child + 1].offset > e[child].offset)
			child++;
		if (e[child].offset <= moved.offset)
			return;
		e[i] = e[child];
		e[child] = moved;
		i = child;
	}
}

static void
sort(struct entry *e, size_t n)
{
	for (size_t i = n / 2; i > 0; i--)
		sift_down(e, i - 1, n);
	for (size_t end = n; end > 1; end--) {
		struct entry last = e[end - 1];

		e[end - 1] = e[0];
		e[0] = last;
		sift_down(e, 0, end - 1);
	}
}

void
symbols_init(const void *elf, size_t size, uint64_t slide,
	     void *(*alloc)(size_t size))
{
	struct source s = { .bytes = elf, .size = size };
	size_t table_size;
	char *memory;

	functions.count = 0;
	functions.span = 0;
	if (!find_tables(&s))
		return;
	measure(&s);
	table_size = s.count * sizeof(struct entry);
	if (s.count == 0 || s.count >= UINT32_MAX || s.names_size >= UINT32_MAX)
		return;
	memory = alloc(table_size + s.names_size);
	if (!memory)
		return;
	functions.low = s.low;
	functions.slide = slide;
	functions.entries = (struct entry *)(void *)memory;
	functions.names = memory + table_size;
	fill(&s, functions.entries, memory + table_size);
	sort(functions.entries, functions.count);
}

struct symbol
symbol_find(vaddr_t pc)
{
	uint64_t offset = pc - functions.slide - functions.low;
	uint32_t low = 0, high = functions.count;

	if (functions.count == 0 || offset > functions.span)
		return (struct symbol){ "?", 0 };
	/* The last entry at or below offset; entry 0 is, its offset being 0. */
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (functions.entries[middle].offset <= offset)
			low = middle;
		else
			high = middle;
	}
	return (struct symbol){
		.name = functions.names + functions.entries[low].name,
		.offset = offset - functions.entries[low].offset,
	};
}
