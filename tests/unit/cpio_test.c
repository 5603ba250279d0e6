/* SPDX-License-Identifier: MIT */
/* unit: kernel/lib/cpio.c kernel/lib/path.c */

/*
 * cpio_test.c - newc archives, sound and broken.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cpio.h"

static char archive[65536];
static size_t used;

static void
pad(void)
{
	while (used % 4)
		archive[used++] = 0;
}

static void
add(const char *name, unsigned mode, const char *data, const char *magic,
    unsigned sum)
{
	used += (size_t)sprintf(
		archive + used,
		"%s%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08x", magic,
		5u, mode, 1u, 2u, 1u, 7u, (unsigned)strlen(data), 3u, 4u, 8u,
		9u, (unsigned)strlen(name) + 1, sum);
	strcpy(archive + used, name);
	used += strlen(name) + 1;
	pad();
	memcpy(archive + used, data, strlen(data));
	used += strlen(data);
	pad();
}

static int
reset(void **state)
{
	memset(archive, 0, sizeof(archive));
	used = 0;
	return 0;
}

/* Read from an exact copy, so that a byte too far is seen. */
static enum cpio_status
read_first(size_t size, struct cpio_entry *e, unsigned *entries)
{
	struct cpio_reader r;
	enum cpio_status s;
	char *copy = malloc(size ? size : 1);

	memcpy(copy, archive, size);
	cpio_open(&r, copy, size);
	*entries = 0;
	do {
		s = cpio_next(&r, e);
		*entries += s == CPIO_ENTRY;
	} while (s == CPIO_ENTRY || cpio_status_skips(s));
	free(copy);
	return s;
}

static void
sound(void **state)
{
	struct cpio_reader r;
	struct cpio_entry e;

	add("etc/passwd", 0100644, "root", "070701", 0);
	add("x", 0100644, "abc", "070702", 'a' + 'b' + 'c');
	add("TRAILER!!!", 0, "", "070701", 0);
	used += 512;
	add("second", 040755, "", "070701", 0);
	cpio_open(&r, archive, used);
	assert_int_equal(cpio_next(&r, &e), CPIO_ENTRY);
	assert_string_equal(e.name, "etc/passwd");
	assert_int_equal(e.ino, 5);
	assert_int_equal(e.mode, 0100644);
	assert_int_equal(e.uid, 1);
	assert_int_equal(e.gid, 2);
	assert_int_equal(e.mtime, 7);
	assert_int_equal(e.size, 4);
	assert_int_equal(e.dev_major, 3);
	assert_int_equal(e.rdev_minor, 9);
	assert_memory_equal(e.data, "root", 4);
	assert_int_equal(cpio_next(&r, &e), CPIO_ENTRY);
	assert_string_equal(e.name, "x");
	assert_int_equal(cpio_next(&r, &e), CPIO_ENTRY);
	assert_string_equal(e.name, "second");
	assert_int_equal(cpio_next(&r, &e), CPIO_END);
	assert_int_equal(cpio_next(&r, &e), CPIO_END);
}

static void
bad_names(void **state)
{
	static const char *const bad[] = { "/abs", "..",        "a/../b",
					   "a/..", "../../etc", "" };
	struct cpio_reader r;
	struct cpio_entry e;

	for (unsigned i = 0; i < 6; i++)
		add(bad[i], 0100644, "data", "070701", 0);
	add("good..", 0100644, "data", "070701", 0);
	add("sum", 0100644, "data", "070702", 1);
	cpio_open(&r, archive, used);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(cpio_next(&r, &e), CPIO_BAD_NAME);
	assert_int_equal(cpio_next(&r, &e), CPIO_ENTRY);
	assert_int_equal(cpio_next(&r, &e), CPIO_BAD_SUM);
	assert_int_equal(cpio_next(&r, &e), CPIO_END);
}

static void
truncated_anywhere(void **state)
{
	struct cpio_entry e;
	enum cpio_status s;
	unsigned n;

	add("one", 0100644, "12345", "070701", 0);
	add("two", 0100644, "6789", "070701", 0);
	for (size_t size = 0; size <= used; size++) {
		s = read_first(size, &e, &n);
		assert_true(n <= 2);
		assert_true(s == CPIO_TRUNCATED || s == CPIO_END);
	}
	assert_int_equal(read_first(used, &e, &n), CPIO_END);
	assert_int_equal(n, 2);
}

static void
absurd_fields(void **state)
{
	struct cpio_entry e;
	unsigned n;

	add("one", 0100644, "12345", "070701", 0);
	memcpy(archive + 54, "FFFFFFFF", 8); /* file size */
	assert_int_equal(read_first(used, &e, &n), CPIO_TRUNCATED);
	memcpy(archive + 54, "0000000G", 8);
	assert_int_equal(read_first(used, &e, &n), CPIO_BAD_FIELD);
	memcpy(archive + 54, "00000005", 8);
	memcpy(archive + 94, "FFFFFFFF", 8); /* name size */
	assert_int_equal(read_first(used, &e, &n), CPIO_BAD_FIELD);
	memcpy(archive + 94, "00000000", 8);
	assert_int_equal(read_first(used, &e, &n), CPIO_BAD_FIELD);
	memcpy(archive + 94, "00000003", 8); /* no NUL */
	assert_int_equal(read_first(used, &e, &n), CPIO_BAD_FIELD);
	memcpy(archive, "070707", 6);
	assert_int_equal(read_first(used, &e, &n), CPIO_BAD_MAGIC);
}

static void
compressions(void **state)
{
	assert_string_equal(cpio_compression("\x1f\x8b\x08", 3), "gzip");
	assert_string_equal(cpio_compression("\x28\xb5\x2f\xfd", 4), "zstd");
	assert_null(cpio_compression("070701", 6));
	assert_null(cpio_compression("\x1f", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sound, reset),
		cmocka_unit_test_setup(bad_names, reset),
		cmocka_unit_test_setup(truncated_anywhere, reset),
		cmocka_unit_test_setup(absurd_fields, reset),
		cmocka_unit_test(compressions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
