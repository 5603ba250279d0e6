/* SPDX-License-Identifier: MIT */

/*
 * net/unix_name.c - names of sockets, and the table that finds them.
 *
 * Every socket is in the bucket its name hashes to; without a name of its own,
 * in that of its address in memory, so that /proc/net/unix can list them all.
 * A path is looked up by the inode it leads to, an abstract name by its bytes
 * and the type: one name can be had once for each type.
 *
 * A socket binds once.  setup makes that one at a time; the name is complete
 * before it can be seen.
 */

#include <linux/stat.h>

#include "core/random.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "net/unix_priv.h"
#include "sched/thread.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define AUTO_NAMES  (1u << 20)

struct bucket {
	struct spinlock lock;
	struct list_node sockets; /* [L] of table_link */
};

static struct bucket table[UNIX_BUCKETS];

/* --- the table ------------------------------------------------------------ */

void
unix_table_init(void)
{
	for (unsigned i = 0; i < UNIX_BUCKETS; i++) {
		spin_init(&table[i].lock, LOCK_SOCKET_TABLE, "unix names");
		list_init(&table[i].sockets);
	}
}

static unsigned
hash_pointer(const void *p)
{
	return (unsigned)((uintptr_t)p * 0x9e3779b97f4a7c15ULL >> 56);
}

/* FNV-1a. */
static unsigned
hash_bytes(const char *p, size_t n, unsigned seed)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ seed;

	while (n--)
		h = (h ^ (uint8_t)*p++) * 0x100000001b3ULL;
	return hash_pointer((void *)(uintptr_t)h);
}

static void
table_insert(struct unix_socket *s, unsigned bucket)
{
	s->bucket = bucket;
	list_push_back(&table[bucket].sockets, &s->table_link);
}

void
unix_table_add(struct unix_socket *s)
{
	unsigned bucket = hash_pointer(s);

	spin_lock(&table[bucket].lock);
	table_insert(s, bucket);
	spin_unlock(&table[bucket].lock);
}

/* Only a bind moves it, and none is under way when it is closed. */
void
unix_table_remove(struct unix_socket *s)
{
	struct bucket *b = &table[s->bucket];

	spin_lock(&b->lock);
	list_remove(&s->table_link);
	s->bound = false;
	spin_unlock(&b->lock);
}

void
unix_table_each(unsigned bucket, void (*fn)(struct unix_socket *s, void *arg),
		void *arg)
{
	struct unix_socket *s;

	spin_lock(&table[bucket].lock);
	list_for_each (s, &table[bucket].sockets, table_link)
		fn(s, arg);
	spin_unlock(&table[bucket].lock);
}

static bool
same_name(const struct unix_name *a, const struct unix_name *b)
{
	if (a->inode || b->inode)
		return a->inode == b->inode;
	return a->len == b->len && !memcmp(a->address, b->address, a->len);
}

/* Bucket locked.  type 0: any. */
static struct unix_socket *
table_find(const struct unix_name *n, int type)
{
	struct unix_socket *s;

	list_for_each (s, &table[n->bucket].sockets, table_link) {
		if (s->bound && same_name(s->name, n) &&
		    (!type || s->socket.type == type))
			return s;
	}
	return NULL;
}

/* Give s the name: -EADDRINUSE if it is abstract and another has it. */
static int
table_bind(struct unix_socket *s, struct unix_name *n)
{
	int err = 0;

	unix_table_remove(s);
	spin_lock(&table[n->bucket].lock);
	if (!n->inode && table_find(n, s->socket.type)) {
		err = -EADDRINUSE;
	} else {
		table_insert(s, n->bucket);
		s->name = n;
		s->bound = true;
	}
	spin_unlock(&table[n->bucket].lock);
	if (err)
		unix_table_add(s);
	return err;
}

/* --- names ---------------------------------------------------------------- */

void
unix_name_put(struct unix_name *n)
{
	if (n && refcount_put(&n->refs))
		kfree(n);
}

int
unix_check_address(const struct socket_address *a)
{
	if (a->len <= PATH_OFFSET || a->len > sizeof(struct sockaddr_un) ||
	    a->family != AF_UNIX)
		return -EINVAL;
	return 0;
}

static bool
is_path(const struct socket_address *a)
{
	return a->un.sun_path[0];
}

/* The path, NUL-terminated: an address has room for one more byte. */
static const char *
path_of(const struct socket_address *a)
{
	return a->bytes + PATH_OFFSET;
}

static void
name_init(struct unix_name *n, const struct socket_address *a,
	  const struct inode *i, int type)
{
	refcount_set(&n->refs, 1);
	n->inode = i;
	n->len = (unsigned)a->len;
	if (i)
		n->len = (unsigned)(PATH_OFFSET + strlen(path_of(a)) + 1);
	memcpy(n->address, a->bytes, n->len);
	n->bucket = i ? hash_pointer(i)
		      : hash_bytes(n->address, n->len, (unsigned)type);
}

static int
bind_abstract(struct unix_socket *s, const struct socket_address *a,
	      struct unix_name *n)
{
	name_init(n, a, NULL, s->socket.type);
	return table_bind(s, n);
}

static int
bind_path(struct unix_socket *s, const struct walk *w,
	  const struct socket_address *a, struct unix_name *n)
{
	mode_t mode = s->socket.file->inode->mode & 07777;
	int err;

	err = path_mknod_at(w, path_of(a), S_IFSOCK | mode, 0, &s->path);
	if (err)
		return err == -EEXIST ? -EADDRINUSE : err;
	name_init(n, a, s->path.dentry->inode, 0);
	return table_bind(s, n);
}

int
unix_bind(struct socket *sk, const struct walk *w,
	  const struct socket_address *a)
{
	struct unix_socket *s = unix_of(sk);
	struct unix_name *n;
	int err;

	if (a->len == PATH_OFFSET && a->family == AF_UNIX)
		return unix_autobind(s);
	err = unix_check_address(a);
	if (err)
		return err;
	n = kmalloc(sizeof(*n));
	if (!n)
		return -ENOMEM;
	mutex_lock(&s->setup);
	if (s->name)
		err = -EINVAL;
	else if (is_path(a))
		err = bind_path(s, w, a, n);
	else
		err = bind_abstract(s, a, n);
	mutex_unlock(&s->setup);
	if (err)
		kfree(n);
	return err;
}

/* Five hexadecimal digits that are free, from a random place on. */
static int
bind_some_name(struct unix_socket *s, struct unix_name *n)
{
	unsigned start = (unsigned)random_below(AUTO_NAMES);
	struct socket_address a = { .un.sun_family = AF_UNIX };

	a.len = PATH_OFFSET + 6;
	for (unsigned i = 0; i < AUTO_NAMES; i++) {
		snprintf(a.un.sun_path + 1, 6, "%05x",
			 (start + i) % AUTO_NAMES);
		if (!bind_abstract(s, &a, n))
			return 0;
		thread_check_preempt();
	}
	return -ENOSPC;
}

int
unix_autobind(struct unix_socket *s)
{
	struct unix_name *n;
	int err = 0;

	if (s->name)
		return 0;
	n = kmalloc(sizeof(*n));
	if (!n)
		return -ENOMEM;
	mutex_lock(&s->setup);
	if (!s->name) {
		err = bind_some_name(s, n);
		if (!err)
			n = NULL;
	}
	mutex_unlock(&s->setup);
	kfree(n);
	return err;
}

int
unix_autobind_for_cred(struct unix_socket *s)
{
	if (likely(!(s->socket.options & SOCKET_PASSCRED)) || s->name)
		return 0;
	return unix_autobind(s);
}

/* --- finding -------------------------------------------------------------- */

static struct unix_socket *
find_get(const struct unix_name *n, int type)
{
	struct unix_socket *s;

	spin_lock(&table[n->bucket].lock);
	s = table_find(n, type);
	if (s)
		unix_get(s);
	spin_unlock(&table[n->bucket].lock);
	return s;
}

/* Who may write to the file may connect to it, or send. */
static int
find_inode(struct inode *i, const struct walk *w, int type,
	   struct unix_socket **out)
{
	struct unix_name key = { .inode = i, .bucket = hash_pointer(i) };
	struct unix_socket *s;
	int err;

	err = inode_permission(i, MAY_WRITE, w->cred);
	if (err)
		return err;
	if (!S_ISSOCK(i->mode))
		return -ECONNREFUSED;
	s = find_get(&key, 0);
	if (!s)
		return -ECONNREFUSED;
	if (s->socket.type != type) {
		unix_put(s);
		return -EPROTOTYPE;
	}
	*out = s;
	return 0;
}

int
unix_find(const struct walk *w, const struct socket_address *a, int type,
	  struct unix_socket **out)
{
	struct unix_name key;
	struct path p;
	int err;

	if (!is_path(a)) {
		name_init(&key, a, NULL, type);
		*out = find_get(&key, type);
		return *out ? 0 : -ECONNREFUSED;
	}
	err = path_lookup(w, path_of(a), 0, &p);
	if (err)
		return err;
	err = find_inode(p.dentry->inode, w, type, out);
	path_put(&p);
	return err;
}

/* --- telling -------------------------------------------------------------- */

void
unix_tell_sender(struct unix_socket *s, struct socket_address *out)
{
	const struct unix_name *n = s->name;

	out->len = n ? n->len : 0;
	if (n)
		memcpy(out->bytes, n->address, n->len);
}

void
unix_tell_name(struct unix_socket *s, struct socket_address *out)
{
	unix_tell_sender(s, out);
	if (out->len == 0) {
		out->family = AF_UNIX;
		out->len = PATH_OFFSET;
	}
}
