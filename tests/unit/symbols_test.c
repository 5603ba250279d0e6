/* SPDX-License-Identifier: MIT */
/* unit: kernel/core/symbols.c */

/*
 * symbols_test.c - a symbol table made by hand: every function is found at its
 * first, middle and last byte; broken files leave names unknown.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/elf.h>

#include "core/symbols.h"

#define LINK_VA 0xffffffff80000000ULL
#define SLIDE   0x12400000ULL
#define COUNT   500

/* Null section, symbols, strings. */
struct file {
	Elf64_Ehdr header;
	Elf64_Shdr sections[3];
	Elf64_Sym symbols[COUNT + 3];
	char strings[COUNT * 20];
};

static struct file file;
static void *memory;
static bool no_memory;

static void *
give(size_t size)
{
	free(memory);
	memory = no_memory ? NULL : malloc(size);
	return memory;
}

static uint64_t
address(int i)
{
	return LINK_VA + 0x1000 + (uint64_t)i * 48;
}

/* Functions in no order, between other symbols. */
static int
make_file(UNUSED void **state)
{
	size_t used = 1;

	memset(&file, 0, sizeof(file));
	memcpy(file.header.e_ident, ELFMAG, SELFMAG);
	file.header.e_shoff = offsetof(struct file, sections);
	file.header.e_shentsize = sizeof(Elf64_Shdr);
	file.header.e_shnum = 3;
	file.sections[1] = (Elf64_Shdr){
		.sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(struct file, symbols),
		.sh_size = sizeof(file.symbols),
		.sh_link = 2,
	};
	file.sections[2] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct file, strings),
		.sh_size = sizeof(file.strings),
	};
	for (int n = 0; n < COUNT; n++) {
		int i = n * 173 % COUNT;

		file.symbols[n + 2] = (Elf64_Sym){
			.st_name = (Elf64_Word)used,
			.st_info = STB_GLOBAL << 4 | STT_FUNC,
			.st_shndx = 1,
			.st_value = address(i),
			.st_size = 40,
		};
		used += (size_t)sprintf(file.strings + used, "function_%d", i) +
			1;
	}
	/* Data is no function. */
	file.symbols[1] = file.symbols[2];
	file.symbols[1].st_info = STB_GLOBAL << 4 | STT_OBJECT;
	file.symbols[1].st_value = LINK_VA;
	no_memory = false;
	return 0;
}

static int
clean_up(UNUSED void **state)
{
	symbols_init("", 0, 0, give);
	free(memory);
	memory = NULL;
	return 0;
}

static void
load(void)
{
	symbols_init(&file, sizeof(file), SLIDE, give);
}

static void
expect_unknown(vaddr_t pc)
{
	struct symbol s = symbol_find(pc);

	assert_string_equal(s.name, "?");
	assert_int_equal(s.offset, 0);
}

static void
test_finds_each_byte(UNUSED void **state)
{
	char name[32];

	load();
	for (int i = 0; i < COUNT; i++) {
		sprintf(name, "function_%d", i);
		for (uint64_t at = 0; at < 48; at++) {
			struct symbol s;

			if (i == COUNT - 1 && at > 40)
				break;
			s = symbol_find(address(i) + SLIDE + at);
			assert_string_equal(s.name, name);
			assert_int_equal(s.offset, at);
		}
	}
}

static void
test_outside_is_unknown(UNUSED void **state)
{
	load();
	expect_unknown(0);
	expect_unknown(UINT64_MAX);
	expect_unknown(LINK_VA + SLIDE);
	expect_unknown(address(0) + SLIDE - 1);
	expect_unknown(address(COUNT - 1) + SLIDE + 41);
	expect_unknown(address(0));
}

/* The file's memory is reclaimed afterwards. */
static void
test_keeps_nothing_of_the_file(UNUSED void **state)
{
	load();
	memset(&file, 0xa5, sizeof(file));
	assert_string_equal(symbol_find(address(7) + SLIDE).name, "function_7");
}

static void
test_without_memory(UNUSED void **state)
{
	no_memory = true;
	load();
	expect_unknown(address(0) + SLIDE);
}

static void
test_broken_tables(UNUSED void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		size_t size;
	} broken[] = {
		{ offsetof(struct file, header.e_shoff), UINT64_MAX, 8 },
		{ offsetof(struct file, header.e_shoff), UINT64_MAX - 64, 8 },
		{ offsetof(struct file, header.e_shoff), sizeof(file) - 64, 8 },
		{ offsetof(struct file, header.e_shentsize), 63, 2 },
		{ offsetof(struct file, header.e_shnum), 0, 2 },
		{ offsetof(struct file, header.e_ident), 0, 4 },
		{ offsetof(struct file, sections[1].sh_offset), UINT64_MAX, 8 },
		{ offsetof(struct file, sections[1].sh_size), UINT64_MAX, 8 },
		{ offsetof(struct file, sections[1].sh_size), 23, 8 },
		{ offsetof(struct file, sections[1].sh_link), 3, 4 },
		{ offsetof(struct file, sections[1].sh_link), 1, 4 },
		{ offsetof(struct file, sections[2].sh_offset), sizeof(file),
		  8 },
		{ offsetof(struct file, sections[2].sh_size), 1, 8 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		make_file(NULL);
		load();
		memcpy((char *)&file + broken[i].offset, &broken[i].value,
		       broken[i].size);
		load();
		expect_unknown(address(0) + SLIDE);
	}
}

static void
test_truncated_anywhere(UNUSED void **state)
{
	for (size_t size = 0; size < sizeof(file); size += 61) {
		/* A copy of that size, so that reading past it is noticed. */
		char *copy = malloc(size ? size : 1);

		memcpy(copy, &file, size);
		symbols_init(copy, size, SLIDE, give);
		expect_unknown(address(0) + SLIDE);
		free(copy);
	}
}

static void
test_endless_name_is_cut(UNUSED void **state)
{
	memset(file.strings + 1, 'x', sizeof(file.strings) - 1);
	load();
	for (int i = 0; i < COUNT; i++)
		assert_true(strlen(symbol_find(address(i) + SLIDE).name) <=
			    120);
}

static void
test_wild_addresses(UNUSED void **state)
{
	file.symbols[2].st_value = 0;
	file.symbols[3].st_value = UINT64_MAX;
	file.symbols[3].st_size = UINT64_MAX;
	load();
	/* Everything is too far from the lowest one: unknown, not wrong. */
	expect_unknown(address(5) + SLIDE);
	assert_string_not_equal(symbol_find(SLIDE).name, "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_finds_each_byte, make_file,
						clean_up),
		cmocka_unit_test_setup_teardown(test_outside_is_unknown,
						make_file, clean_up),
		cmocka_unit_test_setup_teardown(test_keeps_nothing_of_the_file,
						make_file, clean_up),
		cmocka_unit_test_setup_teardown(test_without_memory, make_file,
						clean_up),
		cmocka_unit_test_setup_teardown(test_broken_tables, make_file,
						clean_up),
		cmocka_unit_test_setup_teardown(test_truncated_anywhere,
						make_file, clean_up),
		cmocka_unit_test_setup_teardown(test_endless_name_is_cut,
						make_file, clean_up),
		cmocka_unit_test_setup_teardown(test_wild_addresses, make_file,
						clean_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
