/* SPDX-License-Identifier: MIT */

/*
 * fs/dentry.c - the name cache: (directory, name) -> dentry.
 *
 * A hashed dentry carries one reference of the table's, so a hit is: lock the
 * chain, compare, count up.  Nothing is moved or written besides the count.
 *
 *	pinned       the file system has no other record of the name (tmpfs).
 *	             Listed in parent->children, hashed until deleted.
 *	reclaimable  a copy of what the file system knows, negative entries
 *	             included: on one list, at most RECLAIM_MAX, the oldest that
 *	             nobody holds or has found lately goes first.
 *	unhashed     deleted or never named: lives while somebody holds it.
 *
 *	           dcache_lookup_locked           dentry_pin
 *	(nothing) ----------------------> reclaimable -----> pinned
 *	                    trim, invalidate |                 | dentry_delete
 *	                                     v                 v
 *	                                  unhashed -> freed with the last holder
 *
 * Who makes `hashed` false under the chain's lock has the table's reference to
 * drop; that happens once.  An inode is set once and stays, so a holder may
 * read d->inode without a lock.
 *
 * Name and parent change only in a rename, while the dentry is off its chain
 * and both directories' locks are held; readers that hold neither take
 * names_lock.  A lookup that misses in that moment goes on to take the
 * directory's lock, waits for the rename and looks again.
 */

#include "core/random.h"
#include "core/spinlock.h"
#include "fs/dentry_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

#define BUCKET_BITS 12
#define BUCKETS     (1u << BUCKET_BITS)
#define LOCKS       64u
#define RECLAIM_MAX 2048u
#define TRIM_STEPS  8

static struct list_node buckets[BUCKETS]; /* [B] */
static struct {
	struct spinlock lock;
} ALIGNED(64) bucket_locks[LOCKS];

static struct spinlock names_lock = SPINLOCK_INIT(LOCK_DCACHE, "names");
static struct spinlock reclaim_lock = SPINLOCK_INIT(LOCK_DCACHE, "reclaim");
static struct list_node reclaim = LIST_INIT(reclaim); /* [R] oldest first */
static unsigned reclaim_count;                        /* [R] */
static struct slab_cache *dentry_cache RO_AFTER_BOOT;

RB_GENERATE(dentry_tree, dentry, sibling, dentry_cookie_cmp)

void
dcache_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&buckets[i]);
	for (unsigned i = 0; i < LOCKS; i++)
		spin_init(&bucket_locks[i].lock, LOCK_DCACHE, "dcache");
	path_hash_seed((uint32_t)random_u64());
	dentry_cache = slab_cache_create("dentry", sizeof(struct dentry), 64);
	if (!dentry_cache)
		panic("fs: no memory for the name cache");
}

/* --- the table ------------------------------------------------------------ */

static inline unsigned
bucket_index(const struct dentry *dir, uint32_t hash)
{
	uint32_t h = (uint32_t)((uintptr_t)dir >> 6) ^ hash;

	return (h * 0x9e3779b1u) >> (32 - BUCKET_BITS);
}

static inline struct spinlock *
bucket_lock(unsigned index)
{
	return &bucket_locks[index % LOCKS].lock;
}

struct dentry *
dcache_find(struct dentry *dir, const struct path_part *part)
{
	unsigned index = bucket_index(dir, part->hash);
	struct spinlock *lock = bucket_lock(index);
	struct dentry *d, *found = NULL;

	spin_lock(lock);
	list_for_each (d, &buckets[index], hash_link) {
		if (d->hash != part->hash || d->parent != dir ||
		    d->name_len != part->len ||
		    memcmp(d->name, part->name, part->len) != 0)
			continue;
		dentry_get(d);
		found = d;
		break;
	}
	spin_unlock(lock);
	if (found && !found->pinned)
		atomic_store_explicit(&found->used, true, memory_order_relaxed);
	return found;
}

struct dentry *
dentry_find(struct dentry *parent, const char *name, size_t len)
{
	struct path_part part = { .name = name, .len = len };

	part.hash = path_hash(name, len);
	return dcache_find(parent, &part);
}

/* The table's reference comes with it. */
static void
hash_insert(struct dentry *d)
{
	unsigned index = bucket_index(d->parent, d->hash);

	dentry_get(d);
	spin_lock(bucket_lock(index));
	d->hashed = true;
	list_push_front(&buckets[index], &d->hash_link);
	spin_unlock(bucket_lock(index));
}

/* Lock the chain d is on, or would be: a rename may move it until then. */
static struct spinlock *
lock_chain_of(const struct dentry *d) NO_LOCK_ANALYSIS
{
	for (;;) {
		unsigned index = bucket_index(d->parent, d->hash);

		spin_lock(bucket_lock(index));
		if (index == bucket_index(d->parent, d->hash))
			return bucket_lock(index);
		spin_unlock(bucket_lock(index));
	}
}

/* Off its chain; true: the caller has the table's reference now. */
static bool
hash_remove(struct dentry *d) NO_LOCK_ANALYSIS
{
	struct spinlock *lock = lock_chain_of(d);
	bool removed = d->hashed;

	if (removed) {
		d->hashed = false;
		list_remove(&d->hash_link);
	}
	spin_unlock(lock);
	return removed;
}

/*
 * The same if only the table and the caller hold it and nobody found it lately.
 * Meanwhile it may have become a record: who pinned it held it then, so a low
 * count shows that pin as well.
 */
static bool
hash_remove_idle(struct dentry *d) NO_LOCK_ANALYSIS
{
	struct spinlock *lock = lock_chain_of(d);
	bool removed = d->hashed && refcount_read(&d->refs) <= 2 &&
		       !d->pinned && !d->used && !d->mounted;

	if (removed) {
		d->hashed = false;
		list_remove(&d->hash_link);
	}
	spin_unlock(lock);
	return removed;
}

/* --- the list of reclaimable dentries ------------------------------------- */

static void
reclaim_add(struct dentry *d)
{
	atomic_fetch_add_explicit(&d->parent->cached_children, 1,
				  memory_order_relaxed);
	spin_lock(&reclaim_lock);
	list_push_back(&reclaim, &d->reclaim_link);
	reclaim_count++;
	spin_unlock(&reclaim_lock);
}

static void
reclaim_remove(struct dentry *d)
{
	bool removed = false;

	spin_lock(&reclaim_lock);
	if (!list_empty(&d->reclaim_link)) {
		list_remove(&d->reclaim_link);
		reclaim_count--;
		removed = true;
	}
	spin_unlock(&reclaim_lock);
	if (removed)
		atomic_fetch_sub_explicit(&d->parent->cached_children, 1,
					  memory_order_relaxed);
}

/* Unhash and drop the table's reference. */
static void
forget(struct dentry *d)
{
	if (!hash_remove(d))
		return;
	reclaim_remove(d);
	dentry_put(d);
}

/* The oldest of the list, moved to its end, with a reference; NULL: empty. */
static struct dentry *
reclaim_rotate(void)
{
	struct dentry *d = NULL;

	spin_lock(&reclaim_lock);
	if (!list_empty(&reclaim)) {
		d = list_first(&reclaim, struct dentry, reclaim_link);
		list_remove(&d->reclaim_link);
		list_push_back(&reclaim, &d->reclaim_link);
		dentry_get(d);
	}
	spin_unlock(&reclaim_lock);
	return d;
}

/* Keep the list near its limit; bounded work, so it may stay above for a
 * while if all that is old is in use. */
static void
reclaim_trim(void)
{
	for (int i = 0; i < TRIM_STEPS && reclaim_count > RECLAIM_MAX; i++) {
		struct dentry *d = reclaim_rotate();

		if (!d)
			return;
		if (hash_remove_idle(d)) {
			reclaim_remove(d);
			dentry_put(d);
		}
		atomic_store_explicit(&d->used, false, memory_order_relaxed);
		dentry_put(d);
	}
}

/* Forget every reclaimable dentry below dir (sb NULL) or of sb. */
static void
reclaim_purge(const struct dentry *dir, const struct superblock *sb)
{
	unsigned n;

	spin_lock(&reclaim_lock);
	n = reclaim_count;
	spin_unlock(&reclaim_lock);
	while (n--) {
		struct dentry *d = reclaim_rotate();

		if (!d)
			return;
		if (sb ? d->parent->inode->sb == sb : d->parent == dir)
			forget(d);
		dentry_put(d);
	}
}

/* Each one that nobody holds now, without those that are in use. */
void
dcache_drop(void)
{
	unsigned n;

	spin_lock(&reclaim_lock);
	n = reclaim_count;
	spin_unlock(&reclaim_lock);
	while (n--) {
		struct dentry *d = reclaim_rotate();

		if (!d)
			return;
		atomic_store_explicit(&d->used, false, memory_order_relaxed);
		if (hash_remove_idle(d)) {
			reclaim_remove(d);
			dentry_put(d);
		}
		dentry_put(d);
		thread_check_preempt();
	}
}

void
dcache_forget_children(struct dentry *dir)
{
	if (dir->cached_children)
		reclaim_purge(dir, NULL);
}

/* --- dentries ------------------------------------------------------------- */

static void
dentry_free(struct dentry *d)
{
	struct inode *i = d->inode;

	DEBUG_ASSERT(!d->hashed && RB_EMPTY(&d->children));
	if (i)
		inode_put(i);
	if (d->name != d->inline_name)
		kfree((void *)(uintptr_t)d->name);
	slab_free(dentry_cache, d);
}

void
dentry_put(struct dentry *d)
{
	while (refcount_put(&d->refs)) {
		struct dentry *parent = d->parent;

		dentry_free(d);
		if (parent == d)
			return;
		d = parent;
	}
}

/* One reference; parent is not set. */
static struct dentry *
dentry_alloc(const char *name, size_t len, uint32_t hash)
{
	struct dentry *d = slab_alloc(dentry_cache);
	char *text;

	if (!d)
		return NULL;
	text = d->inline_name;
	if (len >= DENTRY_INLINE) {
		text = kmalloc(len + 1);
		if (!text) {
			slab_free(dentry_cache, d);
			return NULL;
		}
	}
	memcpy(text, name, len);
	text[len] = 0;
	d->name = text;
	d->name_len = (uint16_t)len;
	d->hash = hash;
	refcount_set(&d->refs, 1);
	list_init(&d->hash_link);
	list_init(&d->reclaim_link);
	d->next_cookie = DIR_FIRST_COOKIE;
	return d;
}

static struct dentry *
dentry_alloc_child(struct dentry *dir, const struct path_part *part)
{
	struct dentry *d = dentry_alloc(part->name, part->len, part->hash);

	if (!d)
		return NULL;
	dentry_get(dir);
	d->parent = dir;
	return d;
}

struct dentry *
dcache_create_loose(const char *name, size_t len, struct inode *i)
{
	struct dentry *d = dentry_alloc(name, len, 0);

	if (!d)
		return NULL;
	d->parent = d;
	dentry_set_inode(d, i);
	return d;
}

struct dentry *
dentry_create_root(struct inode *i)
{
	return dcache_create_loose("/", 1, i);
}

void
dentry_set_inode(struct dentry *d, struct inode *i)
{
	ASSERT(!d->inode);
	atomic_store_explicit(&d->inode, i, memory_order_release);
}

void
dentry_pin(struct dentry *d)
{
	reclaim_remove(d);
	d->pinned = true;
	d->cookie = d->parent->next_cookie++;
	RB_INSERT(dentry_tree, &d->parent->children, d);
}

static void
dentry_unpin(struct dentry *d)
{
	if (!d->pinned)
		return;
	RB_REMOVE(dentry_tree, &d->parent->children, d);
	d->pinned = false;
}

void
dentry_delete(struct dentry *d)
{
	dentry_unpin(d);
	forget(d);
}

bool
dentry_has_children(const struct dentry *d)
{
	return !RB_EMPTY(&d->children);
}

struct dentry *
dentry_create_pinned(struct dentry *parent, const char *name, struct inode *i)
{
	struct path_part part = { .name = name, .len = strlen(name) };
	struct inode *dir = parent->inode;
	struct dentry *d;

	part.hash = path_hash(name, part.len);
	mutex_lock(&dir->lock);
	d = dcache_find(parent, &part);
	if (d && !d->inode) { /* somebody asked before it was there */
		forget(d);
		dentry_put(d);
		d = NULL;
	} else if (d) {
		dentry_put(d);
		mutex_unlock(&dir->lock);
		return NULL;
	}
	d = dentry_alloc_child(parent, &part);
	if (d) {
		dentry_set_inode(d, i);
		hash_insert(d);
		dentry_pin(d);
		dentry_put(d); /* the table's stays */
	}
	mutex_unlock(&dir->lock);
	return d;
}

int
dcache_lookup_locked(struct dentry *dir, const struct path_part *part,
		     struct dentry **out)
{
	struct inode *i = dir->inode;
	struct dentry *d;
	int err;

	if (i->nlink == 0)
		return -ENOENT;
	d = dcache_find(dir, part);
	if (d && dcache_still_true(i, d)) {
		*out = d;
		return 0;
	}
	if (d) {
		forget(d);
		dentry_put(d);
	}
	if (!i->ops->lookup)
		return -ENOTDIR;
	d = dentry_alloc_child(dir, part);
	if (!d)
		return -ENOMEM;
	err = i->ops->lookup(i, d);
	if (err) {
		dentry_put(d);
		return err;
	}
	reclaim_add(d); /* first: who unhashes it must find it there */
	hash_insert(d);
	reclaim_trim();
	*out = d;
	return 0;
}

void
dcache_destroy_tree(struct dentry *root)
{
	struct dentry *d = root, *child, *parent;

	reclaim_purge(NULL, root->inode->sb);
	for (;;) {
		child = RB_MIN(dentry_tree, &d->children);
		if (child) {
			d = child;
			continue;
		}
		if (d == root)
			break;
		parent = d->parent;
		dentry_delete(d);
		d = parent;
	}
	dentry_put(root);
}

/* --- names and parents ---------------------------------------------------- */

void
dcache_names_lock(void)
{
	spin_lock(&names_lock);
}

void
dcache_names_unlock(void)
{
	spin_unlock(&names_lock);
}

struct dentry *
dentry_parent(struct dentry *d)
{
	struct dentry *parent;

	spin_lock(&names_lock);
	parent = d->parent;
	dentry_get(parent);
	spin_unlock(&names_lock);
	return parent;
}

size_t
dentry_copy_name(struct dentry *d, char buf[NAME_MAX])
{
	size_t len;

	spin_lock(&names_lock);
	len = d->name_len;
	memcpy(buf, d->name, len);
	spin_unlock(&names_lock);
	return len;
}

bool
dcache_is_ancestor(const struct dentry *a, const struct dentry *d)
{
	while (d != a && d->parent != d)
		d = d->parent;
	return d == a;
}

void
dcache_unlist(struct dentry *d, bool *pinned)
{
	bool removed = hash_remove(d);

	ASSERT(removed);
	*pinned = d->pinned;
	dentry_unpin(d);
	reclaim_remove(d);
}

void
dcache_relist(struct dentry *d, bool pinned)
{
	if (pinned)
		dentry_pin(d);
	else
		reclaim_add(d);
	hash_insert(d);
	dentry_put(d); /* it has the one kept by dcache_unlist() as well */
}
