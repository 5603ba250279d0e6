/* SPDX-License-Identifier: MIT */
#include "proc/proc_files_priv.h"
#include "proc/ptrace.h"

/*
 * proc/proc_mem.c - /proc/PID/mem: what debuggers read and write of a
 * process without stopping it.
 *
 * Whoever may attach may read and write all of its memory, pages that the
 * program itself may not write included.  That is asked at each access, not
 * only when the file is opened: an exec since then may have made it another's.
 */

/* -EACCES, or the subject with references. */
static int
subject_get(pid_t nr, struct proc_subject *s)
{
	unsigned long irq;
	bool may;
	int err = proc_subject_get(nr, s);

	if (err)
		return err;
	irq = proc_tree_enter();
	may = s->task && s->task->cred &&
	      ptrace_may_attach_locked(s->task, PTRACE_LOOK_FS);
	proc_tree_leave(irq);
	/* Nothing is left of a zombie to be kept from anybody. */
	if (may || !s->space)
		return 0;
	proc_subject_put(s);
	return -EACCES;
}

/* Bytes up to the first hole; -EIO: there is one right here. */
ssize_t
proc_read_mem(pid_t nr, char *buf, size_t n, uint64_t pos)
{
	struct proc_subject s;
	ssize_t done = 0;
	int err = subject_get(nr, &s);

	if (err)
		return err;
	if (s.space) {
		done = (ssize_t)vm_space_read(s.space, pos, buf, n);
		if (!done && n)
			done = -EIO;
	}
	proc_subject_put(&s);
	return done;
}

ssize_t
proc_write_mem(pid_t nr, const char *buf, size_t n, uint64_t pos)
{
	struct proc_subject s;
	ssize_t done = 0;
	int err = subject_get(nr, &s);

	if (err)
		return err;
	if (s.space) {
		done = (ssize_t)vm_space_write(s.space, pos, buf, n);
		if (!done && n)
			done = -EIO;
	}
	proc_subject_put(&s);
	return done;
}
