/* SPDX-License-Identifier: MIT */
#include "proc/signalfd.h"

#include <linux/fcntl.h>
#include <linux/signalfd.h>

#include "fs/anon_file.h"
#include "fs/procfs/procfs.h"
#include "mm/slab.h"
#include "proc/process_priv.h"

/*
 * proc/signalfd.c - pending signals as bytes of a file.
 *
 * Who polls such a file waits for signals of its own process, and may be gone
 * before the file is; the file may be gone before the process.  So the wait
 * queues belong to neither: a fixed number of them is shared by all, and a
 * process has one by its address.  Who is woken for another's signal looks and
 * goes on waiting.
 */

#define QUEUES 128

struct signalfd {
	_Atomic uint64_t mask; /* [a] */
};

static struct wait_queue queues[QUEUES];
static const struct file_ops signalfd_ops;

void
signalfd_init(void)
{
	for (unsigned i = 0; i < QUEUES; i++)
		wait_queue_init(&queues[i]);
}

static struct wait_queue *
queue_of(const struct process *p)
{
	return &queues[(uintptr_t)p / sizeof(*p) % QUEUES];
}

/*
 * Looking whether anybody waits needs no barrier: who does queues up first,
 * then looks at the signals under the lock that is held here.
 */
void
signalfd_notify_locked(struct process *p)
{
	struct wait_queue *wq = queue_of(p);

	if (unlikely(wait_queue_active(wq)))
		wait_queue_wake(wq, POLLIN);
}

/* --- what a reader sees --------------------------------------------------- */

static void
fill_child(struct signalfd_siginfo *out, const struct siginfo *in)
{
	out->ssi_pid = (uint32_t)in->si_pid;
	out->ssi_uid = in->si_uid;
	out->ssi_status = in->si_status;
	out->ssi_utime = (uint64_t)in->si_utime;
	out->ssi_stime = (uint64_t)in->si_stime;
}

static void
fill_queued(struct signalfd_siginfo *out, const struct siginfo *in)
{
	out->ssi_ptr = (uintptr_t)in->si_ptr;
	out->ssi_int = in->si_int;
}

/* Signals the kernel made about an event: which fields there are. */
static void
fill_event(struct signalfd_siginfo *out, const struct siginfo *in)
{
	switch (in->si_signo) {
	case SIGCHLD:
		fill_child(out, in);
		break;
	case SIGILL:
	case SIGFPE:
	case SIGSEGV:
	case SIGBUS:
	case SIGTRAP:
		out->ssi_addr = (uintptr_t)in->si_addr;
		break;
	case SIGSYS:
		out->ssi_call_addr = (uintptr_t)in->si_call_addr;
		out->ssi_syscall = in->si_syscall;
		out->ssi_arch = in->si_arch;
		break;
	default: /* F_SETSIG */
		out->ssi_band = (uint32_t)in->si_band;
		out->ssi_fd = in->si_fd;
		break;
	}
}

static void
fill(struct signalfd_siginfo *out, const struct siginfo *in)
{
	memset(out, 0, sizeof(*out));
	out->ssi_signo = (uint32_t)in->si_signo;
	out->ssi_errno = in->si_errno;
	out->ssi_code = in->si_code;
	if (in->si_code == SI_TIMER) {
		out->ssi_tid = (uint32_t)in->si_tid;
		out->ssi_overrun = (uint32_t)in->si_overrun;
		fill_queued(out, in);
	} else if (in->si_code > SI_USER && in->si_code < SI_KERNEL) {
		fill_event(out, in);
	} else if (in->si_code == SI_SIGIO) {
		out->ssi_band = (uint32_t)in->si_band;
		out->ssi_fd = in->si_fd;
	} else if (in->si_code != SI_KERNEL) {
		out->ssi_pid = (uint32_t)in->si_pid;
		out->ssi_uid = in->si_uid;
		if (in->si_code < 0 && in->si_code != SI_TKILL)
			fill_queued(out, in);
	}
}

/* --- reading and polling -------------------------------------------------- */

/* The next signal of the caller that is in the set; 0 = none. */
static int
take(struct signalfd *s, struct siginfo *info)
{
	struct task *t = current_task();
	unsigned long irq = spin_lock_irq(&t->process->signal_lock);
	int signo = signal_dequeue_locked(t, ~atomic_load(&s->mask), info);

	if (signo)
		signal_recalculate_locked(t);
	spin_unlock_irq(&t->process->signal_lock, irq);
	return signo;
}

static int
take_first(struct file *f, struct siginfo *info)
{
	struct signalfd *s = f->data;

	if (take(s, info))
		return 0;
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(queue_of(current_process()),
					take(s, info))
		       ? -ERESTARTSYS
		       : 0;
}

/* As many as there are and fit; only the first is waited for. */
static ssize_t
signalfd_read(struct file *f, struct uio *u, UNUSED uint64_t *pos)
{
	struct signalfd_siginfo out;
	struct siginfo info;
	ssize_t total = 0;
	int err;

	if (u->left < sizeof(out))
		return -EINVAL;
	err = take_first(f, &info);
	while (!err) {
		fill(&out, &info);
		if (uio_copy_out(u, &out, sizeof(out)) < sizeof(out))
			return total ? total : -EFAULT;
		total += (ssize_t)sizeof(out);
		if (u->left < sizeof(out) || !take(f->data, &info))
			break;
	}
	return total ? total : err;
}

static unsigned
signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *s = f->data;
	struct task *t = current_task();
	struct process *p = t->process;
	unsigned long irq;
	uint64_t pending;

	poll_add(pt, queue_of(p));
	irq = spin_lock_irq(&p->signal_lock);
	pending = t->pending.mask | p->shared_pending.mask;
	spin_unlock_irq(&p->signal_lock, irq);
	return pending & atomic_load(&s->mask) ? POLLIN : 0;
}

/* --- the rest ------------------------------------------------------------- */

static void
signalfd_info(struct file *f, struct proc_text *t)
{
	struct signalfd *s = f->data;

	proc_printf(t, "sigmask:\t%016lx\n",
		    (unsigned long)atomic_load(&s->mask));
}

static void
signalfd_release(struct file *f)
{
	kfree(f->data);
}

static const struct file_ops signalfd_ops = {
	.anon_name = "anon_inode:[signalfd]",
	.release = signalfd_release,
	.read = signalfd_read,
	.seek = anon_file_seek,
	.poll = signalfd_poll,
	.info = signalfd_info,
};

int
signalfd_create(uint64_t mask, unsigned flags, struct file **out)
{
	struct signalfd *s = kmalloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->mask = mask;
	*out = anon_file_create(&signalfd_ops, s, O_RDWR | flags);
	if (!*out) {
		kfree(s);
		return -ENFILE;
	}
	return 0;
}

int
signalfd_set(struct file *f, uint64_t mask)
{
	struct process *p = current_process();
	struct signalfd *s = f->data;
	unsigned long irq;

	if (f->ops != &signalfd_ops)
		return -EINVAL;
	atomic_store(&s->mask, mask);
	irq = spin_lock_irq(&p->signal_lock);
	signalfd_notify_locked(p);
	spin_unlock_irq(&p->signal_lock, irq);
	return 0;
}
