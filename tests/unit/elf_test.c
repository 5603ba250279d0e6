/* SPDX-License-Identifier: MIT */
/* unit: kernel/lib/elf.c */

/*
 * A small sound image is made, then each test breaks one thing of it and
 * expects that very reason.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/elf.h"
#include "lib/errno.h"

#define SEGMENTS 7
#define SIZE     0x6000

enum {
	TEXT,
	RODATA,
	DATA,
	INTERP,
	TLS,
	DYNAMIC,
	STACK
};

static struct {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[SEGMENTS];
} f;

static struct elf_limits limits;
static struct elf_image img;

static int
make_sound(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	memcpy(f.eh.e_ident, ELFMAG, SELFMAG);
	f.eh.e_ident[EI_CLASS] = ELFCLASS64;
	f.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	f.eh.e_type = ET_EXEC;
	f.eh.e_machine = EM_X86_64;
	f.eh.e_phoff = sizeof(f.eh);
	f.eh.e_phentsize = sizeof(Elf64_Phdr);
	f.eh.e_phnum = SEGMENTS;
	f.eh.e_entry = 0x401010;
	f.ph[TEXT] = (Elf64_Phdr){ PT_LOAD,  PF_R | PF_X, 0,      0x401000,
				   0x401000, 0x1234,      0x1234, 0x1000 };
	f.ph[RODATA] = (Elf64_Phdr){ PT_LOAD,  PF_R,  0x2000, 0x404000,
				     0x404000, 0x800, 0x800,  0x1000 };
	f.ph[DATA] = (Elf64_Phdr){ PT_LOAD,  PF_R | PF_W, 0x3800, 0x406800,
				   0x406800, 0x900,       0x2000, 0x1000 };
	f.ph[INTERP] = (Elf64_Phdr){ PT_INTERP, PF_R, 0x2000, 0x404000,
				     0x404000,  28,   28,     1 };
	f.ph[TLS] = (Elf64_Phdr){ PT_TLS,   PF_R, 0x3800, 0x406800,
				  0x406800, 16,   64,     16 };
	f.ph[DYNAMIC] = (Elf64_Phdr){ PT_DYNAMIC, PF_R | PF_W, 0x3900, 0x406900,
				      0x406900,   0x100,       0x100,  8 };
	f.ph[STACK] =
		(Elf64_Phdr){ PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16 };
	limits = (struct elf_limits){ .file_size = SIZE };
	return 0;
}

/* Both stages; the program headers at an odd address. */
static enum elf_reason
parse(void)
{
	static char odd[sizeof(f.ph) + 1];
	enum elf_reason r;

	memcpy(odd + 1, f.ph, sizeof(f.ph));
	r = elf_parse_header(&img, &f.eh, sizeof(f.eh), limits.file_size);
	return r ? r : elf_parse_segments(&img, odd + 1, &limits);
}

static void
sound_image(void **state)
{
	Elf64_Phdr ph;
	unsigned i = 0;

	(void)state;
	limits.flags = ELF_NO_WRITE_EXEC | ELF_NO_SHARED_PAGE;
	assert_int_equal(parse(), ELF_FINE);
	assert_int_equal(img.loads, 3);
	assert_int_equal(img.va_begin, 0x401000);
	assert_int_equal(img.va_end, 0x409000);
	assert_int_equal(img.brk, 0x408800);
	assert_int_equal(img.phdr_va, 0x401040);
	assert_int_equal(img.align, 0x1000);
	assert_true(img.has_stack && !img.exec_stack);
	assert_true(img.interp.present && img.interp.filesz == 28);
	assert_true(img.tls.present && img.tls.memsz == 64);
	assert_true(img.dynamic.present && !img.phdr.present);
	assert_int_equal(img.bad_index, -1);
	assert_true(elf_next_load(&img, &i, &ph) && ph.p_vaddr == 0x401000);
	assert_true(elf_next_load(&img, &i, &ph) && ph.p_vaddr == 0x404000);
	assert_true(elf_next_load(&img, &i, &ph) && ph.p_vaddr == 0x406800);
	assert_false(elf_next_load(&img, &i, &ph));
}

static void
header_reasons(void **state)
{
	(void)state;
	assert_int_equal(elf_parse_header(&img, &f, 63, SIZE), ELF_TOO_SHORT);
	assert_int_equal(elf_parse_header(&img, &f, 64, 63), ELF_TOO_SHORT);
#define BREAK(field, value, reason)                           \
	do {                                                  \
		make_sound(NULL);                             \
		f.eh.field = (__typeof__(f.eh.field))(value); \
		assert_int_equal(parse(), reason);            \
		assert_int_equal(img.bad_index, -1);          \
	} while (0)
	BREAK(e_ident[0], 0, ELF_NO_MAGIC);
	BREAK(e_ident[EI_CLASS], ELFCLASS32, ELF_NOT_64);
	BREAK(e_ident[EI_DATA], ELFDATA2MSB, ELF_NOT_LITTLE);
	BREAK(e_machine, EM_AARCH64, ELF_NOT_X86_64);
	BREAK(e_type, ET_REL, ELF_BAD_TYPE);
	BREAK(e_type, ET_CORE, ELF_BAD_TYPE);
	BREAK(e_phentsize, 32, ELF_BAD_PHENTSIZE);
	BREAK(e_phnum, 0, ELF_BAD_PHNUM);
	BREAK(e_phnum, 1171, ELF_BAD_PHNUM);
	BREAK(e_phnum, 0xffff, ELF_BAD_PHNUM);
	BREAK(e_phoff, SIZE - 7 * 56 + 1, ELF_PHDRS_OUTSIDE);
	BREAK(e_phoff, UINT64_MAX - 8, ELF_PHDRS_OUTSIDE);
	BREAK(e_entry, 0x400fff, ELF_BAD_ENTRY);
	BREAK(e_entry, 0x401000 + 0x1234, ELF_BAD_ENTRY);
	BREAK(e_entry, 0x404000, ELF_BAD_ENTRY); /* not executable */
	BREAK(e_entry, 0x401000 + 0x1233, ELF_FINE);
#undef BREAK
}

#define BREAK(seg, field, value, reason)                                   \
	do {                                                               \
		make_sound(NULL);                                          \
		f.ph[seg].field = (value);                                 \
		assert_int_equal(parse(), reason);                         \
		if (reason != ELF_FINE) {                                  \
			assert_int_equal(img.bad_index, seg);              \
			assert_int_equal(img.bad_offset, 64 + 56 * (seg)); \
		}                                                          \
	} while (0)

static void
load_reasons(void **state)
{
	(void)state;
	BREAK(DATA, p_memsz, 0x8ff, ELF_FILE_LARGER);
	BREAK(DATA, p_memsz, UINT64_MAX, ELF_SEG_WRAPS);
	BREAK(DATA, p_memsz, 0 - 0x406800ULL + 1, ELF_SEG_WRAPS);
	BREAK(DATA, p_memsz, 0 - 0x406800ULL, ELF_SEG_LIMIT);
	BREAK(DATA, p_vaddr, 0xfffffffffffff800ULL, ELF_SEG_WRAPS);
	BREAK(DATA, p_vaddr, 0x406801, ELF_NOT_CONGRUENT);
	BREAK(DATA, p_align, 0x1800, ELF_BAD_ALIGN);
	BREAK(DATA, p_align, 0, ELF_FINE);
	BREAK(DATA, p_offset, SIZE - 0x800, ELF_SEG_OUTSIDE);
	BREAK(DATA, p_offset, UINT64_MAX - 0x7ff, ELF_SEG_OUTSIDE);
	BREAK(DATA, p_vaddr, 0x403800, ELF_UNSORTED);
	BREAK(RODATA, p_vaddr, 0x402000, ELF_OVERLAP);
	BREAK(RODATA, p_memsz, 0, ELF_FILE_LARGER);
	make_sound(NULL);
	f.ph[RODATA].p_filesz = f.ph[RODATA].p_memsz = 0;
	f.ph[INTERP].p_filesz = 28;
	assert_int_equal(parse(), ELF_FINE); /* an empty one is skipped */
	assert_int_equal(img.loads, 2);
}

static void
limits_hold(void **state)
{
	(void)state;
	limits.va_min = 0x401000;
	limits.va_end = 0x408800;
	assert_int_equal(parse(), ELF_FINE);
	limits.va_end = 0x4087ff;
	assert_int_equal(parse(), ELF_SEG_LIMIT);
	limits.va_end = 0;
	limits.va_min = 0x401001;
	assert_int_equal(parse(), ELF_SEG_LIMIT);
	limits.va_min = 0;
	limits.va_end = UINT64_MAX;
	f.ph[DATA].p_memsz = 0 - 0x406800ULL - 4095;
	assert_int_equal(parse(), ELF_SEG_LIMIT); /* no room to round up */
}

static void
permission_flags(void **state)
{
	(void)state;
	f.ph[DATA].p_flags |= PF_X;
	assert_int_equal(parse(), ELF_FINE);
	limits.flags = ELF_NO_WRITE_EXEC;
	assert_int_equal(parse(), ELF_WRITE_EXEC);
	make_sound(NULL);
	f.ph[DATA].p_vaddr = 0x404800;
	assert_int_equal(parse(), ELF_BAD_DYNAMIC);
	f.ph[DYNAMIC].p_vaddr = 0x404900;
	assert_int_equal(parse(), ELF_FINE);
	limits.flags = ELF_NO_SHARED_PAGE;
	assert_int_equal(parse(), ELF_SHARED_PAGE);
	f.ph[DATA].p_flags = PF_R;
	assert_int_equal(parse(), ELF_FINE);
}

static void
special_reasons(void **state)
{
	(void)state;
	BREAK(INTERP, p_filesz, 1, ELF_BAD_INTERP);
	BREAK(INTERP, p_filesz, 4097, ELF_BAD_INTERP);
	BREAK(INTERP, p_offset, SIZE - 27, ELF_BAD_INTERP);
	BREAK(INTERP, p_offset, UINT64_MAX, ELF_BAD_INTERP);
	BREAK(TLS, p_memsz, 15, ELF_BAD_TLS);
	BREAK(TLS, p_align, 3, ELF_BAD_TLS);
	BREAK(TLS, p_vaddr, UINT64_MAX - 3, ELF_BAD_TLS);
	BREAK(TLS, p_type, PT_INTERP, ELF_TWICE);
	BREAK(DYNAMIC, p_offset, SIZE, ELF_BAD_DYNAMIC);
	make_sound(NULL);
	f.ph[DYNAMIC].p_filesz = 0x900;
	assert_int_equal(parse(), ELF_BAD_DYNAMIC);
	make_sound(NULL);
	f.ph[STACK].p_flags |= PF_X;
	assert_int_equal(parse(), ELF_FINE);
	assert_true(img.exec_stack);
	f.ph[STACK].p_type = PT_NULL;
	assert_int_equal(parse(), ELF_FINE);
	assert_true(img.exec_stack && !img.has_stack);
	for (int i = TEXT; i <= DATA; i++)
		f.ph[i].p_type = PT_NULL;
	assert_int_equal(parse(), ELF_NO_LOAD);
}

static void
interp_bytes(void **state)
{
	(void)state;
	assert_int_equal(elf_check_interp("/ld", 4), ELF_FINE);
	assert_int_equal(elf_check_interp("/ld", 3), ELF_BAD_INTERP);
	assert_int_equal(elf_check_interp("\0\0", 2), ELF_BAD_INTERP);
	assert_int_equal(elf_check_interp("", 1), ELF_BAD_INTERP);
	assert_int_equal(elf_check_interp("", 0), ELF_BAD_INTERP);
}

/* Every reason has words and an errno; anything else is harmless. */
static void
reasons_complete(void **state)
{
	(void)state;
	assert_int_equal(elf_errno(ELF_FINE), 0);
	for (unsigned r = ELF_TOO_SHORT; r < ELF_REASONS; r++) {
		int err = elf_errno(r);

		assert_non_null(elf_reason_text(r));
		assert_true(err == -ENOEXEC || err == -EINVAL ||
			    err == -ENOMEM);
	}
	assert_string_equal(elf_reason_text(ELF_REASONS), "unknown");
	assert_int_equal(elf_errno(ELF_REASONS), -ENOEXEC);
}

/* Programs that Linux runs must be fine; this one included. */
static void
real_program(const char *path)
{
	static char bytes[1 << 24];
	FILE *fp = fopen(path, "rb");
	enum elf_reason r;

	if (!fp)
		return;
	limits.file_size = fread(bytes, 1, sizeof(bytes), fp);
	fclose(fp);
	limits.va_end = 0x7ffffffff000;
	r = elf_parse_header(&img, bytes, 64, limits.file_size);
	if (!r)
		r = elf_parse_segments(&img, bytes + img.phoff, &limits);
	assert_string_equal(elf_reason_text(r), "fine");
	assert_true(img.phdr_va != 0);
	if (img.interp.present)
		assert_int_equal(elf_check_interp(bytes + img.interp.offset,
						  img.interp.filesz),
				 ELF_FINE);
}

static void
real_programs(void **state)
{
	(void)state;
	real_program("/proc/self/exe");
	real_program("/bin/busybox");
	real_program("/bin/bash");
	real_program("/lib64/ld-linux-x86-64.so.2");
	real_program("/usr/bin/python3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sound_image, make_sound),
		cmocka_unit_test_setup(header_reasons, make_sound),
		cmocka_unit_test_setup(load_reasons, make_sound),
		cmocka_unit_test_setup(limits_hold, make_sound),
		cmocka_unit_test_setup(permission_flags, make_sound),
		cmocka_unit_test_setup(special_reasons, make_sound),
		cmocka_unit_test_setup(interp_bytes, make_sound),
		cmocka_unit_test_setup(reasons_complete, make_sound),
		cmocka_unit_test_setup(real_programs, make_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
