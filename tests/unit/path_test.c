/* SPDX-License-Identifier: MIT */
/* unit: @vfs */

/*
 * path_test.c - names: components, walks, and everything done by name, over
 * tmpfs.
 */

#include "vfs_fake.h"

#include <string.h>

#include <linux/fs.h>

#include "lib/path.h"

static struct fs_context *fs;

static struct walk
root_walk(void)
{
	return (struct walk){ .fs = fs, .cred = &cred_root };
}

static int
do_mkdir(const char *name)
{
	struct walk w = root_walk();

	return path_mkdir(&w, name, 0777);
}

static int
do_open(const char *name, unsigned flags)
{
	struct walk w = root_walk();
	struct file *f;
	int err = path_open(&w, name, flags, 0644, &f);

	if (!err)
		file_put(f);
	return err;
}

static int
do_lookup(const char *name, unsigned flags)
{
	struct walk w = root_walk();
	struct path p;
	int err = path_lookup(&w, name, flags, &p);

	if (!err)
		path_put(&p);
	return err;
}

static int
do_rename(const char *old, const char *new, unsigned flags)
{
	struct walk w = root_walk();

	return path_rename(&w, old, &w, new, flags);
}

static int
do_symlink(const char *target, const char *name)
{
	struct walk w = root_walk();

	return path_symlink(&w, target, name);
}

static int
do_unlink(const char *name)
{
	struct walk w = root_walk();

	return path_unlink(&w, name);
}

static int
do_rmdir(const char *name)
{
	struct walk w = root_walk();

	return path_rmdir(&w, name);
}

/* --- components ----------------------------------------------------------- */

static void
parts(void **state)
{
	const char *rest = "//usr/./..//..a/b//";
	struct path_part p;

	path_next(&rest, &p);
	assert_int_equal(p.kind, PART_NAME);
	assert_int_equal(p.len, 3);
	assert_int_equal(p.hash, path_hash("usr", 3));
	assert_true(p.slash);
	path_next(&rest, &p);
	assert_int_equal(p.kind, PART_DOT);
	path_next(&rest, &p);
	assert_int_equal(p.kind, PART_DOTDOT);
	path_next(&rest, &p);
	assert_int_equal(p.kind, PART_NAME);
	assert_memory_equal(p.name, "..a", 3);
	path_next(&rest, &p);
	assert_int_equal(p.len, 1);
	assert_true(p.slash);
	assert_string_equal(rest, "");
	path_next(&rest, &p);
	assert_int_equal(p.kind, PART_NONE);
	assert_true(path_is_contained("a/b"));
	assert_true(path_is_contained("./a..b/..."));
	assert_false(path_is_contained(""));
	assert_false(path_is_contained("/a"));
	assert_false(path_is_contained("a/../b"));
	assert_false(path_is_contained("a/.."));
}

/* --- walks ---------------------------------------------------------------- */

static void
lookups(void **state)
{
	char name[NAME_MAX + 2];

	assert_int_equal(do_mkdir("/w"), 0);
	assert_int_equal(do_mkdir("/w/d"), 0);
	assert_int_equal(do_open("/w/f", O_CREAT | O_WRONLY), 0);
	assert_int_equal(do_lookup("/", 0), 0);
	assert_int_equal(do_lookup("/w/d/../f", 0), 0);
	assert_int_equal(do_lookup("/../../w/d/", 0), 0);
	assert_int_equal(do_lookup("/w/f/", 0), -ENOTDIR);
	assert_int_equal(do_lookup("/w/f/x", 0), -ENOTDIR);
	assert_int_equal(do_lookup("/w/f/..", 0), -ENOTDIR);
	assert_int_equal(do_lookup("/w/none", 0), -ENOENT);
	assert_int_equal(do_lookup("/w/none/x", 0), -ENOENT);
	assert_int_equal(do_lookup("", 0), -ENOENT);
	assert_int_equal(do_lookup("", WALK_EMPTY), 0);
	assert_int_equal(do_lookup("/w/f", WALK_DIRECTORY), -ENOTDIR);
	memset(name, 'n', sizeof(name));
	name[NAME_MAX + 1] = 0;
	assert_int_equal(do_lookup(name, 0), -ENAMETOOLONG);
	name[NAME_MAX] = 0;
	assert_int_equal(do_lookup(name, 0), -ENOENT);
	assert_int_equal(do_open(name, O_CREAT | O_WRONLY), 0);
	assert_int_equal(do_lookup(name, 0), 0);
	assert_int_equal(do_unlink(name), 0);
}

static void
symlinks(void **state)
{
	char link[32], target[32];

	assert_int_equal(do_mkdir("/s"), 0);
	assert_int_equal(do_mkdir("/s/dir"), 0);
	assert_int_equal(do_open("/s/dir/f", O_CREAT | O_WRONLY), 0);
	assert_int_equal(do_symlink("dir", "/s/l"), 0);
	assert_int_equal(do_symlink("/s/l/", "/s/abs"), 0);
	assert_int_equal(do_symlink("dir/f", "/s/file"), 0);
	assert_int_equal(do_symlink("loop", "/s/loop"), 0);
	assert_int_equal(do_symlink("gone", "/s/dangling"), 0);
	assert_int_equal(do_symlink("", "/s/empty"), -ENOENT);
	assert_int_equal(do_lookup("/s/l/f", 0), 0);
	assert_int_equal(do_lookup("/s/abs/../dir/f", 0), 0);
	assert_int_equal(do_lookup("/s/abs", WALK_NOFOLLOW), 0);
	assert_int_equal(do_lookup("/s/file/", 0), -ENOTDIR);
	assert_int_equal(do_lookup("/s/loop", 0), -ELOOP);
	assert_int_equal(do_lookup("/s/loop", WALK_NOFOLLOW), 0);
	assert_int_equal(do_lookup("/s/loop/", WALK_NOFOLLOW), -ELOOP);
	assert_int_equal(do_lookup("/s/dangling", 0), -ENOENT);
	assert_int_equal(do_open("/s/l", O_NOFOLLOW), -ELOOP);
	assert_int_equal(do_open("/s/l", O_NOFOLLOW | O_DIRECTORY), -ENOTDIR);
	assert_int_equal(do_open("/s/l", O_NOFOLLOW | O_PATH), 0);
	assert_int_equal(do_open("/s/dangling", O_CREAT | O_EXCL | O_WRONLY),
			 -EEXIST);
	assert_int_equal(do_open("/s/dangling", O_CREAT | O_WRONLY), 0);
	assert_int_equal(do_lookup("/s/gone", 0), 0);
	/* forty links are followed, forty-one are not */
	assert_int_equal(do_symlink("dir", "/s/0"), 0);
	for (int i = 1; i <= 40; i++) {
		snprintf(link, sizeof(link), "/s/%d", i);
		snprintf(target, sizeof(target), "%d", i - 1);
		assert_int_equal(do_symlink(target, link), 0);
	}
	assert_int_equal(do_lookup("/s/39/f", 0), 0);
	assert_int_equal(do_lookup("/s/40/f", 0), -ELOOP);
}

static void
open_flags(void **state)
{
	struct walk w = root_walk();
	struct file *f;

	assert_int_equal(do_mkdir("/o"), 0);
	assert_int_equal(do_open("/o/f", O_CREAT | O_EXCL | O_RDWR), 0);
	assert_int_equal(do_open("/o/f", O_CREAT | O_EXCL | O_RDWR), -EEXIST);
	assert_int_equal(do_open("/o", O_RDWR), -EISDIR);
	assert_int_equal(do_open("/o", O_CREAT), -EISDIR);
	assert_int_equal(do_open("/o/x/", O_CREAT | O_WRONLY), -EISDIR);
	assert_int_equal(do_open("/o/f", O_DIRECTORY), -ENOTDIR);
	assert_int_equal(do_open("/o", O_DIRECTORY), 0);
	assert_int_equal(do_open("/o", O_TMPFILE | O_RDWR), -EOPNOTSUPP);
	assert_int_equal(do_open("/o", O_TMPFILE), -EINVAL);
	assert_int_equal(do_open("/o/y", O_DIRECTORY | O_CREAT), -EINVAL);
	assert_int_equal(path_open(&w, "/o/f", O_PATH, 0, &f), 0);
	assert_int_equal(file_read_kernel(f, &w, 1, 0), -EBADF);
	file_put(f);
	assert_int_equal(
		path_mknod(&w, "/o/null", S_IFCHR | 0666, dev_make(1, 3)), 0);
	assert_int_equal(
		path_mknod(&w, "/o/no", S_IFCHR | 0666, dev_make(9, 9)), 0);
	assert_int_equal(path_open(&w, "/o/null", O_RDONLY, 0, &f), 0);
	assert_int_equal(file_read_kernel(f, &w, 1, 0), 0);
	f->flags |= O_NONBLOCK;
	assert_int_equal(file_read_kernel(f, &w, 1, 0), -EAGAIN);
	file_put(f);
	assert_int_equal(do_open("/o/no", O_RDONLY), -ENXIO);
}

/* --- changes -------------------------------------------------------------- */

static void
removals(void **state)
{
	assert_int_equal(do_mkdir("/r"), 0);
	assert_int_equal(do_mkdir("/r/d"), 0);
	assert_int_equal(do_mkdir("/r/d"), -EEXIST);
	assert_int_equal(do_mkdir("/r/d/"), -EEXIST);
	assert_int_equal(do_mkdir("/r/e/"), 0);
	assert_int_equal(do_mkdir("/"), -EEXIST);
	assert_int_equal(do_open("/r/d/f", O_CREAT | O_WRONLY), 0);
	assert_int_equal(do_rmdir("/r/d"), -ENOTEMPTY);
	assert_int_equal(do_rmdir("/r/d/f"), -ENOTDIR);
	assert_int_equal(do_unlink("/r/d"), -EISDIR);
	assert_int_equal(do_unlink("/r/d/f/"), -ENOTDIR);
	assert_int_equal(do_unlink("/r/d/none/"), -ENOENT);
	assert_int_equal(do_rmdir("/r/d/."), -EINVAL);
	assert_int_equal(do_rmdir("/r/d/.."), -ENOTEMPTY);
	assert_int_equal(do_rmdir("/"), -EBUSY);
	assert_int_equal(do_unlink("/r/d/f"), 0);
	assert_int_equal(do_rmdir("/r/d"), 0);
	assert_int_equal(do_lookup("/r/d", 0), -ENOENT);
}

static void
renames(void **state)
{
	assert_int_equal(do_mkdir("/m"), 0);
	assert_int_equal(do_mkdir("/m/a"), 0);
	assert_int_equal(do_mkdir("/m/a/b"), 0);
	assert_int_equal(do_mkdir("/m/c"), 0);
	assert_int_equal(do_open("/m/f", O_CREAT | O_WRONLY), 0);
	assert_int_equal(do_rename("/m/a", "/m/a/b/x", 0), -EINVAL);
	assert_int_equal(do_rename("/m/a/b", "/m/a", 0), -ENOTEMPTY);
	assert_int_equal(do_rename("/m/f", "/m/a", 0), -EISDIR);
	assert_int_equal(do_rename("/m/a", "/m/f", 0), -ENOTDIR);
	assert_int_equal(do_rename("/m/f", "/m/g/", 0), -ENOTDIR);
	assert_int_equal(do_rename("/m/f/", "/m/g", 0), -ENOTDIR);
	assert_int_equal(do_rename("/m/f", "/m/c", RENAME_NOREPLACE), -EEXIST);
	assert_int_equal(do_rename("/m/.", "/m/z", 0), -EBUSY);
	assert_int_equal(do_rename("/m/a", "/m/c/", 0), 0);
	assert_int_equal(do_lookup("/m/c/b", 0), 0);
	assert_int_equal(do_lookup("/m/a", 0), -ENOENT);
	assert_int_equal(do_rename("/m/f", "/m/c", RENAME_EXCHANGE), 0);
	assert_int_equal(do_lookup("/m/f/b", 0), 0);
	assert_int_equal(do_open("/m/c", O_RDWR), 0);
	assert_int_equal(do_rename("/m/f/b", "/m/b", 0), 0);
	assert_int_equal(do_rename("/m/c", "/m/b", RENAME_EXCHANGE), 0);
	assert_int_equal(do_rmdir("/m/c"), 0);
	assert_int_equal(do_rename("/m/b", "/m/b", 0), 0);
}

static void
long_names(void **state)
{
	char a[200] = "/l/", b[200] = "/l/";

	memset(a + 3, 'a', 150);
	memset(b + 3, 'b', 120);
	assert_int_equal(do_mkdir("/l"), 0);
	assert_int_equal(do_mkdir(a), 0);
	assert_int_equal(do_rename(a, "/l/s", 0), 0);
	assert_int_equal(do_rename("/l/s", b, 0), 0);
	assert_int_equal(do_mkdir("/l/t"), 0);
	assert_int_equal(do_rename("/l/t", b, RENAME_EXCHANGE), 0);
	assert_int_equal(do_mkdir(a), 0);
	assert_int_equal(do_rename(a, b, RENAME_EXCHANGE), 0);
	assert_int_equal(do_rename(a, b, 0), 0);
	assert_int_equal(do_rmdir(b), 0);
	assert_int_equal(do_rmdir("/l/t"), 0);
	assert_int_equal(do_rmdir("/l"), 0);
}

static void
names_of_places(void **state)
{
	struct walk w = root_walk();
	struct path p, root;
	char buf[64], small[4];

	assert_int_equal(do_mkdir("/n"), 0);
	assert_int_equal(do_mkdir("/n/m"), 0);
	fs_context_paths(fs, &root, NULL);
	assert_int_equal(path_name(&root, &root, buf, sizeof(buf)), 1);
	assert_string_equal(buf, "/");
	assert_int_equal(path_lookup(&w, "/n/m", 0, &p), 0);
	assert_int_equal(path_name(&p, &root, buf, sizeof(buf)), 4);
	assert_string_equal(buf, "/n/m");
	assert_int_equal(path_name(&p, &root, small, 4), -ENAMETOOLONG);
	assert_int_equal(do_rmdir("/n/m"), 0);
	assert_true(path_deleted(&p));
	assert_true(path_name(&p, &root, buf, sizeof(buf)) > 0);
	assert_string_equal(buf, "/n/m (deleted)");
	/* nothing can be made in it any more */
	w.base = &p;
	assert_int_equal(path_mkdir(&w, "x", 0777), -ENOENT);
	assert_int_equal(path_lookup(&w, "..", 0, &root), 0);
	path_put(&root);
	path_put(&p);
	fs_context_paths(fs, &root, NULL);
	path_put(&root);
	path_put(&root);
}

/* --- permissions ---------------------------------------------------------- */

static struct cred user = {
	.refs = { 1 },
	.user = { 1000, 1000, 1000, 1000 },
	.group = { 1000, 1000, 1000, 1000 },
};

static const struct cred *
the_user(void)
{
	return &user;
}

static int
chown_as(const char *name, uid_t uid, gid_t gid, const struct cred *c)
{
	struct walk w = root_walk();
	struct inode_attr a = { .bits = ATTR_UID | ATTR_GID,
				.uid = uid,
				.gid = gid };
	struct path p;
	int err;

	assert_int_equal(path_lookup(&w, name, 0, &p), 0);
	err = path_setattr(&p, c, &a);
	path_put(&p);
	return err;
}

static int
chmod_as(const char *name, mode_t mode, const struct cred *c)
{
	struct walk w = root_walk();
	struct inode_attr a = { .bits = ATTR_MODE, .mode = mode };
	struct path p;
	int err;

	assert_int_equal(path_lookup(&w, name, 0, &p), 0);
	err = path_setattr(&p, c, &a);
	path_put(&p);
	return err;
}

static mode_t
mode_of(const char *name)
{
	struct walk w = root_walk();
	struct path p;
	mode_t mode;

	assert_int_equal(path_lookup(&w, name, 0, &p), 0);
	mode = p.dentry->inode->mode & 07777;
	path_put(&p);
	return mode;
}

static void
permissions(void **state)
{
	struct walk w = { .fs = fs, .cred = &user };
	struct path p;
	struct file *f;

	assert_int_equal(do_mkdir("/p"), 0);
	assert_int_equal(do_mkdir("/p/shut"), 0);
	assert_int_equal(do_open("/p/shut/f", O_CREAT | O_WRONLY), 0);
	assert_int_equal(chmod_as("/p/shut", 0700, &cred_root), 0);
	assert_int_equal(path_lookup(&w, "/p/shut/f", 0, &p), -EACCES);
	assert_int_equal(path_mkdir(&w, "/p/x", 0777), -EACCES);
	assert_int_equal(chmod_as("/p", 01777, &cred_root), 0);
	assert_int_equal(path_rmdir(&w, "/p/shut"), -EPERM);
	assert_int_equal(path_open(&w, "/p/mine", O_CREAT | O_RDWR, 06755, &f),
			 0);
	assert_int_equal(mode_of("/p/mine"), 06755);
	cred_set_current_source(the_user);
	assert_int_equal(file_write_kernel(f, "x", 1, 0), 1);
	cred_set_current_source(NULL);
	assert_int_equal(mode_of("/p/mine"), 0755);
	file_put(f);
	assert_int_equal(chmod_as("/p/mine", 06711, &user), 0);
	assert_int_equal(chown_as("/p/mine", 1000, 7, &user), -EPERM);
	assert_int_equal(chown_as("/p/mine", 1000, 1000, &user), 0);
	assert_int_equal(mode_of("/p/mine"), 0711);
	assert_int_equal(chown_as("/p/mine", 0, 0, &cred_root), 0);
	assert_int_equal(chmod_as("/p/mine", 0600, &user), -EPERM);
	assert_int_equal(path_open(&w, "/p/mine", O_RDONLY, 0, &f), -EACCES);
	assert_int_equal(path_unlink(&w, "/p/mine"), -EPERM);
	assert_int_equal(do_unlink("/p/mine"), 0);
}

static void
read_only_exec(void **state)
{
	struct walk w = root_walk();
	struct path p;

	assert_int_equal(do_open("/plain", O_CREAT | O_WRONLY), 0);
	assert_int_equal(path_lookup(&w, "/plain", 0, &p), 0);
	assert_int_equal(path_access(&p, MAY_EXEC, &cred_root), -EACCES);
	assert_int_equal(path_access(&p, MAY_READ | MAY_WRITE, &cred_root), 0);
	path_put(&p);
	assert_int_equal(do_unlink("/plain"), 0);
}

/* --- mounts --------------------------------------------------------------- */

static void
count_line(void *arg, const struct mount_line *l)
{
	if (!strcmp(l->target, "/mnt") && !strcmp(l->type, "tmpfs"))
		*(unsigned *)arg += 1;
}

static int
mount_at(const char *source, const char *target, unsigned long flags,
	 const char *options)
{
	struct walk w = root_walk();

	return path_mount(&w, source, target, "tmpfs", flags, options);
}

static int
umount_at(const char *target, unsigned flags)
{
	struct walk w = root_walk();

	return path_umount(&w, target, flags);
}

static void
mounts(void **state)
{
	struct walk w = root_walk();
	struct path p, root;
	unsigned lines = 0;

	assert_int_equal(do_mkdir("/mnt"), 0);
	assert_int_equal(do_mkdir("/mnt/under"), 0);
	assert_int_equal(mount_at("t", "/mnt", 0, "size=1m,mode=700"), 0);
	assert_int_equal(do_lookup("/mnt/under", 0), -ENOENT);
	assert_int_equal(mode_of("/mnt"), 0700);
	assert_int_equal(do_mkdir("/mnt/a"), 0);
	assert_int_equal(do_lookup("/mnt/a/../../mnt/a", 0), 0);
	assert_int_equal(do_rmdir("/mnt"), -EBUSY);
	assert_int_equal(do_rename("/mnt", "/mnt2", 0), -EBUSY);
	assert_int_equal(do_rename("/mnt/a", "/a", 0), -EXDEV);
	fs_context_paths(fs, &root, NULL);
	mount_each(&root, count_line, &lines);
	path_put(&root);
	assert_int_equal(lines, 1);
	assert_int_equal(path_lookup(&w, "/mnt/a", 0, &p), 0);
	assert_int_equal(umount_at("/mnt", 0), -EBUSY);
	assert_int_equal(umount_at("/mnt/a", 0), -EINVAL);
	path_put(&p);
	assert_int_equal(mount_at("t", "/mnt", 32 | 1, NULL), 0);
	assert_int_equal(do_mkdir("/mnt/b"), -EROFS);
	assert_int_equal(do_open("/mnt/b", O_CREAT | O_WRONLY), -EROFS);
	assert_int_equal(umount_at("/mnt", 0), 0);
	assert_int_equal(do_lookup("/mnt/under", 0), 0);
	assert_int_equal(umount_at("/mnt", 0), -EINVAL);
	assert_int_equal(umount_at("/", 0), -EBUSY);
	assert_int_equal(mount_at("t", "/mnt", 0, "wrong=1"), -EINVAL);
	assert_int_equal(mount_at("t", "/mnt", 0, "size=x"), -EINVAL);
	assert_int_equal(mount_at("t", "/mnt", 1UL << 30, NULL), -EINVAL);
	assert_int_equal(path_mount(&w, "t", "/mnt", "nofs", 0, NULL), -ENODEV);
}

static void
bind_mounts(void **state)
{
	struct walk w = root_walk();
	struct path p;
	char buf[64];

	assert_int_equal(do_mkdir("/src"), 0);
	assert_int_equal(do_mkdir("/src/in"), 0);
	assert_int_equal(do_mkdir("/dst"), 0);
	assert_int_equal(mount_at("/src", "/dst", 4096, NULL), 0);
	assert_int_equal(do_lookup("/dst/in", 0), 0);
	assert_int_equal(path_lookup(&w, "/dst/in", 0, &p), 0);
	assert_int_equal(path_name(&p, NULL, buf, sizeof(buf)), 7);
	assert_string_equal(buf, "/dst/in");
	assert_int_equal(umount_at("/dst", 0), -EBUSY);
	assert_int_equal(umount_at("/dst", 2), 0);
	assert_int_equal(do_lookup("/dst/in", 0), -ENOENT);
	path_put(&p);
	assert_int_equal(do_rmdir("/src/in"), 0);
	assert_int_equal(do_rmdir("/src"), 0);
	assert_int_equal(do_rmdir("/dst"), 0);
}

/* Nothing stays behind a mount that is gone. */
static void
mount_leaks_nothing(void **state)
{
	uint64_t before = vfs_objects();
	char name[64];

	for (int round = 0; round < 3; round++) {
		assert_int_equal(mount_at("t", "/mnt", 0, NULL), 0);
		for (int i = 0; i < 2000; i++) {
			snprintf(name, sizeof(name), "/mnt/%d", i % 1000);
			do_open(name, i < 1000 ? O_CREAT | O_WRONLY : O_RDONLY);
			snprintf(name, sizeof(name), "/mnt/no%d", i);
			assert_int_equal(do_lookup(name, 0), -ENOENT);
		}
		assert_int_equal(umount_at("/mnt", 0), 0);
	}
	assert_int_equal(vfs_objects(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(lookups),
		cmocka_unit_test(symlinks),
		cmocka_unit_test(open_flags),
		cmocka_unit_test(removals),
		cmocka_unit_test(renames),
		cmocka_unit_test(long_names),
		cmocka_unit_test(names_of_places),
		cmocka_unit_test(permissions),
		cmocka_unit_test(read_only_exec),
		cmocka_unit_test(mounts),
		cmocka_unit_test(bind_mounts),
		cmocka_unit_test(mount_leaks_nothing),
	};

	fs = vfs_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
