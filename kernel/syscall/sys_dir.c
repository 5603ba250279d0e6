/* SPDX-License-Identifier: MIT */
#include "syscall/define.h"

/*
 * syscall/sys_dir.c - getdents(2): directory entries into user memory.
 *
 * Entries are built one at a time and copied out at once, so the buffer in the
 * kernel is one entry however large the program's is.
 */

struct dirent64_head { /* struct linux_dirent64 up to its name */
	uint64_t ino;
	int64_t next;
	uint16_t size;
	uint8_t type;
} PACKED;

struct dirent_head { /* struct linux_dirent up to its name */
	uint64_t ino;
	uint64_t next;
	uint16_t size;
} PACKED;

struct getdents {
	struct dir_sink sink;
	char USER *at;
	size_t left;
	int err;
	bool old; /* getdents, not getdents64 */
	char entry[sizeof(struct dirent64_head) + NAME_MAX + 1 + 8];
};

/* Build the entry; returns its size, a multiple of 8. */
static size_t
build64(struct getdents *g, const char *name, size_t len, ino_t ino,
	unsigned type, int64_t next)
{
	size_t head = sizeof(struct dirent64_head);
	size_t size = ALIGN_UP(head + len + 1, 8);
	struct dirent64_head h = { ino, next, (uint16_t)size, (uint8_t)type };

	memset(g->entry + size - 8, 0, 8);
	memcpy(g->entry, &h, head);
	memcpy(g->entry + head, name, len);
	g->entry[head + len] = '\0';
	return size;
}

/* The old layout keeps the type in the last byte. */
static size_t
build_old(struct getdents *g, const char *name, size_t len, ino_t ino,
	  unsigned type, int64_t next)
{
	size_t head = sizeof(struct dirent_head);
	size_t size = ALIGN_UP(head + len + 2, 8);
	struct dirent_head h = { ino, (uint64_t)next, (uint16_t)size };

	memset(g->entry + size - 8, 0, 8);
	memcpy(g->entry, &h, head);
	memcpy(g->entry + head, name, len);
	g->entry[head + len] = '\0';
	g->entry[size - 1] = (char)type;
	return size;
}

static bool
add_entry(struct dir_sink *s, const char *name, size_t len, ino_t ino,
	  unsigned type, int64_t next)
{
	struct getdents *g = container_of(s, struct getdents, sink);
	size_t size;

	if (len > NAME_MAX)
		return false;
	size = g->old ? build_old(g, name, len, ino, type, next)
		      : build64(g, name, len, ino, type, next);
	if (size > g->left) {
		g->err = -EINVAL; /* counts only if it is the first */
		return false;
	}
	if (copy_to_user(g->at, g->entry, size)) {
		g->err = -EFAULT;
		return false;
	}
	g->at += size;
	g->left -= size;
	return true;
}

static long
get_entries(int fd, char USER *buf, unsigned count, bool old)
{
	struct getdents g = {
		.sink = { add_entry }, .at = buf, .left = count, .old = old
	};
	struct file *f = fd_get(current_task()->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = file_iterate(f, &g.sink);
	file_put(f);
	if (g.left < count)
		return (long)(count - g.left);
	return err ? err : g.err;
}

/*
 * getdents64(2): -EBADF, -EFAULT, -EINVAL (no room for one), -ENOENT,
 * -ENOTDIR.
 */
SYSCALL3(getdents64, int, fd, char USER *, buf, unsigned, count)
{
	return get_entries(fd, buf, count, false);
}

SYSCALL3(getdents, int, fd, char USER *, buf, unsigned, count)
{
	return get_entries(fd, buf, count, true);
}
