/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/lock_rank.h - the order in which locks are taken, outermost first.
 *
 * A thread may take a lock only if its rank is above every rank it holds.
 * Debug kernels check it on each acquire.  There is no rank for "unsorted":
 * a new lock starts by finding its line here.  Two locks of one rank are
 * taken only by a helper that orders them by address and says so with
 * the _nested form.
 *
 * Locks from LOCK_FIRST_IRQ_SAFE on may be taken in interrupt handlers, so
 * everywhere else they are taken with interrupts off (the _irq forms).
 */
enum lock_rank {
	LOCK_EPOLL_NEST = 1, /* mutex: which epolls watch which */
	LOCK_EPOLL,          /* mutex: one epoll; the watched one's inside it */
	LOCK_SIGIO_HOOKS,    /* mutex: what one file's SIGIO listens to */
	LOCK_FILE_POS,       /* mutex: a file's offset during read and write */
	LOCK_PROC_TEXT,      /* mutex: text of one open file of /proc */
	LOCK_SOCKET_SETUP,   /* mutex: a socket's name and listening */
	LOCK_MOUNT,          /* mutex: the mount tree */
	LOCK_RENAME,         /* mutex: renames of directories, one at a time */
	LOCK_TTY_WRITE,      /* mutex: one writer on a terminal */
	LOCK_TTY_READ,       /* mutex: one reader on a terminal */
	LOCK_PIPE,           /* mutex: one pipe's ring */
	LOCK_SOCKET_READ,    /* mutex: who reads from a socket's queue */
	LOCK_INODE,          /* mutex: an inode's data, size, entries */
	/* user memory may be touched while holding the above */
	LOCK_SPACE,       /* mutex: areas and tree of one address space */
	LOCK_OBJECT,      /* mutex: pages of one file or memory object */
	LOCK_FLIGHT,      /* mutex: descriptors on their way in messages */
	LOCK_MUTEX_RANKS, /* ranks below are mutexes', above spinlocks' */
	LOCK_FD_TABLE = LOCK_MUTEX_RANKS, /* spin: one descriptor table */
	LOCK_FS_CONTEXT,     /* spin: root, cwd, umask of a process */
	LOCK_DCACHE,         /* spin: names below directories */
	LOCK_ALL_LOCKS,      /* spin: the list of /proc/locks */
	LOCK_FILE_LOCKS,     /* spin: the advisory locks of one inode */
	LOCK_LOCK_GRAPH,     /* spin: who waits for whose lock */
	LOCK_INODE_LIST,     /* spin: small fields of inodes, superblocks */
	LOCK_NOTIFY,         /* spin: some inodes' watches */
	LOCK_INOTIFY,        /* spin: one inotify */
	LOCK_FILE_WATCH,     /* spin: which epolls watch a file */
	LOCK_SOCKET_TABLE,   /* spin: sockets of one name hash */
	LOCK_SOCKET,         /* spin: one socket's state and queue */
	LOCK_SOCKET_BLOCKED, /* spin: who polls for room elsewhere */
	LOCK_FUTEX,          /* spin: one futex bucket */
	LOCK_FUTEX_PI, /* spin: owners and waiters of contested PI locks */
	LOCK_KMAP,     /* spin: the kernel's own address windows */
	/* from here on: taken in interrupt handlers too */
	LOCK_FIRST_IRQ_SAFE,
	LOCK_TTY_LINE = LOCK_FIRST_IRQ_SAFE, /* spin: a terminal's input line */
	LOCK_WALLCLOCK,    /* spin: a shard of the clock's watchers */
	LOCK_PROC_TREE,    /* spin: PIDs, parents, groups, sessions */
	LOCK_SIGNAL,       /* spin: signal state of one process */
	LOCK_HANDLERS,     /* spin: one set of signal handlers */
	LOCK_USER_ACCOUNT, /* spin: what each user id has in use */
	LOCK_TIMERFD,      /* spin: one timer file */
	LOCK_WAIT_QUEUE,   /* spin: one wait queue */
	LOCK_EPOLL_READY,  /* spin: the ready list of one epoll */
	LOCK_SIGIO,        /* spin: SIGIO of one file */
	LOCK_TIMER,        /* spin: one CPU's timers */
	LOCK_RUN_QUEUE,    /* spin: one CPU's run queue */
	LOCK_SLAB,         /* spin: one slab cache */
	LOCK_FRAME,        /* spin: the buddy lists */
	LOCK_RANDOM,       /* spin: the random pool */
	LOCK_IRQ_CHIP,     /* spin: interrupt controller registers */
	LOCK_CONSOLE,      /* spin: one console's hardware */
	LOCK_KLOG,         /* spin: the log ring; always last */
	LOCK_RANKS,
};
