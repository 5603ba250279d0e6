/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/chardev.h - character devices, as drivers register them and devfs shows
 * them.  A driver never sees struct file: it gets the open flags it needs.
 *
 * Locking: the registry is filled at boot and by drivers that appear later,
 *          under a spinlock; a chardev is never unregistered while open.
 * Context: operations may sleep.
 */

#include "core/uio.h"
#include "lib/dev.h"
#include "lib/list.h"
#include "sched/poll.h"

struct chardev;
struct file;

/* One open of a device. */
struct chardev_open {
	struct chardev *dev; /* [I] may be changed by open: /dev/tty */
	unsigned flags;      /* [a] O_NONBLOCK as now set on the file */
	void *data;          /* [o] the driver's */
	struct file *file;   /* [I] for devices of fs/ only: others are below */
};

struct chardev_ops {
	/* All but read or write may be NULL. */
	int (*open)(struct chardev_open *o);
	void (*close)(struct chardev_open *o);
	ssize_t (*read)(struct chardev_open *o, struct uio *u, uint64_t pos);
	ssize_t (*write)(struct chardev_open *o, struct uio *u, uint64_t pos);
	long (*ioctl)(struct chardev_open *o, unsigned cmd, uintptr_t arg);
	unsigned (*poll)(struct chardev_open *o, struct poll_table *pt);
	/* lseek(2) of a device with a notion of its own; NULL: by its bits. */
	int64_t (*seek)(struct chardev_open *o, int64_t off, int whence);
};

enum chardev_bits {
	CHARDEV_SEEKABLE = 1 << 0,
	CHARDEV_TTY = 1 << 1,  /* becomes controlling terminal when opened */
	CHARDEV_ZERO = 1 << 2, /* mmap gives anonymous memory: /dev/zero */
	CHARDEV_NO_HANGUP = 1 << 3,  /* a terminal's open that stays good */
	CHARDEV_PTY_MASTER = 1 << 4, /* the side of the terminal's program */
};

struct chardev {
	const char *name;              /* [I] below /dev, "tty1", "pts/0" */
	dev_t dev;                     /* [I] */
	mode_t mode;                   /* [I] permission bits */
	unsigned bits;                 /* [I] */
	const struct chardev_ops *ops; /* [I] */
	void *data;                    /* [I] the driver's: struct tty ... */
	struct list_node link;         /* registry */
};

void chardev_register(struct chardev *d); /* may sleep */
/* Told of each device registered from now on; set once, by devfs. */
void chardev_set_hook(void (*fn)(struct chardev *d));
struct chardev *chardev_find(dev_t dev);
/* Iterate in order of registration: the nth device or NULL. */
struct chardev *chardev_nth(unsigned n);

/* Registers null, zero, full, random, urandom (dev/mem_devices.c), kmsg. */
void mem_devices_init(void);

/*
 * Wait until the log has a record seq (dev/kmsg.c).  0, -EAGAIN (nonblock),
 * -ERESTARTSYS.
 */
NODISCARD int kmsg_wait(uint64_t seq, bool nonblock);
void kmsg_init(void);
