/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

#include "arch/clock.h"
#include "core/klog.h"
#include "core/random.h"
#include "dev/chardev.h"
#include "firmware/power.h"
#include "mm/slab.h"
#include "proc/hostname.h"
#include "proc/jobctl.h"
#include "proc/personality.h"
#include "sched/sched.h"
#include "syscall/define.h"

/*
 * syscall/sys_system.c - the machine as a whole: names, memory, the log,
 * mounts, random bytes, power.
 */

static bool
capable(int cap)
{
	return cred_capable(current_task()->cred, cap);
}

/* --- names --- */

/* personality(2): the old one; 0xffffffff only asks. */
SYSCALL1(personality, unsigned, persona)
{
	struct task *t = current_task();
	unsigned old = task_personality(t);

	if (persona != 0xffffffff)
		task_set_personality(t, persona);
	return old;
}

SYSCALL1(uname, struct new_utsname USER *, u)
{
	struct new_utsname n;

	hostname_uname(&n);
	personality_uname(task_personality(current_task()), &n);
	return put_user(n, u);
}

static long
set_name(enum hostname_which which, const char USER *from, int len)
{
	char name[__NEW_UTS_LEN + 1] = "";

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(name, from, (size_t)len))
		return -EFAULT;
	hostname_set(which, name);
	return 0;
}

SYSCALL2(sethostname, const char USER *, name, int, len)
{
	return set_name(HOSTNAME_NODE, name, len);
}

SYSCALL2(setdomainname, const char USER *, name, int, len)
{
	return set_name(HOSTNAME_DOMAIN, name, len);
}

SYSCALL1(sysinfo, struct sysinfo USER *, u)
{
	struct sysinfo s = { .mem_unit = 1 };
	struct frame_stats frames;
	struct sched_stats sched;

	frame_stats(&frames);
	sched_stats(&sched);
	s.uptime = (__kernel_long_t)(clock_now_ns() / NSEC_PER_SEC);
	s.totalram = frames.total * PAGE_SIZE;
	s.freeram = frames.free * PAGE_SIZE;
	s.sharedram = frames.by_kind[FRAME_CACHE] * PAGE_SIZE;
	s.procs = (uint16_t)MIN(sched.threads, UINT16_MAX);
	for (int i = 0; i < 3; i++)
		s.loads[i] = sched.load[i] << (SI_LOAD_SHIFT - 11);
	return put_user(s, u);
}

/* --- the log: syslog(2) --- */

enum syslog_action {
	SYSLOG_CLOSE,
	SYSLOG_OPEN,
	SYSLOG_READ,
	SYSLOG_READ_ALL,
	SYSLOG_READ_CLEAR,
	SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF,
	SYSLOG_CONSOLE_ON,
	SYSLOG_CONSOLE_LEVEL,
	SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};

#define LOG_LINE 1200

static _Atomic uint64_t syslog_clear_seq; /* READ_ALL begins here */
static _Atomic uint64_t syslog_read_seq;  /* READ goes on here */

/* Bytes of the records from seq on. */
static size_t
log_bytes(uint64_t seq, char *line)
{
	size_t total = 0;
	ssize_t n;

	while ((n = klog_read(&seq, KLOG_SYSLOG, line, LOG_LINE)) > 0)
		total += (size_t)n;
	return total;
}

/* Records from *seq into user memory as long as they fit whole. */
static long
log_copy(uint64_t *seq, char USER *to, size_t size, char *line)
{
	size_t done = 0;
	ssize_t n;

	for (;;) {
		uint64_t next = *seq;

		n = klog_read(&next, KLOG_SYSLOG, line, LOG_LINE);
		if (n <= 0 || (size_t)n > size - done)
			break;
		if (copy_to_user(to + done, line, (size_t)n))
			return -EFAULT;
		done += (size_t)n;
		*seq = next;
	}
	return (long)done;
}

/* The newest records that fit into size. */
static long
log_read_all(char USER *to, size_t size, char *line)
{
	uint64_t seq = MAX(atomic_load(&syslog_clear_seq), klog_first_seq());
	size_t total = log_bytes(seq, line);
	ssize_t n;

	while (total > size) {
		n = klog_read(&seq, KLOG_SYSLOG, line, LOG_LINE);
		if (n <= 0)
			break;
		total -= (size_t)n;
	}
	return log_copy(&seq, to, size, line);
}

static long
log_action(int action, char USER *to, size_t size, char *line)
{
	uint64_t seq;
	long n;

	switch (action) {
	case SYSLOG_READ:
		seq = MAX(atomic_load(&syslog_read_seq), klog_first_seq());
		n = kmsg_wait(seq, false);
		if (n)
			return n;
		n = log_copy(&seq, to, size, line);
		atomic_store(&syslog_read_seq, seq);
		return n;
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		n = log_read_all(to, size, line);
		if (action == SYSLOG_READ_CLEAR && n >= 0)
			atomic_store(&syslog_clear_seq, klog_next_seq());
		return n;
	default: /* SYSLOG_SIZE_UNREAD */
		seq = MAX(atomic_load(&syslog_read_seq), klog_first_seq());
		return (long)log_bytes(seq, line);
	}
}

static long
log_with_buffer(int action, char USER *to, int size)
{
	char *line;
	long n;

	if (action != SYSLOG_SIZE_UNREAD && (!to || size < 0))
		return -EINVAL;
	if (action != SYSLOG_SIZE_UNREAD && !size)
		return 0;
	line = kmalloc(LOG_LINE);
	if (!line)
		return -ENOMEM;
	n = log_action(action, to, (size_t)size, line);
	kfree(line);
	return n;
}

/* syslog(2): -EFAULT, -EINTR, -EINVAL, -EPERM. */
SYSCALL3(syslog, int, action, char USER *, to, int, size)
{
	static unsigned saved_level = 7;

	if (action != SYSLOG_READ_ALL && action != SYSLOG_SIZE_BUFFER &&
	    !capable(CAP_SYSLOG) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	switch (action) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_CLEAR:
		atomic_store(&syslog_clear_seq, klog_next_seq());
		return 0;
	case SYSLOG_CONSOLE_OFF:
		if (klog_console_level() > 1)
			saved_level = klog_console_level();
		klog_set_console_level(1);
		return 0;
	case SYSLOG_CONSOLE_ON:
		klog_set_console_level(saved_level);
		return 0;
	case SYSLOG_CONSOLE_LEVEL:
		if (size < 1 || size > 8)
			return -EINVAL;
		klog_set_console_level((unsigned)size);
		return 0;
	case SYSLOG_SIZE_BUFFER:
		return (long)klog_size();
	case SYSLOG_READ:
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
	case SYSLOG_SIZE_UNREAD:
		return log_with_buffer(action, to, size);
	default:
		return -EINVAL;
	}
}

/* --- random bytes --- */

/* getrandom(2): -EFAULT, -EINVAL; it never blocks. */
SYSCALL3(getrandom, char USER *, to, size_t, n, unsigned, flags)
{
	char chunk[256];
	size_t done = 0;

	if ((flags &
	     ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) ==
		    (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	n = MIN(n, INT32_MAX);
	while (done < n) {
		size_t part = MIN(n - done, sizeof(chunk));

		random_bytes(chunk, part);
		if (copy_to_user(to + done, chunk, part))
			return done ? (long)done : -EFAULT;
		done += part;
		thread_check_preempt();
		if (signal_pending(current_task()) && done >= sizeof(chunk))
			break;
	}
	return (long)done;
}

/* --- power --- */

/* reboot(2): -EINVAL, -EPERM. */
SYSCALL4(reboot, unsigned, magic1, unsigned, magic2, unsigned, cmd,
	 const char USER *, arg)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (magic1 != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		klog(KLOG_NOTICE, "reboot: restarting");
		power_restart();
	case LINUX_REBOOT_CMD_HALT:
		klog(KLOG_NOTICE, "reboot: system halted");
		power_halt();
	case LINUX_REBOOT_CMD_POWER_OFF:
		klog(KLOG_NOTICE, "reboot: power down");
		power_off();
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		/* There is no Ctrl-Alt-Del handler yet, so it is always off. */
		return cmd == LINUX_REBOOT_CMD_CAD_OFF ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* --- mounts --- */

/* An optional string argument. */
static int
optional_path(struct user_path *p, const char USER *from)
{
	p->text = p->small;
	p->small[0] = '\0';
	return from ? user_path_get(p, from) : 0;
}

/* mount(2): -EPERM, -EFAULT and what path_mount() says. */
SYSCALL5(mount, const char USER *, source, const char USER *, target,
	 const char USER *, type, unsigned long, flags, const char USER *,
	 options)
{
	struct user_path s, t, y, o;
	struct walk w = current_walk();
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = optional_path(&s, source);
	if (err)
		return err;
	err = user_path_get(&t, target);
	if (err)
		goto put_source;
	err = optional_path(&y, type);
	if (err)
		goto put_target;
	err = optional_path(&o, options);
	if (err)
		goto put_type;
	err = path_mount(&w, s.text, t.text, y.text, flags, o.text);
	user_path_put(&o);
put_type:
	user_path_put(&y);
put_target:
	user_path_put(&t);
put_source:
	user_path_put(&s);
	return err;
}

SYSCALL2(umount2, const char USER *, target, unsigned, flags)
{
	struct walk w = current_walk();
	struct user_path p;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = user_path_get(&p, target);
	if (err)
		return err;
	err = path_umount(&w, p.text, flags);
	user_path_put(&p);
	return err;
}

SYSCALL0(vhangup)
{
	if (!capable(CAP_SYS_TTY_CONFIG))
		return -EPERM;
	jobctl_vhangup();
	return 0;
}
