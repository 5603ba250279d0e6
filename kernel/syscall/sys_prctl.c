/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

#include "proc/cred.h"
#include "syscall/define.h"

/*
 * syscall/sys_prctl.c - prctl(2): a table of operations, each either real or,
 * by being absent, -EINVAL.
 */

/* Operations newer than the headers this is built with. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN (1UL << 0)
#define PR_GET_MDWE              66
#endif
#ifndef PR_MDWE_NO_INHERIT
#define PR_MDWE_NO_INHERIT (1UL << 1)
#endif

struct prctl_args {
	uintptr_t a, b, c, d; /* the second to the fifth argument */
};

static long
put_int(int value, uintptr_t to)
{
	return put_user(value, (int32_t USER *)to);
}

/* --- the task ------------------------------------------------------------- */

static long
set_name(const struct prctl_args *p)
{
	struct thread *t = current_thread();
	char name[sizeof(t->name)];
	ssize_t n;

	n = copy_string_from_user(name, (const char USER *)p->a, sizeof(name));
	if (n == -EFAULT)
		return -EFAULT;
	name[sizeof(name) - 1] = '\0'; /* longer ones are cut */
	strlcpy(t->name, name, sizeof(t->name));
	return 0;
}

static long
get_name(const struct prctl_args *p)
{
	char name[16] = "";

	strlcpy(name, current_thread()->name, sizeof(name));
	return copy_to_user((char USER *)p->a, name, sizeof(name));
}

static long
set_death_signal(const struct prctl_args *p)
{
	if (p->a > SIGNALS)
		return -EINVAL;
	current_task()->pdeath_signal = (int)p->a;
	return 0;
}

static long
get_death_signal(const struct prctl_args *p)
{
	return put_int(current_task()->pdeath_signal, p->a);
}

static long
set_no_new_privs(const struct prctl_args *p)
{
	if (p->a != 1 || p->b || p->c || p->d)
		return -EINVAL;
	current_task()->no_new_privs = true;
	return 0;
}

static long
get_no_new_privs(const struct prctl_args *p)
{
	if (p->a || p->b || p->c || p->d)
		return -EINVAL;
	return current_task()->no_new_privs;
}

/* A promise that we do not make use of: our timers are never late on purpose */
static long
set_timer_slack(const struct prctl_args *p)
{
	struct task *t = current_task();

	t->timer_slack_ns = (int64_t)p->a > 0 ? p->a : t->default_slack_ns;
	return 0;
}

static long
get_timer_slack(UNUSED const struct prctl_args *p)
{
	return (long)current_task()->timer_slack_ns;
}

static long
get_tid_address(const struct prctl_args *p)
{
	int32_t USER *tid = current_task()->clear_child_tid;

	return put_user(tid, (int32_t USER *USER *)p->a);
}

/* Time is counted by sampling, and that is all there is. */
static long
set_timing(const struct prctl_args *p)
{
	return p->a == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
}

static long
get_timing(UNUSED const struct prctl_args *p)
{
	return PR_TIMING_STATISTICAL;
}

/* The cycle counter can be read, and that cannot be changed. */
static long
set_tsc(const struct prctl_args *p)
{
	return p->a == PR_TSC_ENABLE ? 0 : -EINVAL;
}

static long
get_tsc(const struct prctl_args *p)
{
	return put_int(PR_TSC_ENABLE, p->a);
}

/*
 * As Linux answers where no mitigation can be chosen by a program: what is
 * speculated is, and nobody can change it.
 */
static long
get_speculation(const struct prctl_args *p)
{
	if (p->b || p->c || p->d)
		return -EINVAL;
	switch (p->a) {
	case PR_SPEC_STORE_BYPASS:
	case PR_SPEC_INDIRECT_BRANCH:
		return PR_SPEC_ENABLE;
	case PR_SPEC_L1D_FLUSH:
		return PR_SPEC_FORCE_DISABLE;
	default:
		return -ENODEV;
	}
}

static long
set_speculation(const struct prctl_args *p)
{
	if (p->c || p->d)
		return -EINVAL;
	switch (p->a) {
	case PR_SPEC_STORE_BYPASS:
		return -ENXIO;
	case PR_SPEC_INDIRECT_BRANCH:
		if (p->b == PR_SPEC_ENABLE)
			return 0;
		return p->b == PR_SPEC_DISABLE || p->b == PR_SPEC_FORCE_DISABLE
			       ? -EPERM
			       : -ERANGE;
	case PR_SPEC_L1D_FLUSH:
		return -EPERM;
	default:
		return -ENODEV;
	}
}

/* --- the process ---------------------------------------------------------- */

static long
set_dumpable(const struct prctl_args *p)
{
	if (p->a > 1)
		return -EINVAL;
	atomic_store(&current_process()->dumpable, p->a == 1);
	return 0;
}

static long
get_dumpable(UNUSED const struct prctl_args *p)
{
	return atomic_load(&current_process()->dumpable);
}

static long
set_subreaper(const struct prctl_args *p)
{
	unsigned long irq = proc_tree_enter();

	current_process()->child_subreaper = p->a != 0;
	proc_tree_leave(irq);
	return 0;
}

static long
get_subreaper(const struct prctl_args *p)
{
	return put_int(current_process()->child_subreaper, p->a);
}

/* --- credentials ---------------------------------------------------------- */

static long
set_keep_caps(const struct prctl_args *p)
{
	return cred_set_keep_caps(p->a);
}

static long
get_keep_caps(UNUSED const struct prctl_args *p)
{
	return !!(current_task()->cred->securebits & SECBIT_KEEP_CAPS);
}

static long
set_securebits(const struct prctl_args *p)
{
	return cred_set_securebits(p->a);
}

static long
get_securebits(UNUSED const struct prctl_args *p)
{
	return current_task()->cred->securebits;
}

static long
read_bounding(const struct prctl_args *p)
{
	if (p->a > CAP_LAST_CAP)
		return -EINVAL;
	return (long)(current_task()->cred->cap_bounding >> p->a & 1);
}

static long
drop_bounding(const struct prctl_args *p)
{
	return cred_drop_bounding(p->a);
}

static long
change_ambient(const struct prctl_args *p)
{
	if (p->a == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (p->b || p->c || p->d)
			return -EINVAL;
		return cred_lower_ambient(UINT64_MAX);
	}
	if (p->b > CAP_LAST_CAP || p->c || p->d)
		return -EINVAL;
	switch (p->a) {
	case PR_CAP_AMBIENT_IS_SET:
		return (long)(current_task()->cred->cap_ambient >> p->b & 1);
	case PR_CAP_AMBIENT_RAISE:
		return cred_raise_ambient((unsigned)p->b);
	case PR_CAP_AMBIENT_LOWER:
		return cred_lower_ambient(1ULL << p->b);
	default:
		return -EINVAL;
	}
}

/* --- memory --------------------------------------------------------------- */

static long
set_no_huge(const struct prctl_args *p)
{
	if (p->b || p->c || p->d)
		return -EINVAL;
	atomic_store(&current_task()->space->no_huge, p->a != 0);
	return 0;
}

static long
get_no_huge(const struct prctl_args *p)
{
	if (p->a || p->b || p->c || p->d)
		return -EINVAL;
	return atomic_load(&current_task()->space->no_huge);
}

_Static_assert(WX_REFUSE_EXEC_GAIN == PR_MDWE_REFUSE_EXEC_GAIN, "wx bits");
_Static_assert(WX_NO_INHERIT == PR_MDWE_NO_INHERIT, "wx bits");

/* What was sworn off stays so: -EPERM to any other wish. */
static long
set_mdwe(const struct prctl_args *p)
{
	unsigned known = WX_REFUSE_EXEC_GAIN | WX_NO_INHERIT, old = 0;
	atomic_uint *wx = &current_task()->space->wx;

	if (p->b || p->c || p->d || (p->a & ~(uintptr_t)known) ||
	    (p->a & known) == WX_NO_INHERIT)
		return -EINVAL;
	if (atomic_compare_exchange_strong(wx, &old, (unsigned)p->a) ||
	    old == p->a)
		return 0;
	return -EPERM;
}

static long
get_mdwe(const struct prctl_args *p)
{
	if (p->a || p->b || p->c || p->d)
		return -EINVAL;
	return atomic_load(&current_task()->space->wx);
}

/* PR_SET_MM_*: the fields of a space that say where its parts are. */
static const struct {
	uintptr_t op;
	size_t field; /* its place in struct vm_space */
	bool mapped;  /* the address must be below some area's end */
} layout_fields[] = {
	{ PR_SET_MM_START_CODE, offsetof(struct vm_space, code_start), false },
	{ PR_SET_MM_END_CODE, offsetof(struct vm_space, code_end), false },
	{ PR_SET_MM_START_DATA, offsetof(struct vm_space, data_start), false },
	{ PR_SET_MM_END_DATA, offsetof(struct vm_space, data_end), false },
	{ PR_SET_MM_START_BRK, offsetof(struct vm_space, brk_start), false },
	{ PR_SET_MM_BRK, offsetof(struct vm_space, brk_end), false },
	{ PR_SET_MM_START_STACK, offsetof(struct vm_space, stack_top), true },
	{ PR_SET_MM_ARG_START, offsetof(struct vm_space, arg_start), true },
	{ PR_SET_MM_ARG_END, offsetof(struct vm_space, arg_end), true },
	{ PR_SET_MM_ENV_START, offsetof(struct vm_space, env_start), true },
	{ PR_SET_MM_ENV_END, offsetof(struct vm_space, env_end), true },
};

/* One field at a time; not PR_SET_MM_MAP, _AUXV and _EXE_FILE. */
static long
set_layout(const struct prctl_args *p)
{
	if (p->c || p->d)
		return -EINVAL;
	if (!cred_capable(current_task()->cred, CAP_SYS_RESOURCE))
		return -EPERM;
	for (size_t i = 0; i < ARRAY_SIZE(layout_fields); i++) {
		if (layout_fields[i].op == p->a)
			return vm_set_layout(current_task()->space,
					     layout_fields[i].field, p->b,
					     layout_fields[i].mapped);
	}
	return -EINVAL;
}

/* --- the call ------------------------------------------------------------- */

static const struct {
	int op;
	long (*fn)(const struct prctl_args *p);
} operations[] = {
	{ PR_SET_NAME, set_name },
	{ PR_GET_NAME, get_name },
	{ PR_SET_PDEATHSIG, set_death_signal },
	{ PR_GET_PDEATHSIG, get_death_signal },
	{ PR_SET_DUMPABLE, set_dumpable },
	{ PR_GET_DUMPABLE, get_dumpable },
	{ PR_SET_KEEPCAPS, set_keep_caps },
	{ PR_GET_KEEPCAPS, get_keep_caps },
	{ PR_SET_TIMING, set_timing },
	{ PR_GET_TIMING, get_timing },
	{ PR_CAPBSET_READ, read_bounding },
	{ PR_CAPBSET_DROP, drop_bounding },
	{ PR_SET_TSC, set_tsc },
	{ PR_GET_TSC, get_tsc },
	{ PR_SET_SECUREBITS, set_securebits },
	{ PR_GET_SECUREBITS, get_securebits },
	{ PR_SET_TIMERSLACK, set_timer_slack },
	{ PR_GET_TIMERSLACK, get_timer_slack },
	{ PR_SET_MM, set_layout },
	{ PR_SET_CHILD_SUBREAPER, set_subreaper },
	{ PR_GET_CHILD_SUBREAPER, get_subreaper },
	{ PR_SET_NO_NEW_PRIVS, set_no_new_privs },
	{ PR_GET_NO_NEW_PRIVS, get_no_new_privs },
	{ PR_GET_TID_ADDRESS, get_tid_address },
	{ PR_SET_THP_DISABLE, set_no_huge },
	{ PR_GET_THP_DISABLE, get_no_huge },
	{ PR_CAP_AMBIENT, change_ambient },
	{ PR_GET_SPECULATION_CTRL, get_speculation },
	{ PR_SET_SPECULATION_CTRL, set_speculation },
	{ PR_SET_MDWE, set_mdwe },
	{ PR_GET_MDWE, get_mdwe },
};

/* prctl(2): -EFAULT, -EINVAL, -EPERM; by operation -ENODEV, -ENXIO, -ERANGE. */
SYSCALL5(prctl, int, op, uintptr_t, a, uintptr_t, b, uintptr_t, c, uintptr_t, d)
{
	struct prctl_args p = { a, b, c, d };

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (operations[i].op == op)
			return operations[i].fn(&p);
	}
	return -EINVAL;
}
