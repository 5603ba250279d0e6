/* SPDX-License-Identifier: MIT */
/* unit: -Wl,--wrap=slab_alloc -Wl,--wrap=kmalloc -Wl,--wrap=kcalloc -Wl,--wrap=frame_alloc -Wl,--wrap=frame_alloc_block @vfs */

/*
 * vfs_oom_test.c - memory runs out at every allocation in turn: calls fail with
 * an errno, nothing is lost and nothing breaks.  Also what has no test of its
 * own elsewhere: unpacking an initramfs, sendfile.
 */

#include "vfs_fake.h"

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <string.h>

#include "mm/slab.h"

static struct fs_context *fs;
static long until_failure = -1; /* allocations left; below 0: never */

static bool
fails(void)
{
	return until_failure >= 0 && until_failure-- == 0;
}

void *__real_slab_alloc(struct slab_cache *c);
void *__wrap_slab_alloc(struct slab_cache *c);
void *
__wrap_slab_alloc(struct slab_cache *c)
{
	return fails() ? NULL : __real_slab_alloc(c);
}

void *__real_kmalloc(size_t size);
void *__wrap_kmalloc(size_t size);
void *
__wrap_kmalloc(size_t size)
{
	return fails() ? NULL : __real_kmalloc(size);
}

void *__real_kcalloc(size_t n, size_t size);
void *__wrap_kcalloc(size_t n, size_t size);
void *
__wrap_kcalloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_kcalloc(n, size);
}

struct frame *__real_frame_alloc(enum frame_kind kind, unsigned flags);
struct frame *__wrap_frame_alloc(enum frame_kind kind, unsigned flags);
struct frame *
__wrap_frame_alloc(enum frame_kind kind, unsigned flags)
{
	return fails() ? NULL : __real_frame_alloc(kind, flags);
}

struct frame *
__real_frame_alloc_block(enum frame_kind kind, unsigned order, unsigned flags);
struct frame *
__wrap_frame_alloc_block(enum frame_kind kind, unsigned order, unsigned flags);
struct frame *
__wrap_frame_alloc_block(enum frame_kind kind, unsigned order, unsigned flags)
{
	return fails() ? NULL : __real_frame_alloc_block(kind, order, flags);
}

static unsigned errors; /* of the calls of one round */

static bool
fine(long result)
{
	if (result >= 0)
		return true;
	errors++;
	return false;
}

/* --- what is done with little memory -------------------------------------- */

static const char long_name[] =
	"/m/a_name_that_is_too_long_to_be_kept_inside_of_the_dentry_itself";

static void
use_files(const struct walk *w)
{
	static char bytes[5 * PAGE_SIZE];
	struct file *f;
	struct path p;
	ssize_t n;

	if (fine(path_open(w, "/m/f", O_CREAT | O_RDWR, 0600, &f))) {
		n = file_write_kernel(f, bytes, sizeof(bytes), 0);
		errors += n < (ssize_t)sizeof(bytes);
		fine(file_allocate(f, 0, 0, 8 * PAGE_SIZE));
		fine(file_truncate(f, 100));
		file_put(f);
	}
	fine(path_rename(w, "/m/f", w, long_name, 0));
	fine(path_rename(w, long_name, w, "/m/g", 0));
	fine(path_link(w, "/m/g", 0, w, "/m/h"));
	fine(path_symlink(w, "d/../g", "/m/l"));
	fine(path_mkdir(w, "/m/d", 0700));
	if (fine(path_lookup(w, "/m/l", 0, &p)))
		path_put(&p);
	fine(path_unlink(w, "/m/h"));
}

static void
use_pipes(const struct walk *w)
{
	struct file *rd, *wr;
	struct uio_segment s;
	struct uio u;
	struct poll_entry e[60];

	if (!fine(pipe_create(0, &cred_root, &rd, &wr)))
		return;
	uio_kernel(&u, &s, (void *)(uintptr_t)long_name, 10);
	fine(file_write(wr, &u, NULL));
	fine(pipe_fcntl(rd, F_SETPIPE_SZ, 8192));
	for (unsigned i = 0; i < 60; i++)
		e[i] = (struct poll_entry){ .file = wr, .events = POLLERR };
	fine(file_poll_many(e, 60, UINT64_MAX - 1));
	file_put(rd);
	file_put(wr);
}

static void
use_contexts(const struct walk *w)
{
	struct fs_context *copy = fs_context_dup(fs);
	struct cred *c = cred_dup(&cred_root);

	errors += !copy + !c;
	if (copy)
		fs_context_put(copy);
	if (c)
		cred_put(c);
}

/* False: the round needed no more allocations than there were. */
static bool
round_failing_at(long n)
{
	struct walk w = { .fs = fs, .cred = &cred_root };

	errors = 0;
	until_failure = n;
	if (fine(path_mount(&w, "t", "/m", "tmpfs", 0, "size=1m"))) {
		use_files(&w);
		use_pipes(&w);
		use_contexts(&w);
		fine(path_umount(&w, "/m", 0));
	}
	if (until_failure >= 0) {
		until_failure = -1;
		return false;
	}
	until_failure = -1;
	if (!errors)
		fail_msg("allocation %ld failed and nobody said so", n);
	return true;
}

static uint64_t
cache_frames(void)
{
	struct frame_stats st;

	frame_stats(&st);
	return st.by_kind[FRAME_CACHE] + st.by_kind[FRAME_PIPE];
}

static void
every_allocation_fails_once(void **state)
{
	struct walk w = { .fs = fs, .cred = &cred_root };
	uint64_t objects;
	long n;

	assert_int_equal(path_mkdir(&w, "/m", 0700), 0);
	assert_false(round_failing_at(1000000));
	assert_int_equal(errors, 0);
	objects = vfs_objects();
	for (n = 0; round_failing_at(n); n++) {
		assert_int_equal(vfs_objects(), objects);
		assert_int_equal(cache_frames(), 0);
	}
	assert_true(n > 40);
}

/* --- initramfs ------------------------------------------------------------ */

static char archive[8192];
static size_t used;

static void
add(const char *name, unsigned ino, unsigned mode, unsigned nlink,
    const char *data)
{
	used += (size_t)sprintf(
		archive + used,
		"070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		ino, mode, 3u, 4u, nlink, 77u, (unsigned)strlen(data), 0u, 0u,
		1u, 3u, (unsigned)strlen(name) + 1, 0u);
	strcpy(archive + used, name);
	used = ALIGN_UP(used + strlen(name) + 1, 4UL);
	strcpy(archive + used, data);
	used = ALIGN_UP(used + strlen(data), 4UL);
}

static void
check_file(const char *name, const char *text, mode_t mode, unsigned nlink)
{
	struct walk w = { .fs = fs, .cred = &cred_root };
	char buf[64];
	struct stat st;
	struct file *f;

	assert_int_equal(path_open(&w, name, O_RDONLY, 0, &f), 0);
	file_stat(f, &st);
	assert_int_equal(st.st_mode, S_IFREG | mode);
	assert_int_equal(st.st_nlink, nlink);
	assert_int_equal(st.st_uid, 3);
	assert_int_equal(st.st_mtime, 77);
	assert_int_equal(file_read_kernel(f, buf, sizeof(buf), 0),
			 strlen(text));
	assert_memory_equal(buf, text, strlen(text));
	file_put(f);
}

static void
initramfs(void **state)
{
	struct walk w = { .fs = fs, .cred = &cred_root };
	struct path p;

	add(".", 1, 040755, 2, "");
	add("bin", 2, 040755, 2, "");
	add("bin/su", 3, 0104755, 1, "program");
	add("bin/one", 4, 0100644, 2, "");
	add("bin/two", 4, 0100644, 2, "shared");
	add("sh", 5, 0120777, 1, "bin/su");
	add("null", 6, 020666, 1, "");
	add("fifo", 7, 010600, 1, "");
	add("../escape", 8, 0100644, 1, "x");
	add("no/dir", 9, 0100644, 1, "x");
	add("TRAILER!!!", 0, 0, 1, "");
	add("bin/su", 3, 0104711, 1, "newer");
	assert_int_equal(initramfs_unpack(fs, archive, used), 9);
	check_file("/sh", "newer", 04711, 1);
	check_file("/bin/one", "shared", 0644, 2);
	check_file("/bin/two", "shared", 0644, 2);
	assert_int_equal(path_lookup(&w, "/null", 0, &p), 0);
	assert_int_equal(p.dentry->inode->rdev, dev_make(1, 3));
	path_put(&p);
	assert_int_equal(path_lookup(&w, "/escape", 0, &p), -ENOENT);
	assert_int_equal(initramfs_unpack(fs, "\x1f\x8b\x08\x00", 4), 0);
	assert_int_equal(initramfs_unpack(fs, archive, 200), 1);
}

/* --- sendfile ------------------------------------------------------------- */

static void
splices(void **state)
{
	struct walk w = { .fs = fs, .cred = &cred_root };
	static char in[300000], out[300000];
	uint64_t at = 1000;
	struct file *a, *b;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * 31 + i / 999);
	assert_int_equal(path_open(&w, "/a", O_CREAT | O_RDWR, 0600, &a), 0);
	assert_int_equal(path_open(&w, "/b", O_CREAT | O_RDWR, 0600, &b), 0);
	assert_int_equal(file_write_kernel(a, in, sizeof(in), 0), sizeof(in));
	assert_int_equal(file_splice(a, NULL, b, NULL, SIZE_MAX), sizeof(in));
	assert_int_equal(file_read_kernel(b, out, sizeof(out), 0), sizeof(out));
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(file_splice(a, NULL, b, NULL, 10), 0);
	assert_int_equal(file_splice(a, &at, b, NULL, 5000), 5000);
	assert_int_equal(at, 6000);
	assert_int_equal(file_seek(b, 0, SEEK_CUR), sizeof(in) + 5000);
	file_put(a);
	file_put(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_fails_once),
		cmocka_unit_test(initramfs),
		cmocka_unit_test(splices),
	};

	fs = vfs_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
