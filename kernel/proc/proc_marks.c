/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/oom.h>

#include "fs/procfs/sysctl.h"
#include "lib/list.h"
#include "mm/frame.h"
#include "proc/proc_files_priv.h"
#include "proc/strace.h"

/*
 * proc/proc_marks.c - small settings of a process that are read and written
 * through /proc: struct process_marks.
 */

/* --- how gladly it would be ended for want of memory ---------------------- */

static int
show_number(pid_t nr, struct proc_text *t, size_t mark)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	proc_printf(
		t, "%d\n",
		atomic_load((atomic_int *)(void *)((char *)&s.process->marks +
						   mark)));
	proc_subject_put(&s);
	return 0;
}

int
proc_show_oom_score_adj(pid_t nr, struct proc_text *t)
{
	return show_number(nr, t, offsetof(struct process_marks, oom_adj));
}

/* The old scale, -17 to 15. */
int
proc_show_oom_adj(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	int adj, err = proc_subject_get(nr, &s);

	if (err)
		return err;
	adj = atomic_load(&s.process->marks.oom_adj);
	if (adj == OOM_SCORE_ADJ_MAX)
		adj = OOM_ADJUST_MAX;
	else
		adj = adj * -OOM_DISABLE / OOM_SCORE_ADJ_MAX;
	proc_printf(t, "%d\n", adj);
	proc_subject_put(&s);
	return 0;
}

/* Two thirds of 1000 and of the thousandth parts of all memory it holds. */
int
proc_show_oom_score(pid_t nr, struct proc_text *t)
{
	struct vm_usage u = { 0 };
	struct frame_stats stats;
	struct proc_subject s;
	int64_t points;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	frame_stats(&stats);
	if (s.space)
		vm_space_size(s.space, &u);
	points = (int64_t)(u.resident_pages * 1000 / MAX(stats.total, 1));
	points += atomic_load(&s.process->marks.oom_adj);
	points = s.space ? (1000 + points) * 2 / 3 : 0;
	proc_printf(t, "%ld\n", (long)MAX(points, 0));
	proc_subject_put(&s);
	return 0;
}

/* Below what a privileged process has set last only the privileged may go. */
static int
set_oom_adj(pid_t nr, int adj, bool old_scale)
{
	bool privileged = cred_capable(current_task()->cred, CAP_SYS_RESOURCE);
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (adj < atomic_load(&s.process->marks.oom_adj_min) && !privileged) {
		err = -EACCES;
	} else {
		atomic_store(&s.process->marks.oom_adj, adj);
		if (privileged && !old_scale)
			atomic_store(&s.process->marks.oom_adj_min, adj);
	}
	proc_subject_put(&s);
	return err;
}

ssize_t
proc_store_oom_score_adj(pid_t nr, const char *text, size_t n)
{
	int64_t v;
	int err;

	if (!sysctl_parse(text, n, &v) || v < OOM_SCORE_ADJ_MIN ||
	    v > OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	err = set_oom_adj(nr, (int)v, false);
	return err ? err : (ssize_t)n;
}

ssize_t
proc_store_oom_adj(pid_t nr, const char *text, size_t n)
{
	int64_t v;
	int err;

	if (!sysctl_parse(text, n, &v) ||
	    ((v < OOM_ADJUST_MIN || v > OOM_ADJUST_MAX) && v != OOM_DISABLE))
		return -EINVAL;
	if (v == OOM_ADJUST_MAX)
		v = OOM_SCORE_ADJ_MAX;
	else
		v = v * OOM_SCORE_ADJ_MAX / -OOM_DISABLE;
	err = set_oom_adj(nr, (int)v, true);
	return err ? err : (ssize_t)n;
}

/* --- who logged in -------------------------------------------------------- */

static atomic_uint last_session;

static int
show_unsigned(pid_t nr, struct proc_text *t, bool session)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	proc_printf(t, "%u",
		    session ? atomic_load(&s.process->marks.session_id)
			    : atomic_load(&s.process->marks.login_uid));
	proc_subject_put(&s);
	return 0;
}

int
proc_show_loginuid(pid_t nr, struct proc_text *t)
{
	return show_unsigned(nr, t, false);
}

int
proc_show_sessionid(pid_t nr, struct proc_text *t)
{
	return show_unsigned(nr, t, true);
}

/* Once set only CAP_AUDIT_CONTROL changes it; one's own only. */
ssize_t
proc_store_loginuid(pid_t nr, const char *text, size_t n)
{
	struct process *p = current_process();
	unsigned unset = UINT32_MAX;
	int64_t v;

	if (nr != p->pid && nr != current_task()->tid)
		return -EPERM;
	if (!sysctl_parse(text, n, &v) || v < 0 || v > UINT32_MAX)
		return -EINVAL;
	if (cred_capable(current_task()->cred, CAP_AUDIT_CONTROL))
		atomic_store(&p->marks.login_uid, (unsigned)v);
	else if (!atomic_compare_exchange_strong(&p->marks.login_uid, &unset,
						 (unsigned)v))
		return -EPERM;
	atomic_store(&p->marks.session_id,
		     v == UINT32_MAX ? UINT32_MAX
				     : atomic_fetch_add(&last_session, 1) + 1);
	return (ssize_t)n;
}

/* --- what a dump would hold ----------------------------------------------- */

#define DUMP_FILTER_MASK 0x1ff

int
proc_show_coredump_filter(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (s.space)
		proc_printf(t, "%08x\n",
			    atomic_load(&s.process->marks.dump_filter));
	proc_subject_put(&s);
	return 0;
}

/* A number with its base in front, as strtoul(3) reads it. */
ssize_t
proc_store_coredump_filter(pid_t nr, const char *text, size_t n)
{
	char word[24];
	struct proc_subject s;
	size_t len = n;
	uint64_t v;
	int err;

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (!len || len >= sizeof(word))
		return -EINVAL;
	memcpy(word, text, len);
	word[len] = '\0';
	if (!str_to_u64(word, 0, &v) || v > UINT32_MAX)
		return -EINVAL;
	err = proc_subject_get(nr, &s);
	if (err)
		return err;
	atomic_store(&s.process->marks.dump_filter,
		     (unsigned)v & DUMP_FILTER_MASK);
	proc_subject_put(&s);
	return (ssize_t)n;
}

/* --- its system calls in the log ------------------------------------------ */

int
proc_show_strace(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	unsigned bits;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	bits = atomic_load(&s.process->marks.strace);
	proc_printf(t, "%s\n",
		    !(bits & STRACE_ON)        ? "off"
		    : (bits & STRACE_CHILDREN) ? "children"
					       : "on");
	proc_subject_put(&s);
	return 0;
}

static bool
is_word(const char *text, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(text, word, n) == 0;
}

/*
 * "on" or 1, "children" or 2 (those it has from now on too), "off" or 0.  The
 * log is the system's: only its keeper may fill it.
 */
ssize_t
proc_store_strace(pid_t nr, const char *text, size_t n)
{
	size_t len = n && text[n - 1] == '\n' ? n - 1 : n;
	struct proc_subject s;
	unsigned bits;
	int err;

	if (!cred_capable(current_task()->cred, CAP_SYS_ADMIN) &&
	    !cred_capable(current_task()->cred, CAP_SYSLOG))
		return -EPERM;
	if (is_word(text, len, "on") || is_word(text, len, "1"))
		bits = STRACE_ON;
	else if (is_word(text, len, "children") || is_word(text, len, "2"))
		bits = STRACE_ON | STRACE_CHILDREN;
	else if (is_word(text, len, "off") || is_word(text, len, "0"))
		bits = 0;
	else
		return -EINVAL;
	err = proc_subject_get(nr, &s);
	if (err)
		return err;
	strace_set(s.process, bits);
	proc_subject_put(&s);
	return (ssize_t)n;
}

/* --- one namespace, one group --------------------------------------------- */

int
proc_show_id_map(UNUSED pid_t nr, struct proc_text *t)
{
	proc_printf(t, "%10u %10u %10u\n", 0, 0, UINT32_MAX);
	return 0;
}

int
proc_show_setgroups(UNUSED pid_t nr, struct proc_text *t)
{
	proc_printf(t, "allow\n");
	return 0;
}

int
proc_show_cgroup(UNUSED pid_t nr, struct proc_text *t)
{
	proc_printf(t, "0::/\n");
	return 0;
}
