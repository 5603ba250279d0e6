/* SPDX-License-Identifier: MIT */
#include <linux/limits.h>
#include <linux/xattr.h>

#include "fs/xattr.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * fs/xattr_set.c - the attributes of one inode, kept in memory.
 *
 * A list: files have none or a few.  Each attribute is one piece of memory,
 * name and value behind its head, and is replaced, never changed, so a change
 * that finds no memory leaves the old value.  What one inode may have in all
 * is bounded, for nobody else counts it.
 */

#define SPACE_MAX (2 * XATTR_SIZE_MAX)

struct xattr_set {
	struct list_node attributes;
	size_t space; /* bytes of names and values */
};

struct xattr {
	struct list_node link;
	size_t name_size; /* with its NUL */
	size_t size;      /* of the value behind the name */
	char name[];
};

static struct xattr *
find(const struct xattr_set *s, const char *name)
{
	struct xattr *a;

	if (!s)
		return NULL;
	list_for_each (a, &s->attributes, link)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

ssize_t
xattr_set_get(const struct xattr_set *s, const char *name, void *buf,
	      size_t size)
{
	struct xattr *a = find(s, name);

	if (!a)
		return -ENODATA;
	if (size && size < a->size)
		return -ERANGE;
	if (size)
		memcpy(buf, a->name + a->name_size, a->size);
	return (ssize_t)a->size;
}

ssize_t
xattr_set_list(const struct xattr_set *s, bool trusted, char *buf, size_t size)
{
	struct xattr *a;
	size_t used = 0;

	if (!s)
		return 0;
	list_for_each (a, &s->attributes, link) {
		if (!trusted && !strncmp(a->name, XATTR_TRUSTED_PREFIX,
					 XATTR_TRUSTED_PREFIX_LEN))
			continue;
		if (size && a->name_size > size - used)
			return -ERANGE;
		if (size)
			memcpy(buf + used, a->name, a->name_size);
		used += a->name_size;
	}
	return (ssize_t)used;
}

static struct xattr *
create(const char *name, const struct xattr_value *v)
{
	size_t name_size = strlen(name) + 1;
	struct xattr *a = kmalloc(sizeof(*a) + name_size + v->size);

	if (!a)
		return NULL;
	a->name_size = name_size;
	a->size = v->size;
	memcpy(a->name, name, name_size);
	memcpy(a->name + name_size, v->data, v->size);
	return a;
}

static size_t
space_of(const struct xattr *a)
{
	return a ? a->name_size + a->size : 0;
}

static void
drop(struct xattr_set *s, struct xattr *a)
{
	if (!a)
		return;
	s->space -= space_of(a);
	list_remove(&a->link);
	kfree(a);
}

static int
replace(struct xattr_set *s, const char *name, const struct xattr_value *v,
	struct xattr *old)
{
	size_t others = s->space - space_of(old);
	struct xattr *a;

	if (strlen(name) + 1 + v->size > SPACE_MAX - others)
		return -ENOSPC;
	a = create(name, v);
	if (!a)
		return -ENOMEM;
	drop(s, old);
	s->space += space_of(a);
	list_push_back(&s->attributes, &a->link);
	return 0;
}

int
xattr_set_change(struct xattr_set **set, const char *name,
		 const struct xattr_value *v)
{
	struct xattr_set *s = *set;
	struct xattr *old = find(s, name);

	if (!old && (!v || (v->flags & XATTR_REPLACE)))
		return -ENODATA;
	if (old && v && (v->flags & XATTR_CREATE))
		return -EEXIST;
	if (!v) {
		drop(s, old);
		return 0;
	}
	if (!s) {
		s = kmalloc(sizeof(*s));
		if (!s)
			return -ENOMEM;
		list_init(&s->attributes);
		*set = s;
	}
	return replace(s, name, v, old);
}

void
xattr_set_destroy(struct xattr_set *s)
{
	struct xattr *a, *next;

	if (!s)
		return;
	list_for_each_safe (a, next, &s->attributes, link)
		kfree(a);
	kfree(s);
}
