/* SPDX-License-Identifier: MIT */
#include "dev/chardev.h"

#include "core/spinlock.h"

/*
 * dev/chardev.c - the registry of character devices.  Devices are never taken
 * off, so a pointer found stays good.
 */

static struct spinlock registry_lock =
	SPINLOCK_INIT(LOCK_INODE_LIST, "chardevs");
static struct list_node registry = LIST_INIT(registry); /* [registry_lock] */
static void (*hook)(struct chardev *d) RO_AFTER_BOOT;

void
chardev_register(struct chardev *d)
{
	spin_lock(&registry_lock);
	list_push_back(&registry, &d->link);
	spin_unlock(&registry_lock);
	if (hook)
		hook(d);
}

void
chardev_set_hook(void (*fn)(struct chardev *d))
{
	hook = fn;
}

struct chardev *
chardev_find(dev_t dev)
{
	struct chardev *d, *found = NULL;

	spin_lock(&registry_lock);
	list_for_each (d, &registry, link) {
		if (d->dev == dev) {
			found = d;
			break;
		}
	}
	spin_unlock(&registry_lock);
	return found;
}

struct chardev *
chardev_nth(unsigned n)
{
	struct chardev *d, *found = NULL;

	spin_lock(&registry_lock);
	list_for_each (d, &registry, link) {
		if (n-- == 0) {
			found = d;
			break;
		}
	}
	spin_unlock(&registry_lock);
	return found;
}
