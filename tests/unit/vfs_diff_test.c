/* SPDX-License-Identifier: MIT */
/* unit: @vfs */

/*
 * vfs_diff_test.c - the file layer against the Linux it runs on.
 *
 * Random calls with random names go to fs/ and, in a chroot on a tmpfs of its
 * own, to the host's kernel; every result and what stat(2), readlink(2),
 * read(2) and a directory listing show must be the same.  Needs root, and is
 * skipped without.  VFS_SEED and VFS_ROUNDS choose the
 * run, VFS_TRACE prints it.
 */

#define _GNU_SOURCE
#include "vfs_fake.h"

#include <errno.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLOTS    6
#define BYTES    20000
#define NAME_BUF 160
#define USER_ID  1000

static struct fs_context *fs;
static uint64_t seed = 1;
static unsigned long call_number;
static bool protected_links, protected_sticky, trace, allocates;
static const char *watched;

/* One open file on both sides. */
static struct {
	struct file *file;
	int fd;
} slots[SLOTS];

static struct cred user = {
	.refs = { 1 },
	.user = { .real = USER_ID, .fs = USER_ID },
	.group = { .real = USER_ID, .fs = USER_ID },
};
static const struct cred *who = &cred_root;
static struct path base; /* of relative names, if base_fd >= 0 */
static int base_fd;

static char ours[BYTES], theirs[BYTES];

/* The leak check needs /proc, which the sandbox has not. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* --- chance --------------------------------------------------------------- */

static unsigned
rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % n;
}

static void
random_name(char *buf)
{
	static const char *const parts[] = {
		"a",  "b",
		"c",  "a",
		"b",  "c",
		".",  "..",
		"dd", "a_rather_long_name_that_does_not_fit_inline_at_all",
	};
	unsigned n = 1 + rnd(3);

	*buf = 0;
	if (rnd(4) == 0)
		strcat(buf, "/");
	while (n--) {
		strcat(buf, parts[rnd(ARRAY_SIZE(parts))]);
		if (n)
			strcat(buf, rnd(20) ? "/" : "//");
	}
	if (rnd(12) == 0)
		strcat(buf, "/");
	if (rnd(200) == 0)
		strcpy(buf, rnd(2) ? "/" : "");
}

/* --- the two sides -------------------------------------------------------- */

static struct walk
our_walk(void)
{
	return (struct walk){ .fs = fs,
			      .cred = who,
			      .base = base_fd >= 0 ? &base : NULL };
}

static int
their_base(void)
{
	return base_fd >= 0 ? base_fd : AT_FDCWD;
}

static long
their(long result)
{
	return result < 0 ? -errno : result;
}

static void
same(const char *what, const char *a, const char *b, unsigned n, long us,
     long them)
{
	if (trace)
		printf("%lu %s %s(\"%s\", \"%s\", %o) base %d = %ld\n",
		       call_number, who == &user ? "user" : "root", what, a, b,
		       n, base_fd, them);
	if (us == them)
		return;
	fail_msg("call %lu as %s: %s(\"%s\", \"%s\", %o) base %d: "
		 "ours %ld, Linux %ld",
		 call_number, who == &user ? "user" : "root", what, a, b, n,
		 base_fd, us, them);
}

static const struct cred *
who_runs(void)
{
	return who;
}

static void
become(bool as_user)
{
	who = as_user ? &user : &cred_root;
	syscall(SYS_setfsgid, as_user ? USER_ID : 0);
	syscall(SYS_setfsuid, as_user ? USER_ID : 0);
}

static void
choose_base(void)
{
	unsigned s = rnd(SLOTS);

	base_fd = -1;
	if (rnd(4) || !slots[s].file)
		return;
	base_fd = slots[s].fd;
	base = slots[s].file->path;
}

static void
same_stat(const char *what, const char *name, const struct stat *us,
	  const struct stat *them)
{
	same(what, name, "mode", 0, us->st_mode, them->st_mode);
	same(what, name, "nlink", 0, (long)us->st_nlink, (long)them->st_nlink);
	same(what, name, "uid", 0, us->st_uid, them->st_uid);
	same(what, name, "gid", 0, us->st_gid, them->st_gid);
	same(what, name, "size", 0, us->st_size, them->st_size);
	if (!S_ISDIR(us->st_mode) && !S_ISLNK(us->st_mode))
		same(what, name, "blocks", 0, us->st_blocks, them->st_blocks);
}

/* --- calls by name -------------------------------------------------------- */

static void
call_mkdir(void)
{
	struct walk w = our_walk();
	char a[NAME_BUF];
	mode_t mode = rnd(2) ? 0777 : 0700 + rnd(01100);

	random_name(a);
	same("mkdir", a, "", mode, path_mkdir(&w, a, mode),
	     their(syscall(SYS_mkdirat, their_base(), a, mode)));
}

static void
call_remove(void)
{
	struct walk w = our_walk();
	char a[NAME_BUF];

	random_name(a);
	if (rnd(2))
		same("rmdir", a, "", 0, path_rmdir(&w, a),
		     their(syscall(SYS_unlinkat, their_base(), a,
				   AT_REMOVEDIR)));
	else
		same("unlink", a, "", 0, path_unlink(&w, a),
		     their(syscall(SYS_unlinkat, their_base(), a, 0)));
}

static void
call_rename(void)
{
	static const unsigned flags[] = { 0,
					  0,
					  0,
					  RENAME_NOREPLACE,
					  RENAME_EXCHANGE,
					  RENAME_NOREPLACE | RENAME_EXCHANGE };
	struct walk from = our_walk(), to = our_walk();
	unsigned f = flags[rnd(6)];
	char a[NAME_BUF], b[NAME_BUF];

	random_name(a);
	random_name(b);
	same("rename", a, b, f, path_rename(&from, a, &to, b, f),
	     their(syscall(SYS_renameat2, their_base(), a, their_base(), b,
			   f)));
}

static void
call_link(void)
{
	struct walk w = our_walk();
	bool follow = rnd(2);
	char a[NAME_BUF], b[NAME_BUF];

	random_name(a);
	random_name(b);
	if (protected_links && who == &user)
		return;
	same("link", a, b, follow,
	     path_link(&w, a, follow ? 0 : WALK_NOFOLLOW, &w, b),
	     their(syscall(SYS_linkat, their_base(), a, their_base(), b,
			   follow ? AT_SYMLINK_FOLLOW : 0)));
}

static void
call_symlink(void)
{
	struct walk w = our_walk();
	char a[NAME_BUF], b[NAME_BUF];

	random_name(a);
	random_name(b);
	same("symlink", a, b, 0, path_symlink(&w, a, b),
	     their(syscall(SYS_symlinkat, a, their_base(), b)));
}

static void
call_mknod(void)
{
	static const mode_t kinds[] = { S_IFIFO, S_IFREG, 0,      S_IFSOCK,
					S_IFDIR, S_IFMT,  S_IFCHR };
	struct walk w = our_walk();
	mode_t mode = kinds[rnd(7)] | (rnd(2) ? 0666 : 04755);
	char a[NAME_BUF];

	random_name(a);
	same("mknod", a, "", mode, path_mknod(&w, a, mode, 0),
	     their(syscall(SYS_mknodat, their_base(), a, mode, 0)));
}

static void
call_stat(void)
{
	struct walk w = our_walk();
	bool follow = rnd(2);
	struct stat us, them;
	struct path p;
	char a[NAME_BUF];
	long err;

	random_name(a);
	err = path_lookup(&w, a, follow ? 0 : WALK_NOFOLLOW, &p);
	same("stat", a, "", follow, err,
	     their(syscall(SYS_newfstatat, their_base(), a, &them,
			   follow ? 0 : AT_SYMLINK_NOFOLLOW)));
	if (err)
		return;
	path_stat(&p, &us);
	path_put(&p);
	same_stat("stat", a, &us, &them);
}

static void
call_readlink(void)
{
	struct walk w = our_walk();
	size_t size = rnd(3) ? NAME_BUF : 1 + rnd(4);
	char a[NAME_BUF];
	long n;

	random_name(a);
	n = path_readlink(&w, a, ours, size);
	same("readlink", a, "", (unsigned)size, n,
	     their(syscall(SYS_readlinkat, their_base(), a, theirs, size)));
	if (n > 0)
		assert_memory_equal(ours, theirs, n);
}

static long
our_setattr(const char *name, bool follow, const struct inode_attr *attr)
{
	struct walk w = our_walk();
	struct path p;
	long err;

	err = path_lookup(&w, name, follow ? 0 : WALK_NOFOLLOW, &p);
	if (err)
		return err;
	err = path_setattr(&p, who, attr);
	path_put(&p);
	return err;
}

static void
call_chmod(void)
{
	struct inode_attr attr = { .bits = ATTR_MODE };
	char a[NAME_BUF];

	attr.mode = rnd(3) ? 0777 : rnd(010000);
	if (protected_sticky)
		attr.mode &= ~(mode_t)S_ISVTX;
	random_name(a);
	same("chmod", a, "", attr.mode, our_setattr(a, true, &attr),
	     their(syscall(SYS_fchmodat, their_base(), a, attr.mode)));
}

static void
call_chown(void)
{
	struct inode_attr attr = { .bits = ATTR_UID | ATTR_GID };
	bool follow = rnd(2);
	char a[NAME_BUF];

	attr.uid = rnd(2) ? 0 : USER_ID;
	attr.gid = rnd(2) ? 0 : USER_ID;
	random_name(a);
	same("chown", a, "", attr.uid, our_setattr(a, follow, &attr),
	     their(syscall(SYS_fchownat, their_base(), a, attr.uid, attr.gid,
			   follow ? 0 : AT_SYMLINK_NOFOLLOW)));
}

static void
call_utime(void)
{
	struct inode_attr attr = { .bits = ATTR_ATIME | ATTR_MTIME };
	struct {
		long sec, nsec;
	} times[2] = { { 5, 6 }, { 7, 8 } };
	bool now = rnd(2);
	char a[NAME_BUF];

	if (now)
		attr.bits = ATTR_NOW;
	random_name(a);
	same("utime", a, "", now, our_setattr(a, true, &attr),
	     their(syscall(SYS_utimensat, their_base(), a, now ? NULL : times,
			   0)));
}

static void
call_truncate(void)
{
	struct inode_attr attr = { .bits = ATTR_SIZE, .size = rnd(BYTES) };
	char a[NAME_BUF];

	random_name(a);
	if (base_fd >= 0)
		return; /* there is no truncateat */
	same("truncate", a, "", (unsigned)attr.size,
	     our_setattr(a, true, &attr),
	     their(syscall(SYS_truncate, a, attr.size)));
}

static void
call_chdir(void)
{
	struct walk w = our_walk();
	struct path p, root;
	char a[NAME_BUF];
	long err, n;

	base_fd = -1;
	w = our_walk();
	random_name(a);
	err = path_lookup(&w, a, WALK_DIRECTORY, &p);
	if (!err) {
		err = path_access(&p, MAY_EXEC, who);
		if (!err)
			fs_context_set_cwd(fs, &p);
		path_put(&p);
	}
	same("chdir", a, "", 0, err, their(syscall(SYS_chdir, a)));
	fs_context_paths(fs, &root, &p);
	n = path_deleted(&p) ? -ENOENT : path_name(&p, &root, ours, BYTES) + 1;
	same("getcwd", a, "", 0, n, their(syscall(SYS_getcwd, theirs, BYTES)));
	if (n > 0)
		assert_string_equal(ours, theirs);
	path_put(&p);
	path_put(&root);
}

/* --- calls on open files -------------------------------------------------- */

static void
close_slot(unsigned s)
{
	if (!slots[s].file)
		return;
	file_put(slots[s].file);
	close(slots[s].fd);
	slots[s].file = NULL;
}

static void
call_open(void)
{
	static const unsigned bits[] = { O_CREAT,  O_EXCL,      O_TRUNC,
					 O_APPEND, O_DIRECTORY, O_NOFOLLOW,
					 O_PATH,   O_NOATIME };
	struct walk w = our_walk();
	unsigned s = rnd(SLOTS), flags = O_NONBLOCK | rnd(3);
	mode_t mode = rnd(2) ? 0666 : rnd(010000);
	char a[NAME_BUF];
	long fd, err;

	close_slot(s);
	base_fd = base_fd == slots[s].fd ? -1 : base_fd;
	w = our_walk();
	for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
		if (rnd(i == 0 ? 2 : 6) == 0)
			flags |= bits[i];
	/* before Linux 6.4 this made a file */
	if ((flags & O_CREAT) && (flags & O_DIRECTORY))
		flags &= ~(unsigned)O_DIRECTORY;
	random_name(a);
	err = path_open(&w, a, flags, mode, &slots[s].file);
	if (err)
		slots[s].file = NULL;
	fd = their(syscall(SYS_openat, their_base(), a, flags, mode));
	slots[s].fd = (int)fd;
	/* fs.protected_regular = 0 lets out more kinds than it names. */
	if (fd == -EACCES && (flags & O_CREAT) &&
	    (err == -ELOOP || err == -ENXIO || err == -EPERM))
		return;
	same("open", a, "", flags, err, MIN(fd, 0));
}

static void
call_write(unsigned s)
{
	struct uio_segment seg;
	struct uio u;
	size_t n = rnd(3) ? rnd(BYTES) : rnd(100);
	uint64_t off = rnd(3 * BYTES), our_off = off;
	bool at = rnd(2);

	memset(ours, 'a' + (int)rnd(26), n);
	uio_user(&u, &seg, ours, n);
	same("write", "", "", (unsigned)n,
	     file_write(slots[s].file, &u, at ? &our_off : NULL),
	     at ? their(syscall(SYS_pwrite64, slots[s].fd, ours, n, off))
		: their(syscall(SYS_write, slots[s].fd, ours, n)));
}

static void
call_read(unsigned s)
{
	struct uio_segment seg;
	struct uio u;
	size_t n = rnd(BYTES);
	uint64_t off = rnd(3 * BYTES), our_off = off;
	bool at = rnd(2);
	long got;

	uio_user(&u, &seg, ours, n);
	got = file_read(slots[s].file, &u, at ? &our_off : NULL);
	same("read", "", "", (unsigned)n, got,
	     at ? their(syscall(SYS_pread64, slots[s].fd, theirs, n, off))
		: their(syscall(SYS_read, slots[s].fd, theirs, n)));
	if (got > 0)
		assert_memory_equal(ours, theirs, got);
}

static void
call_seek(unsigned s)
{
	int whence = (int)rnd(6);
	long off = (long)rnd(3 * BYTES) - 1000;

	if (allocates)
		whence %= SEEK_DATA; /* Linux: not written yet is a hole */
	if (slots[s].file->inode && S_ISDIR(slots[s].file->inode->mode))
		return; /* positions of directories are private */
	same("lseek", "", "", (unsigned)whence,
	     file_seek(slots[s].file, off, whence),
	     their(syscall(SYS_lseek, slots[s].fd, off, whence)));
}

static void
call_ftruncate(unsigned s)
{
	uint64_t size = rnd(2 * BYTES);

	same("ftruncate", "", "", (unsigned)size,
	     file_truncate(slots[s].file, size),
	     their(syscall(SYS_ftruncate, slots[s].fd, size)));
}

static void
call_fallocate(unsigned s)
{
	static const int modes[] = { 0, FALLOC_FL_KEEP_SIZE,
				     FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
				     FALLOC_FL_PUNCH_HOLE };
	int mode = modes[rnd(4)];
	uint64_t off = rnd(BYTES), len = rnd(BYTES);

	if (!allocates)
		mode |= FALLOC_FL_PUNCH_HOLE;
	same("fallocate", "", "", (unsigned)mode,
	     file_allocate(slots[s].file, mode, off, len),
	     their(syscall(SYS_fallocate, slots[s].fd, mode, off, len)));
}

static void
call_fstat(unsigned s)
{
	struct stat us, them;

	file_stat(slots[s].file, &us);
	assert_int_equal(syscall(SYS_fstat, slots[s].fd, &them), 0);
	same_stat("fstat", "", &us, &them);
}

/* --- listings ------------------------------------------------------------- */

struct listing {
	struct dir_sink sink;
	char names[64][NAME_BUF];
	unsigned n, limit;
};

static bool
list_add(struct dir_sink *s, const char *name, size_t len, ino_t ino,
	 unsigned type, int64_t next)
{
	struct listing *l = container_of(s, struct listing, sink);

	if (l->n == l->limit)
		return false;
	assert_true(l->n < 64);
	snprintf(l->names[l->n++], NAME_BUF, "%.*s %u", (int)len, name, type);
	return true;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

struct dirent_head {
	uint64_t ino;
	int64_t off;
	uint16_t size;
	uint8_t type;
	char name[];
};

static void
list_theirs(int fd, struct listing *l)
{
	long n, at;

	l->n = 0;
	syscall(SYS_lseek, fd, 0, SEEK_SET);
	while ((n = syscall(SYS_getdents64, fd, theirs, BYTES)) > 0) {
		for (at = 0; at < n;) {
			struct dirent_head *d = (void *)(theirs + at);

			snprintf(l->names[l->n++], NAME_BUF, "%s %u", d->name,
				 d->type);
			at += d->size;
		}
	}
}

static void
call_list(unsigned s)
{
	static struct listing us = { .sink = { list_add } }, them;
	struct file *f = slots[s].file;
	unsigned before;
	long err;

	if (!f->inode || !S_ISDIR(f->inode->mode) || (f->flags & O_PATH))
		return;
	us.n = 0;
	assert_int_equal(file_seek(f, 0, SEEK_SET), 0);
	do {
		before = us.n;
		us.limit = us.n + 1 + rnd(5);
		err = file_iterate(f, &us.sink);
	} while (!err && us.n > before);
	list_theirs(slots[s].fd, &them);
	if (err) /* removed: Linux fails as well */
		assert_int_equal(err, -ENOENT);
	same("getdents", "", "", 0, us.n, them.n);
	qsort(us.names, us.n, NAME_BUF, compare_names);
	qsort(them.names, them.n, NAME_BUF, compare_names);
	for (unsigned i = 0; i < us.n; i++)
		assert_string_equal(us.names[i], them.names[i]);
}

static void
call_slot(void)
{
	static void (*const calls[])(unsigned) = {
		call_write,     call_write,     call_read,  call_read,
		call_seek,      call_ftruncate, call_list,  call_list,
		call_fallocate, call_fstat,     call_fstat,
	};
	unsigned s = rnd(SLOTS);

	if (slots[s].file)
		calls[rnd(ARRAY_SIZE(calls))](s);
}

/* --- the run -------------------------------------------------------------- */

/* VFS_WATCH=NAME: compare this file after every call, to find the guilty. */
static void
watch(const char *name)
{
	struct walk w = { .fs = fs, .cred = &cred_root };
	struct stat us, them;
	struct path p;
	long err;

	become(false);
	err = path_lookup(&w, name, WALK_NOFOLLOW, &p);
	same("watch", name, "", 0, err,
	     their(syscall(SYS_newfstatat, AT_FDCWD, name, &them,
			   AT_SYMLINK_NOFOLLOW)));
	if (err)
		return;
	path_stat(&p, &us);
	path_put(&p);
	same_stat("watch", name, &us, &them);
}

static void
same_as_linux(void **state)
{
	static void (*const calls[])(void) = {
		call_mkdir,  call_mkdir, call_remove,   call_rename,
		call_rename, call_link,  call_symlink,  call_mknod,
		call_stat,   call_stat,  call_readlink, call_chmod,
		call_chown,  call_utime, call_truncate, call_chdir,
		call_open,   call_open,  call_open,     call_slot,
		call_slot,   call_slot,  call_slot,     call_slot,
	};
	unsigned long rounds =
		strtoul(getenv("VFS_ROUNDS") ?: "150000", NULL, 0);

	for (call_number = 0; call_number < rounds; call_number++) {
		become(rnd(3) == 0);
		choose_base();
		calls[rnd(ARRAY_SIZE(calls))]();
		if (watched)
			watch(watched);
	}
	become(false);
	for (unsigned s = 0; s < SLOTS; s++)
		close_slot(s);
}

static bool
sysctl_set(const char *name)
{
	char c = '0';
	int fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);

	if (fd >= 0 && read(fd, &c, 1) != 1)
		c = '1';
	close(fd);
	return c != '0';
}

/* A file system of the host's own that nothing else can see. */
static int
enter_sandbox(void)
{
	static const char at[] = "/tmp";

	protected_links = sysctl_set("/proc/sys/fs/protected_hardlinks");
	protected_sticky = sysctl_set("/proc/sys/fs/protected_symlinks") ||
			   sysctl_set("/proc/sys/fs/protected_regular") ||
			   sysctl_set("/proc/sys/fs/protected_fifos");
	if (geteuid() != 0)
		return -1; /* one id is all a namespace would give */
	if (unshare(CLONE_NEWNS))
		return -1;
	if (syscall(SYS_mount, "none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    syscall(SYS_mount, "none", at, "tmpfs", 0, "mode=755") ||
	    syscall(SYS_chroot, at) || chdir("/"))
		return -1;
	syscall(SYS_umask, 0);
	return syscall(SYS_setgroups, 0, NULL) ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(same_as_linux) };

	if (enter_sandbox()) {
		puts("skipped: needs root");
		return 0;
	}
	trace = getenv("VFS_TRACE") != NULL;
	watched = getenv("VFS_WATCH");
	if (getenv("VFS_SEED"))
		seed = strtoul(getenv("VFS_SEED"), NULL, 0) | 1;
	allocates = seed & 2;
	fs = vfs_start();
	fs->umask = 0;
	cred_set_current_source(who_runs);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
