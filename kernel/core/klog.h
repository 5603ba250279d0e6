/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/klog.h - the kernel log: a ring of records with level and time.
 *
 * Writers never wait for a console: a record goes into the ring, then to each
 * registered console whose level admits it.  Readers are dmesg (syslog(2))
 * and /dev/kmsg.
 *
 * Locking: klog_lock (spin, irq-safe, rank LOCK_KLOG, the last of all).
 * Context: any, including interrupts and panics (where the lock is broken).
 * Source:  man 2 syslog; Documentation/ABI/testing/dev-kmsg.
 */

#include <stdarg.h>

#include "lib/errno.h"
#include "lib/types.h"

enum klog_level {
	KLOG_EMERG,
	KLOG_ALERT,
	KLOG_CRIT,
	KLOG_ERR,
	KLOG_WARNING,
	KLOG_NOTICE,
	KLOG_INFO,
	KLOG_DEBUG,
};

#define KLOG_TEXT_MAX 1024 /* bytes of one record; more is cut */

/* One line; the newline is added.  Prefix with "area: ". */
void klog(enum klog_level level, const char *fmt, ...) PRINTF(2, 3);
void klog_va(enum klog_level level, const char *fmt, va_list ap);

/*
 * A record from user space, n bytes as they are.  priority: facility << 3 |
 * level, as syslog(3).
 */
void klog_write(unsigned priority, const char *bytes, size_t n);

/* A place that shows log lines (and panics) as they come. */
struct klog_console {
	const char *name; /* [I] as console= has it: "ttyS0", "tty0" */
	void (*write)(struct klog_console *c, const char *bytes, size_t n);
	struct klog_console *next; /* [L] registration list */
	uint64_t seq;              /* [L] next record to show */
	bool muted; /* [L] not named by console=: shows panics only */
};

/* Registers c and shows it what the ring already holds. */
void klog_console_add(struct klog_console *c);
void klog_console_remove(struct klog_console *c);
/* Mute the consoles console= does not name; cmdline_init() calls it. */
void klog_select_consoles(void);

/* Those that are shown lines, the newest first; at most 8. */
void klog_each_console(void (*fn)(void *arg, const char *name, bool first),
		       void *arg);

/* Only levels below this reach consoles (as `loglevel=`); default 7. */
void klog_set_console_level(unsigned level);
unsigned klog_console_level(void);

/*
 * Reading.  A sequence number names a record; klog_read() formats record
 * *seq (or the oldest kept after it) into buf, sets *seq to the next one, and
 * returns the bytes, 0 at the end, or -EINVAL if size is too small.
 */
enum klog_format {
	KLOG_SYSLOG, /* "<6>[    0.123456] text\n" */
	KLOG_KMSG,   /* "6,17,123456,-;text\n" */
};
ssize_t klog_read(uint64_t *seq, enum klog_format how, char *buf, size_t size);
uint64_t klog_first_seq(void);
uint64_t klog_next_seq(void); /* the one the next record will get */
size_t klog_size(void);       /* bytes the ring holds at most */

/*
 * Called after each record that was made with interrupts on, to wake readers
 * (who must not rely on it alone).  Set once.
 */
typedef void klog_notify_fn(void);
void klog_set_notify(klog_notify_fn *fn);

/* From now on write to consoles without locks: the machine is dying. */
void klog_panic_mode(void);
bool klog_in_panic(void); /* consoles ignore their locks too */
