/* SPDX-License-Identifier: MIT */
#include "proc/rseq.h"

#include <linux/rseq.h>

#include "arch/trap.h"
#include "arch/usercopy.h"
#include "proc/process_priv.h"

/*
 * proc/rseq.c - restartable sequences.
 *
 * The scheduler tells a thread that wants it (thread.tell_switched) that it was
 * switched to, by a flag that is looked at on the way to user mode together
 * with the others.  So a system call that did not sleep costs nothing, and a
 * switch costs one read of user memory, plus two writes if the CPU is another.
 *
 * All that lies in user memory is the program's to spoil.  What makes no sense
 * there is a SIGSEGV, as on Linux.
 *
 * mm_cid is a number below that of CPUs that no two running threads of a space
 * have at once.  The CPU's number is one; it is not the most compact one.
 */

/* The area as it was first; <linux/rseq.h> has the fields in it. */
#define AREA_SIZE_FIRST 32U

/*
 * Linux 6.3 made fields of what was padding; our <linux/rseq.h> is older.
 */
struct rseq_cpu {
	uint32_t cpu_id_start, cpu_id;
};
struct rseq_more {
	uint32_t node_id, mm_cid;
};
struct rseq_area {
	struct rseq_cpu cpu;
	uint64_t rseq_cs;
	uint32_t flags;
	struct rseq_more more;
};
_Static_assert(offsetof(struct rseq_area, cpu.cpu_id) ==
		       offsetof(struct rseq, cpu_id),
	       "<linux/rseq.h>");
_Static_assert(offsetof(struct rseq_area, rseq_cs) ==
		       offsetof(struct rseq, rseq_cs),
	       "<linux/rseq.h>");
_Static_assert(offsetof(struct rseq_area, flags) ==
		       offsetof(struct rseq, flags),
	       "<linux/rseq.h>");
_Static_assert(sizeof(struct rseq) == AREA_SIZE_FIRST, "<linux/rseq.h>");

static struct rseq_area USER *
area_of(const struct task *t)
{
	return (struct rseq_area USER *)t->rseq.area;
}

/* --- registration -------------------------------------------------------- */

/* -EINVAL, -EPERM: this is not what the task has registered. */
static int
match(const struct task_rseq *r, uintptr_t area, uint32_t size,
      uint32_t signature)
{
	if (r->area != area || r->size != size)
		return -EINVAL;
	return r->signature == signature ? 0 : -EPERM;
}

static bool
area_fits(uintptr_t area, uint32_t size)
{
	if (size == AREA_SIZE_FIRST)
		return area % AREA_SIZE_FIRST == 0;
	return size > AREA_SIZE_FIRST && area % _Alignof(struct rseq) == 0;
}

long
rseq_register(uintptr_t area, uint32_t size, uint32_t signature)
{
	struct task *t = current_task();
	uint64_t none = 0;
	int err;

	if (t->rseq.area) {
		err = match(&t->rseq, area, size, signature);
		return err ? err : -EBUSY;
	}
	if (!area_fits(area, size))
		return -EINVAL;
	if (!area || area >= USER_TOP || size > USER_TOP - area)
		return -EFAULT;
	if (put_user(none, &((struct rseq_area USER *)area)->rseq_cs))
		return -EFAULT;
	t->rseq = (struct task_rseq){ area, size, signature, CPU_MAX };
	t->thread.tell_switched = true;
	t->thread.switched = true; /* fills it in on the way out */
	return 0;
}

/* The fields as they are where there is no kernel support. */
static int
write_unregistered(struct rseq_area USER *area)
{
	struct rseq_cpu cpu = { 0, (uint32_t)RSEQ_CPU_ID_UNINITIALIZED };
	struct rseq_more more = { 0 };

	return put_user(cpu, &area->cpu) || put_user(more, &area->more)
		       ? -EFAULT
		       : 0;
}

void
rseq_exec(struct task *t)
{
	t->rseq = (struct task_rseq){ 0 };
	t->thread.tell_switched = false;
}

long
rseq_unregister(uintptr_t area, uint32_t size, uint32_t signature)
{
	struct task *t = current_task();
	int err;

	if (!t->rseq.area)
		return -EINVAL;
	err = match(&t->rseq, area, size, signature);
	if (!err)
		err = write_unregistered(area_of(t));
	if (!err)
		rseq_exec(t);
	return err;
}

void
rseq_clone(struct task *child, const struct task *parent, bool same_space)
{
	if (same_space || !parent->rseq.area)
		return;
	child->rseq = parent->rseq;
	child->thread.tell_switched = true;
	child->thread.switched = true;
}

/* --- on the way to user mode --------------------------------------------- */

/* Does the section make sense, and does it bear our signature? */
static bool
section_ok(const struct rseq_cs *s, uint32_t signature)
{
	uint64_t end = s->start_ip + s->post_commit_offset;
	uint32_t seen;

	if (s->version || end < s->start_ip || end >= USER_TOP ||
	    s->abort_ip >= USER_TOP ||
	    s->abort_ip - s->start_ip < s->post_commit_offset)
		return false;
	return !get_user(seen, (uint32_t USER *)(s->abort_ip - sizeof(seen))) &&
	       seen == signature;
}

/* Was the thread inside s?  Then it goes on at the abort address. */
static bool
abort_section(struct trap_frame *f, const struct rseq_area USER *area,
	      const struct rseq_cs *s)
{
	uint32_t flags;

	if (trap_pc(f) - s->start_ip >= s->post_commit_offset)
		return true;
	/* Sections that refuse to be aborted are no longer allowed. */
	if (get_user(flags, &area->flags) || flags || s->flags)
		return false;
	f->rip = s->abort_ip;
	return true;
}

bool
rseq_leave_section(struct trap_frame *f)
{
	const struct task *t = current_task();
	struct rseq_area USER *area = area_of(t);
	struct rseq_cs section;
	uint64_t at, none = 0;

	if (!area)
		return true;
	if (get_user(at, &area->rseq_cs))
		return false;
	if (likely(!at))
		return true;
	return !get_user(section, (struct rseq_cs USER *)at) &&
	       section_ok(&section, t->rseq.signature) &&
	       abort_section(f, area, &section) &&
	       !put_user(none, &area->rseq_cs);
}

static bool
write_cpu(struct task *t)
{
	struct rseq_area USER *area = area_of(t);
	unsigned cpu = cpu_id();
	struct rseq_cpu ids = { cpu, cpu };
	struct rseq_more more = { 0, cpu };

	if (likely(t->rseq.cpu == cpu))
		return true;
	if (put_user(ids, &area->cpu) || put_user(more, &area->more))
		return false;
	/* A write may have slept: then this is done once more. */
	t->rseq.cpu = cpu;
	return true;
}

void
rseq_resume(struct trap_frame *f)
{
	struct task *t = current_task();

	t->thread.switched = false;
	if (!t->rseq.area)
		return;
	if (!rseq_leave_section(f) || !write_cpu(t))
		signal_force(t, SIGSEGV, NULL);
}
