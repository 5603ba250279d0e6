/* SPDX-License-Identifier: MIT */
#include <asm/prctl.h>
#include <linux/rseq.h>

#include "arch/thread.h"
#include "proc/membarrier.h"
#include "syscall/define.h"

/*
 * syscall/sys_thread.c - what C libraries and run time systems set up for each
 * thread: its local storage, the word that tells of its end, restartable
 * sequences; and what they ask about the CPU it is on.
 */

SYSCALL1(set_tid_address, int32_t USER *, tid)
{
	struct task *t = current_task();

	t->clear_child_tid = tid;
	return t->tid;
}

/* --- arch_prctl --- */

static long
set_base(int op, uintptr_t addr)
{
	if (addr >= USER_TOP)
		return -EPERM;
	if (op == ARCH_SET_FS)
		arch_set_fs_base(addr);
	else
		arch_set_gs_base(addr);
	return 0;
}

static long
get_base(int op, uintptr_t to)
{
	uint64_t base = op == ARCH_GET_FS ? arch_fs_base() : arch_gs_base();

	return put_user(base, (uint64_t USER *)to);
}

#define COMPONENT_TILE_DATA 18 /* Intel SDM 1, 13.1: the last of XCR0 */

/*
 * Only the AMX tiles of Intel need permission, on Linux; this kernel has no
 * state that does.
 */
static long
request_state(uintptr_t component)
{
	return component <= COMPONENT_TILE_DATA ? -EOPNOTSUPP : -EINVAL;
}

static long
get_states(uintptr_t to)
{
	uint64_t states = arch_xstate_components();

	return put_user(states, (uint64_t USER *)to);
}

/*
 * arch_prctl(2): -EFAULT, -EINVAL, -ENODEV (CPUID cannot be made to fault),
 * -EOPNOTSUPP, -EPERM (beyond user space).
 */
SYSCALL2(arch_prctl, int, op, uintptr_t, arg)
{
	switch (op) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		return set_base(op, arg);
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		return get_base(op, arg);
	case ARCH_GET_CPUID:
		return 1;
	case ARCH_SET_CPUID:
		return -ENODEV;
	case ARCH_GET_XCOMP_SUPP:
	case ARCH_GET_XCOMP_PERM:
		return get_states(arg);
	case ARCH_REQ_XCOMP_PERM:
		return request_state(arg);
	default:
		return -EINVAL;
	}
}

/* --- rseq, membarrier, getcpu --- */

/* rseq(2): -EBUSY, -EFAULT, -EINVAL, -EPERM. */
SYSCALL4(rseq, uintptr_t, area, uint32_t, size, int, flags, uint32_t, signature)
{
	if (flags == RSEQ_FLAG_UNREGISTER)
		return rseq_unregister(area, size, signature);
	return flags ? -EINVAL : rseq_register(area, size, signature);
}

/* membarrier(2): -EINVAL, -EPERM. */
SYSCALL3(membarrier, int, command, unsigned, flags, int, cpu)
{
	return membarrier(command, flags, cpu);
}

/* getcpu(2): -EFAULT.  There is one node. */
SYSCALL3(getcpu, unsigned USER *, cpu, unsigned USER *, node, void USER *,
	 unused)
{
	unsigned id = cpu_id(), zero = 0;

	if ((cpu && put_user(id, cpu)) || (node && put_user(zero, node)))
		return -EFAULT;
	return 0;
}
