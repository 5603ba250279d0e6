/* SPDX-License-Identifier: MIT */
#include <asm/prctl.h>
#include <asm/ptrace-abi.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/uio.h>

#include "arch/ptrace.h"
#include "mm/slab.h"
#include "proc/ptrace.h"
#include "syscall/define.h"

/*
 * syscall/sys_ptrace.c - ptrace(2): which request it is, and user memory.
 *
 * A request on a stopped tracee gets it frozen and frees it again; those that
 * let it go on do so themselves.  addr and data mean what the request says.
 */

struct request {
	struct task *t;
	long op;
	uintptr_t addr, data;
};

/* --- memory --- */

static struct vm_space *
space_of(struct task *t)
{
	unsigned long irq = proc_tree_enter();
	struct vm_space *s = t->space;

	if (s)
		vm_space_get(s);
	proc_tree_leave(irq);
	return s;
}

static long
peek_memory(struct request *r)
{
	struct vm_space *s = space_of(r->t);
	uint64_t word;
	size_t n = 0;

	if (s) {
		n = vm_space_read(s, r->addr, &word, sizeof(word));
		vm_space_put(s);
	}
	if (n != sizeof(word))
		return -EIO;
	return put_user(word, (uint64_t USER *)r->data);
}

static long
poke_memory(struct request *r)
{
	struct vm_space *s = space_of(r->t);
	uint64_t word = r->data;
	size_t n = 0;

	if (s) {
		n = vm_space_write(s, r->addr, &word, sizeof(word));
		vm_space_put(s);
	}
	return n == sizeof(word) ? 0 : -EIO;
}

static long
peek_user(struct request *r)
{
	uint64_t word;
	long err = arch_user_peek(&r->t->thread.arch, ptrace_frame(r->t),
				  r->addr, &word);

	return err ? err : put_user(word, (uint64_t USER *)r->data);
}

/* --- registers: each kind is read whole, and part of it handed out --- */

struct regset {
	unsigned type; /* NT_* */
	size_t size;
	void (*get)(struct task *t, void *out);
	int (*set)(struct task *t, const void *in);
	bool whole; /* may not be set in part */
	int part;   /* errno of who tries */
};

static void
general_get(struct task *t, void *out)
{
	arch_user_regs_get(&t->thread.arch, ptrace_frame(t), out);
}

static int
general_set(struct task *t, const void *in)
{
	return arch_user_regs_set(&t->thread.arch, ptrace_frame(t), in);
}

static void
fp_get(struct task *t, void *out)
{
	arch_fpregs_get(&t->thread.arch, out);
}

static int
fp_set(struct task *t, const void *in)
{
	return arch_fpregs_set(&t->thread.arch, in);
}

static void
xstate_get(struct task *t, void *out)
{
	arch_xstate_get(&t->thread.arch, out);
}

static int
xstate_set(struct task *t, const void *in)
{
	return arch_xstate_set(&t->thread.arch, in);
}

/* False: this machine has no such registers. */
static bool
regset_find(uint64_t type, struct regset *out)
{
	switch (type) {
	case NT_PRSTATUS:
		*out = (struct regset){ .size = sizeof(struct user_regs),
					.get = general_get,
					.set = general_set };
		return true;
	case NT_PRFPREG:
		*out = (struct regset){ .size = USER_FPREGS_SIZE,
					.get = fp_get,
					.set = fp_set,
					.whole = true,
					.part = -EINVAL };
		return true;
	case NT_X86_XSTATE:
		*out = (struct regset){ .size = arch_xstate_size(),
					.get = xstate_get,
					.set = xstate_set,
					.whole = true,
					.part = -EFAULT };
		return out->size != 0;
	default:
		return false;
	}
}

static long
regset_read(struct task *t, const struct regset *s, void USER *to, size_t n)
{
	char *buf = kmalloc(s->size);
	long err;

	if (!buf)
		return -ENOMEM;
	s->get(t, buf);
	err = copy_to_user(to, buf, n);
	kfree(buf);
	return err;
}

static long
regset_write(struct task *t, const struct regset *s, const void USER *from,
	     size_t n)
{
	char *buf;
	long err;

	if (s->whole && n != s->size)
		return s->part;
	buf = kmalloc(s->size);
	if (!buf)
		return -ENOMEM;
	if (n != s->size)
		s->get(t, buf);
	err = copy_from_user(buf, from, n);
	if (!err)
		err = s->set(t, buf);
	kfree(buf);
	return err;
}

/* PTRACE_GETREGS and its kin: all of one kind, at data. */
static long
whole_regset(struct request *r, unsigned type, bool write)
{
	struct regset s;

	if (!regset_find(type, &s))
		return -EIO;
	if (write)
		return regset_write(r->t, &s, (const void USER *)r->data,
				    s.size);
	return regset_read(r->t, &s, (void USER *)r->data, s.size);
}

/* PTRACE_GETREGSET, SETREGSET: addr says which, data is an iovec. */
static long
partial_regset(struct request *r, bool write)
{
	struct iovec USER *at = (struct iovec USER *)r->data;
	struct iovec v;
	struct regset s;
	size_t n;
	long err;

	if (get_user(v, at))
		return -EFAULT;
	if (!regset_find(r->addr, &s) || v.iov_len % sizeof(uint64_t))
		return -EINVAL;
	n = MIN(v.iov_len, s.size);
	err = write ? regset_write(r->t, &s, (void USER *)v.iov_base, n)
		    : regset_read(r->t, &s, (void USER *)v.iov_base, n);
	if (err)
		return err;
	v.iov_len = n;
	return put_user(v.iov_len, &at->iov_len);
}

/* --- signals --- */

static long
get_siginfo(struct request *r)
{
	struct siginfo info;
	int err = ptrace_get_siginfo(r->t, &info);

	return err ? err : put_user(info, (struct siginfo USER *)r->data);
}

static long
set_siginfo(struct request *r)
{
	struct siginfo info;

	if (get_user(info, (const struct siginfo USER *)r->data))
		return -EFAULT;
	return ptrace_set_siginfo(r->t, &info);
}

/* How many of the pending signals were copied. */
static long
peek_siginfo(struct request *r)
{
	struct siginfo USER *to = (struct siginfo USER *)r->data;
	struct ptrace_peeksiginfo_args a;
	struct siginfo info;
	int i;

	if (get_user(a, (struct ptrace_peeksiginfo_args USER *)r->addr))
		return -EFAULT;
	if ((a.flags & ~(unsigned)PTRACE_PEEKSIGINFO_SHARED) || a.nr < 0)
		return -EINVAL;
	for (i = 0; i < a.nr; i++) {
		if (a.off > UINT64_MAX - (unsigned)i ||
		    ptrace_peek_siginfo(r->t,
					a.flags & PTRACE_PEEKSIGINFO_SHARED,
					a.off + (unsigned)i, &info))
			break;
		if (put_user(info, to + i))
			return i ? i : -EFAULT;
		if (signal_pending(current_task()))
			return i + 1;
	}
	return i;
}

static long
signal_mask(struct request *r, bool write)
{
	uint64_t mask =
		r->t->restore_blocked ? r->t->saved_blocked : r->t->blocked;

	if (r->addr != sizeof(mask))
		return -EINVAL;
	if (!write)
		return put_user(mask, (uint64_t USER *)r->data);
	if (get_user(mask, (const uint64_t USER *)r->data))
		return -EFAULT;
	ptrace_set_sigmask(r->t, mask);
	return 0;
}

/* --- more --- */

/* The bytes that would be there to be had. */
static long
syscall_info(struct request *r)
{
	struct ptrace_syscall_info info;
	size_t n = ptrace_syscall_info(r->t, &info);

	if (copy_to_user((void USER *)r->data, &info, MIN(n, r->addr)))
		return -EFAULT;
	return (long)n;
}

/* PTRACE_ARCH_PRCTL: arch_prctl(data, addr) of another. */
static long
segment_base(struct request *r)
{
	struct arch_thread *at = &r->t->thread.arch;

	switch (r->data) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (r->addr >= USER_TOP)
			return -EPERM;
		*(r->data == ARCH_SET_FS ? &at->fs_base : &at->gs_base) =
			r->addr;
		return 0;
	case ARCH_GET_FS:
		return put_user(at->fs_base, (uint64_t USER *)r->addr);
	case ARCH_GET_GS:
		return put_user(at->gs_base, (uint64_t USER *)r->addr);
	default:
		return -EINVAL;
	}
}

/* PTRACE_GET_RSEQ_CONFIGURATION: as registered, or zeros. */
static long
rseq_configuration(struct request *r)
{
	const struct task_rseq *q = &r->t->rseq;
	struct ptrace_rseq_configuration c = {
		.rseq_abi_pointer = q->area,
		.rseq_abi_size = q->size,
		.signature = q->signature,
	};

	if (r->addr != sizeof(c))
		return -EINVAL;
	if (put_user(c, (struct ptrace_rseq_configuration USER *)r->data))
		return -EFAULT;
	return sizeof(c);
}

/* On a frozen tracee that stays stopped. */
static long
look_or_change(struct request *r)
{
	switch (r->op) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek_memory(r);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke_memory(r);
	case PTRACE_PEEKUSR:
		return peek_user(r);
	case PTRACE_POKEUSR:
		return arch_user_poke(&r->t->thread.arch, ptrace_frame(r->t),
				      r->addr, r->data);
	case PTRACE_GETREGS:
		return whole_regset(r, NT_PRSTATUS, false);
	case PTRACE_SETREGS:
		return whole_regset(r, NT_PRSTATUS, true);
	case PTRACE_GETFPREGS:
		return whole_regset(r, NT_PRFPREG, false);
	case PTRACE_SETFPREGS:
		return whole_regset(r, NT_PRFPREG, true);
	case PTRACE_GETREGSET:
		return partial_regset(r, false);
	case PTRACE_SETREGSET:
		return partial_regset(r, true);
	case PTRACE_GETSIGINFO:
		return get_siginfo(r);
	case PTRACE_SETSIGINFO:
		return set_siginfo(r);
	case PTRACE_PEEKSIGINFO:
		return peek_siginfo(r);
	case PTRACE_GETSIGMASK:
		return signal_mask(r, false);
	case PTRACE_SETSIGMASK:
		return signal_mask(r, true);
	case PTRACE_SETOPTIONS:
	case PTRACE_OLDSETOPTIONS:
		return ptrace_set_options(r->t, r->data);
	case PTRACE_GETEVENTMSG:
		return put_user(r->t->trace.message, (uint64_t USER *)r->data);
	case PTRACE_GET_SYSCALL_INFO:
		return syscall_info(r);
	case PTRACE_ARCH_PRCTL:
		return segment_base(r);
	case PTRACE_GET_RSEQ_CONFIGURATION:
		return rseq_configuration(r);
	case PTRACE_LISTEN:
		return ptrace_listen(r->t);
	default:
		return -EIO;
	}
}

/* How a request lets the tracee go on; -1: it does not. */
static int
go_of(long op)
{
	switch (op) {
	case PTRACE_CONT:
		return 0;
	case PTRACE_SYSCALL:
		return PTRACE_GO_SYSCALL;
	case PTRACE_SINGLESTEP:
		return PTRACE_GO_STEP;
	case PTRACE_SYSEMU:
		return PTRACE_GO_EMULATE;
	case PTRACE_SYSEMU_SINGLESTEP:
		return PTRACE_GO_EMULATE | PTRACE_GO_STEP;
	default:
		return -1;
	}
}

static long
stopped_request(pid_t pid, long op, uintptr_t addr, uintptr_t data)
{
	struct request r = { .op = op, .addr = addr, .data = data };
	int go = go_of(op);
	long result = ptrace_begin(pid, &r.t);

	if (result)
		return result;
	if (go < 0 && op != PTRACE_DETACH) {
		result = look_or_change(&r);
	} else if (data > SIGNALS) {
		result = -EIO;
	} else if (op == PTRACE_DETACH) {
		ptrace_detach(r.t, (int)data);
		return 0;
	} else {
		ptrace_resume(r.t, (unsigned)go, (int)data);
		return 0;
	}
	ptrace_end(r.t);
	return result;
}

/* Those that ask for no stop. */
static long
kill_or_interrupt(pid_t pid, long op)
{
	struct task *t;
	long err = ptrace_find(pid, &t);

	if (err)
		return err;
	if (op == PTRACE_INTERRUPT)
		err = ptrace_interrupt(t);
	else
		err = signal_send_task(t, SIGKILL, NULL);
	task_put(t);
	return err;
}

static long
seize(pid_t pid, uintptr_t addr, uintptr_t options)
{
	if (addr || ptrace_options_valid(options))
		return -EIO;
	return ptrace_attach(pid, true, (unsigned)options);
}

/* ptrace(2): -EFAULT, -EINVAL, -EIO, -EPERM, -ESRCH. */
SYSCALL4(ptrace, long, op, pid_t, pid, uintptr_t, addr, uintptr_t, data)
{
	switch (op) {
	case PTRACE_TRACEME:
		return ptrace_traceme();
	case PTRACE_ATTACH:
		return ptrace_attach(pid, false, 0);
	case PTRACE_SEIZE:
		return seize(pid, addr, data);
	case PTRACE_KILL:
	case PTRACE_INTERRUPT:
		return kill_or_interrupt(pid, op);
	default:
		return stopped_request(pid, op, addr, data);
	}
}
