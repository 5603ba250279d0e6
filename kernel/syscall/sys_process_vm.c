/* SPDX-License-Identifier: MIT */
#include <linux/kcmp.h>
#include <linux/uio.h>

#include "core/random.h"
#include "mm/slab.h"
#include "proc/pid.h"
#include "proc/ptrace.h"
#include "syscall/define.h"

/*
 * syscall/sys_process_vm.c - looking at another process without stopping it:
 * process_vm_readv(2), process_vm_writev(2), kcmp(2).
 *
 * Bytes go through a page of the kernel's: the other space is never mapped
 * here, and a fault on either side just ends the transfer.
 */

/* The task, if the caller may attach to it: -ESRCH, -EPERM. */
static int
get_subject(pid_t pid, struct task **out, struct vm_space **space)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(pid);
	struct task *t = id ? id->task : NULL;
	int err = 0;

	if (t && !ptrace_may_attach_locked(t, PTRACE_LOOK_REAL))
		err = -EPERM;
	else if (!t || (space && !t->space))
		err = -ESRCH;
	if (!err) {
		task_get(t);
		*out = t;
		if (space) {
			vm_space_get(t->space);
			*space = t->space;
		}
	}
	proc_tree_leave(irq);
	return err;
}

/* --- process_vm_readv, process_vm_writev --- */

struct transfer {
	struct vm_space *space;
	struct iovec *local, *remote;
	size_t locals, remotes;
	bool write;
};

/* One copy of at most a page; how much of it was done. */
static size_t
move_part(const struct transfer *v, uintptr_t local, uintptr_t remote, size_t n,
	  char *page)
{
	size_t done;

	if (v->write) {
		done = copy_from_user_partial(page, (void USER *)local, n);
		return vm_space_write_allowed(v->space, remote, page, done);
	}
	done = vm_space_read_allowed(v->space, remote, page, n);
	return copy_to_user_partial((void USER *)local, page, done);
}

/* Bytes moved before the first fault. */
static size_t
move_all(struct transfer *v, char *page)
{
	size_t l = 0, r = 0, total = 0;

	while (l < v->locals && r < v->remotes) {
		struct iovec *from = &v->local[l], *to = &v->remote[r];
		size_t n = MIN(from->iov_len, to->iov_len), done;

		n = MIN(n, PAGE_SIZE);
		done = n ? move_part(v, (uintptr_t)from->iov_base,
				     (uintptr_t)to->iov_base, n, page)
			 : 0;
		total += done;
		if (done < n || signal_pending(current_task()))
			break;
		from->iov_base = (char *)from->iov_base + n;
		from->iov_len -= n;
		to->iov_base = (char *)to->iov_base + n;
		to->iov_len -= n;
		l += !from->iov_len;
		r += !to->iov_len;
	}
	return total;
}

static int
get_vector(struct iovec **out, const struct iovec USER *u, uint64_t n)
{
	uint64_t total = 0;
	struct iovec *v;

	if (n > UIO_MAXIOV)
		return -EINVAL;
	v = kcalloc(MAX(n, 1ul), sizeof(*v));
	if (!v)
		return -ENOMEM;
	if (copy_from_user(v, u, n * sizeof(*v))) {
		kfree(v);
		return -EFAULT;
	}
	for (uint64_t i = 0; i < n; i++) {
		if (v[i].iov_len > INT64_MAX - total) {
			kfree(v);
			return -EINVAL;
		}
		total += v[i].iov_len;
	}
	*out = v;
	return 0;
}

static bool
is_empty(const struct iovec *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].iov_len)
			return false;
	return true;
}

static long
run_transfer(struct transfer *v, pid_t pid)
{
	struct task *t;
	size_t done;
	char *page;
	int err;

	if (is_empty(v->local, v->locals) || is_empty(v->remote, v->remotes))
		return 0;
	err = get_subject(pid, &t, &v->space);
	if (err)
		return err;
	page = kmalloc(PAGE_SIZE);
	done = page ? move_all(v, page) : 0;
	err = page ? -EFAULT : -ENOMEM;
	kfree(page);
	vm_space_put(v->space);
	task_put(t);
	return done ? (long)done : err;
}

static long
process_vm(pid_t pid, const struct iovec USER *local, uint64_t locals,
	   const struct iovec USER *remote, uint64_t remotes, bool write)
{
	struct transfer v = { .locals = locals,
			      .remotes = remotes,
			      .write = write };
	long result = get_vector(&v.local, local, locals);

	if (result)
		return result;
	result = get_vector(&v.remote, remote, remotes);
	if (!result) {
		result = run_transfer(&v, pid);
		kfree(v.remote);
	}
	kfree(v.local);
	return result;
}

/* -EFAULT, -EINVAL, -ENOMEM, -EPERM, -ESRCH. */
SYSCALL6(process_vm_readv, pid_t, pid, const struct iovec USER *, local,
	 uint64_t, locals, const struct iovec USER *, remote, uint64_t, remotes,
	 uint64_t, flags)
{
	if (flags)
		return -EINVAL;
	return process_vm(pid, local, locals, remote, remotes, false);
}

SYSCALL6(process_vm_writev, pid_t, pid, const struct iovec USER *, local,
	 uint64_t, locals, const struct iovec USER *, remote, uint64_t, remotes,
	 uint64_t, flags)
{
	if (flags)
		return -EINVAL;
	return process_vm(pid, local, locals, remote, remotes, true);
}

/* --- kcmp --- */

/*
 * The order of two objects must be the same each time, but tell nothing of
 * where they lie: addresses are scrambled by secrets.
 */
static long
compare(const void *a, const void *b)
{
	static _Atomic uint64_t mask, factor;
	uint64_t none = 0, x, y;

	if (!atomic_load(&factor)) {
		(void)atomic_compare_exchange_strong(&mask, &none,
						     random_u64());
		none = 0;
		(void)atomic_compare_exchange_strong(&factor, &none,
						     random_u64() | 1);
	}
	x = ((uintptr_t)a ^ atomic_load(&mask)) * atomic_load(&factor);
	y = ((uintptr_t)b ^ atomic_load(&mask)) * atomic_load(&factor);
	return (x < y) | (x > y) << 1;
}

static struct file *
file_of(struct task *t, uint64_t fd)
{
	struct fd_table *files = task_files_hold(t);
	struct file *f = NULL;

	if (!files)
		return NULL;
	if (fd <= INT32_MAX)
		f = fd_get(files, (int)fd);
	fd_table_drop(files);
	return f;
}

static long
compare_files(struct task *a, struct task *b, uint64_t fd1, uint64_t fd2)
{
	struct file *f = file_of(a, fd1), *g = file_of(b, fd2);
	long result = f && g ? compare(f, g) : -EBADF;

	if (f)
		file_put(f);
	if (g)
		file_put(g);
	return result;
}

static long
compare_parts(struct task *a, struct task *b, int type)
{
	unsigned long irq = proc_tree_enter();
	long result = -EINVAL;

	switch (type) {
	case KCMP_VM:
		result = compare(a->space, b->space);
		break;
	case KCMP_FILES:
		result = compare(a->files, b->files);
		break;
	case KCMP_FS:
		result = compare(a->fs, b->fs);
		break;
	case KCMP_SIGHAND:
		result = compare(a->handlers, b->handlers);
		break;
	}
	proc_tree_leave(irq);
	return result;
}

/*
 * kcmp(2): -EBADF, -EINVAL, -EPERM, -ESRCH.  Not KCMP_IO and KCMP_SYSVSEM:
 * there are no such things here; not KCMP_EPOLL_TFD.
 */
SYSCALL5(kcmp, pid_t, pid1, pid_t, pid2, int, type, uint64_t, id1, uint64_t,
	 id2)
{
	struct task *a, *b;
	long result = get_subject(pid1, &a, NULL);

	if (result)
		return result;
	result = get_subject(pid2, &b, NULL);
	if (!result) {
		result = type == KCMP_FILE ? compare_files(a, b, id1, id2)
					   : compare_parts(a, b, type);
		task_put(b);
	}
	task_put(a);
	return result;
}
