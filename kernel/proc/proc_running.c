/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "core/symbols.h"
#include "fs/procfs/sysctl.h"
#include "proc/pid.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_running.c - how a process runs: what the scheduler knows of it,
 * what it has read and written, where it sleeps, its habits, its children.
 */

static void
put_ms(struct proc_text *t, const char *name, uint64_t ns)
{
	proc_printf(t, "%-45s:%14lu.%06lu\n", name,
		    (unsigned long)(ns / NSEC_PER_MSEC),
		    (unsigned long)(ns % NSEC_PER_MSEC));
}

static void
put_count(struct proc_text *t, const char *name, uint64_t v)
{
	proc_printf(t, "%-45s:%21lu\n", name, (unsigned long)v);
}

int
proc_show_sched(pid_t nr, struct proc_text *t)
{
	uint64_t user = 0, kernel = 0;
	struct proc_subject s;
	const struct thread *th;
	char name[16];
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (!s.task) {
		proc_subject_put(&s);
		return -ESRCH;
	}
	th = &s.task->thread;
	proc_subject_name(&s, name);
	thread_times(th, &user, &kernel);
	proc_printf(t, "%s (%d, #threads: %u)\n", name, nr,
		    s.process->task_count);
	proc_printf(t, "---------------------------------------------"
		       "----------------------\n");
	put_ms(t, "se.vruntime", th->sched.vruntime);
	put_ms(t, "se.sum_exec_runtime", user + kernel);
	put_count(t, "nr_switches", th->voluntary + th->involuntary);
	put_count(t, "nr_voluntary_switches", th->voluntary);
	put_count(t, "nr_involuntary_switches", th->involuntary);
	put_count(t, "policy", s.task->sched_policy);
	put_count(t, "prio",
		  th->rt_priority ? 99U - th->rt_priority
				  : (unsigned)(120 + th->nice));
	proc_subject_put(&s);
	return 0;
}

/* There is no storage: what is read and written never leaves memory. */
int
proc_show_io(pid_t nr, struct proc_text *t)
{
	struct usage u = { 0 };
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (!proc_subject_may_look(&s)) {
		proc_subject_put(&s);
		return -EACCES;
	}
	if (t->task && s.task)
		usage_add_task(&u, s.task);
	else
		process_usage(s.process, &u);
	proc_printf(t, "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\n",
		    (unsigned long)u.read_bytes, (unsigned long)u.written_bytes,
		    (unsigned long)u.reads, (unsigned long)u.writes);
	proc_printf(t, "read_bytes: 0\nwrite_bytes: 0\n"
		       "cancelled_write_bytes: 0\n");
	proc_subject_put(&s);
	return 0;
}

/* Where the subject's thread sleeps, 0 if it does not. */
static uintptr_t
sleep_pc(const struct proc_subject *s)
{
	if (!s->task || atomic_load(&s->task->thread.state) == THREAD_READY)
		return 0;
	return (uintptr_t)__atomic_load_n(&s->task->thread.wait_pc,
					  __ATOMIC_RELAXED);
}

/* The name of a kernel function, never an address. */
int
proc_show_wchan(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	uintptr_t pc = 0;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (proc_subject_may_look(&s))
		pc = sleep_pc(&s);
	proc_printf(t, "%s", pc ? symbol_find(pc).name : "0");
	proc_subject_put(&s);
	return 0;
}

/* The innermost function only: the rest of a stack moves while it is read. */
int
proc_show_stack(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	uintptr_t pc;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	pc = sleep_pc(&s);
	if (!cred_capable(current_task()->cred, CAP_SYS_ADMIN)) {
		err = -EACCES;
	} else if (pc) {
		struct symbol sym = symbol_find(pc);

		proc_printf(t, "[<0>] %s+%#zx\n", sym.name, sym.offset);
	}
	proc_subject_put(&s);
	return err;
}

/* --- habits -------------------------------------------------------------- */

int
proc_show_personality(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (!proc_subject_may_look(&s))
		err = -EACCES;
	else if (s.task)
		proc_printf(t, "%08x\n", atomic_load(&s.task->personality));
	proc_subject_put(&s);
	return err;
}

/* Another's slack is for those who may set its priority. */
static bool
may_set_slack(const struct proc_subject *s)
{
	return s->task && (s->task == current_task() ||
			   cred_capable(current_task()->cred, CAP_SYS_NICE));
}

int
proc_show_timer_slack(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (!may_set_slack(&s))
		err = s.task ? -EPERM : -ESRCH;
	else
		proc_printf(t, "%lu\n",
			    (unsigned long)__atomic_load_n(
				    &s.task->timer_slack_ns, __ATOMIC_RELAXED));
	proc_subject_put(&s);
	return err;
}

/* 0: what it began with. */
ssize_t
proc_store_timer_slack(pid_t nr, const char *text, size_t n)
{
	struct proc_subject s;
	int64_t v;
	int err;

	if (!sysctl_parse(text, n, &v) || v < 0)
		return -EINVAL;
	err = proc_subject_get(nr, &s);
	if (err)
		return err;
	if (!may_set_slack(&s))
		err = s.task ? -EPERM : -ESRCH;
	else
		__atomic_store_n(&s.task->timer_slack_ns,
				 v ? (uint64_t)v : s.task->default_slack_ns,
				 __ATOMIC_RELAXED);
	proc_subject_put(&s);
	return err ? err : (ssize_t)n;
}

/* --- children ------------------------------------------------------------- */

#define CHILDREN_AT_ONCE 64

/*
 * The next few children after the one numbered `after`, 0 = from the first.  If
 * that one is gone, the rest is left out: the list is of what is there now.
 */
static unsigned
children_after(struct process *p, pid_t after, pid_t *out)
{
	unsigned long irq = proc_tree_enter();
	struct list_node *next = p->children.next;
	struct pid *id = after ? pid_find(after) : NULL;
	unsigned n = 0;

	if (after)
		next = id && id->process && id->process->parent == p
			       ? id->process->sibling.next
			       : &p->children;
	for (; next != &p->children && n < CHILDREN_AT_ONCE; next = next->next)
		out[n++] = container_of(next, struct process, sibling)->pid;
	proc_tree_leave(irq);
	return n;
}

/* A child belongs to the process: the leader's file names all of them. */
int
proc_show_children(pid_t nr, struct proc_text *t)
{
	pid_t pids[CHILDREN_AT_ONCE];
	struct proc_subject s;
	unsigned n = 0;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	while (nr == s.process->pid && !proc_text_full(t)) {
		n = children_after(s.process, (pid_t)t->cursor, pids);
		for (unsigned i = 0; i < n; i++)
			proc_printf(t, "%d ", pids[i]);
		if (n < CHILDREN_AT_ONCE)
			break;
		t->cursor = (uint64_t)pids[n - 1];
	}
	if (n < CHILDREN_AT_ONCE)
		t->cursor = PROC_TEXT_END;
	proc_subject_put(&s);
	return 0;
}
