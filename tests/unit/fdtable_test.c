/* SPDX-License-Identifier: MIT */
/* unit: -iquote tests/unit/vfs -I tests/unit/vfs/sys kernel/proc/fdtable.c */

/*
 * fdtable_test.c - descriptor tables against a plain array, with every
 * allocation able to fail; each file's references are counted.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "fs/locks.h"
#include "proc/fdtable.h"

#define FILES 40
#define LIMIT 300

static struct file files[FILES];
static bool no_memory;

void *
kmalloc(size_t size)
{
	return no_memory ? NULL : calloc(1, size);
}

void
kfree(void *p)
{
	free(p);
}

/* Dropped on each close; the table is what owns them. */
void
file_locks_close(struct file *f, const void *owner)
{
	assert_non_null(f);
	assert_non_null(owner);
}

void
file_put(struct file *f)
{
	assert_true(refcount_read(&f->refs) > 1); /* the test keeps one */
	atomic_fetch_sub(&f->refs.n, 1);
}

static int
setup(void **state)
{
	for (int i = 0; i < FILES; i++)
		refcount_set(&files[i].refs, 1);
	no_memory = false;
	return 0;
}

static struct file *
hold(int i)
{
	file_get(&files[i]);
	return &files[i];
}

static void
nothing_leaks(void)
{
	for (int i = 0; i < FILES; i++)
		assert_int_equal(refcount_read(&files[i].refs), 1);
}

/* Install files[i]; on failure nothing was taken over. */
static int
install(struct fd_table *t, int i, int min, int limit, bool cloexec)
{
	struct file *f = hold(i);
	int fd = fd_install(t, f, min, limit, cloexec);

	if (fd < 0)
		file_put(f);
	return fd;
}

static void
test_lowest_free(void **state)
{
	struct fd_table *t = fd_table_create();

	for (int i = 0; i < 200; i++)
		assert_int_equal(install(t, i % FILES, 0, LIMIT, false), i);
	assert_int_equal(fd_close(t, 70), 0);
	assert_int_equal(fd_close(t, 3), 0);
	assert_int_equal(fd_close(t, 3), -EBADF);
	assert_int_equal(install(t, 0, 4, LIMIT, false), 70);
	assert_int_equal(install(t, 0, 0, LIMIT, false), 3);
	assert_int_equal(install(t, 0, 0, LIMIT, false), 200);
	assert_int_equal(install(t, 0, 250, LIMIT, false), 250);
	assert_int_equal(install(t, 0, 0, 201, false), -EMFILE);
	fd_table_put(t);
	nothing_leaks();
}

static void
test_pair_is_both_or_none(void **state)
{
	struct fd_table *t = fd_table_create();
	int fds[2];

	for (int i = 0; i < 63; i++)
		install(t, 0, 0, LIMIT, false);
	hold(1);
	hold(2);
	no_memory = true;
	assert_int_equal(
		fd_install_pair(t, &files[1], &files[2], LIMIT, false, fds),
		-ENOMEM);
	assert_null(fd_get(t, 63));
	no_memory = false;
	assert_int_equal(
		fd_install_pair(t, &files[1], &files[2], 64, false, fds),
		-EMFILE);
	assert_null(fd_get(t, 63));
	assert_int_equal(
		fd_install_pair(t, &files[1], &files[2], LIMIT, true, fds), 0);
	assert_int_equal(fds[0], 63);
	assert_int_equal(fds[1], 64);
	fd_table_close_on_exec(t);
	assert_int_equal(fd_close(t, 63), -EBADF);
	fd_table_put(t);
	nothing_leaks();
}

static void
test_copy_without_memory(void **state)
{
	struct fd_table *t = fd_table_create(), *copy;

	for (int i = 0; i < 100; i++)
		install(t, i % FILES, 0, LIMIT, i & 1);
	no_memory = true;
	assert_null(fd_table_copy(t));
	no_memory = false;
	copy = fd_table_copy(t);
	fd_table_close_on_exec(copy);
	assert_int_equal(fd_next(copy, 1), 2);
	assert_int_equal(fd_next(t, 1), 1);
	fd_table_put(t);
	assert_int_equal(install(copy, 0, 0, LIMIT, false), 1);
	fd_table_put(copy);
	nothing_leaks();
}

/* What a table should hold: file number + 1, 0 = nothing. */
struct model {
	int file[LIMIT];
	bool cloexec[LIMIT];
};

static void
check_slot(struct fd_table *t, const struct model *m, int fd)
{
	struct file *f = fd_get(t, fd);
	bool cloexec = false;

	assert_ptr_equal(f, m->file[fd] ? &files[m->file[fd] - 1] : NULL);
	if (!f)
		return;
	file_put(f);
	assert_true(fd_get_cloexec(t, fd, &cloexec));
	assert_int_equal(cloexec, m->cloexec[fd]);
}

static int
model_lowest(const struct model *m, int min)
{
	while (min < LIMIT && m->file[min])
		min++;
	return min;
}

static void
step(struct fd_table *t, struct model *m)
{
	int fd = (int)(random() % LIMIT), file = (int)(random() % FILES), got;
	bool cloexec = random() & 1;
	struct file *f;

	switch (random() % 4) {
	case 0:
		got = install(t, file, fd, LIMIT, cloexec);
		fd = model_lowest(m, fd);
		assert_int_equal(got, fd < LIMIT ? fd : -EMFILE);
		if (got < 0)
			return;
		break;
	case 1:
		f = hold(file);
		assert_int_equal(fd_replace(t, fd, f, LIMIT, cloexec), fd);
		break;
	case 2:
		assert_int_equal(fd_close(t, fd), m->file[fd] ? 0 : -EBADF);
		m->file[fd] = 0;
		return;
	default:
		assert_int_equal(fd_set_cloexec(t, fd, cloexec), !!m->file[fd]);
		m->cloexec[fd] = cloexec;
		return;
	}
	m->file[fd] = file + 1;
	m->cloexec[fd] = cloexec;
}

static void
test_random_operations(void **state)
{
	static struct model m;
	struct fd_table *t = fd_table_create(), *copy;

	srandom(7);
	for (int i = 0; i < 100000; i++) {
		step(t, &m);
		check_slot(t, &m, (int)(random() % LIMIT));
		if (i % 1000 == 0) {
			copy = fd_table_copy(t);
			for (int fd = 0; fd < LIMIT; fd++)
				check_slot(copy, &m, fd);
			fd_table_put(t);
			t = copy;
		}
	}
	assert_int_equal(fd_close_range(t, 5, 4, false), -EINVAL);
	assert_int_equal(fd_close_range(t, 0, UINT32_MAX, false), 0);
	nothing_leaks();
	fd_table_put(t);
}

/* A reserved slot is nobody's: not found, not copied, not taken by dup2. */
static void
test_reserved(void **state)
{
	struct fd_table *t = fd_table_create(), *copy;
	bool cloexec;
	int fd = fd_reserve(t, 0, LIMIT);

	assert_int_equal(fd, 0);
	assert_null(fd_get(t, fd));
	assert_int_equal(fd_close(t, fd), -EBADF);
	assert_false(fd_get_cloexec(t, fd, &cloexec));
	assert_int_equal(fd_replace(t, fd, hold(1), LIMIT, false), -EBUSY);
	file_put(&files[1]);
	assert_int_equal(install(t, 0, 0, LIMIT, false), 1);
	copy = fd_table_copy(t);
	assert_int_equal(install(copy, 0, 0, LIMIT, false), 0);
	fd_table_put(copy);
	fd_fill(t, fd, hold(2), true);
	assert_true(fd_get_cloexec(t, fd, &cloexec) && cloexec);
	assert_int_equal(fd_close(t, fd), 0);
	assert_int_equal(fd_reserve(t, 0, LIMIT), 0);
	fd_unreserve(t, 0);
	assert_int_equal(fd_reserve(t, 0, 0), -EMFILE);
	assert_int_equal(install(t, 0, 0, LIMIT, false), 0);
	fd_table_put(t);
}

/* Who only looks keeps nothing open, and makes nothing shared. */
static void
test_looked_at(void **state)
{
	struct fd_table *t = fd_table_create();

	install(t, 1, 0, LIMIT, false);
	fd_table_hold(t);
	assert_false(fd_table_is_shared(t));
	fd_table_get(t);
	assert_true(fd_table_is_shared(t));
	fd_table_put(t);
	assert_ptr_equal(fd_get(t, 0), &files[1]);
	file_put(&files[1]);
	fd_table_put(t);
	nothing_leaks();
	assert_null(fd_get(t, 0));
	assert_int_equal(fd_next(t, 0), -1);
	fd_table_drop(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reserved, setup),
		cmocka_unit_test_setup(test_lowest_free, setup),
		cmocka_unit_test_setup(test_looked_at, setup),
		cmocka_unit_test_setup(test_pair_is_both_or_none, setup),
		cmocka_unit_test_setup(test_copy_without_memory, setup),
		cmocka_unit_test_setup(test_random_operations, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
