/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>

#include "arch/ptrace.h"
#include "arch/trap.h"
#include "lib/fmt.h"
#include "mm/slab.h"
#include "proc/cred.h"
#include "proc/exec_priv.h"
#include "proc/futex.h"
#include "proc/personality.h"
#include "proc/pid.h"
#include "proc/posix_timer.h"
#include "proc/vdso.h"

/*
 * proc/exec.c - execve(2): replace the program of a process.
 *
 *	open      the file
 *	begin     a new space, with the strings on its stack
 *	follow    a "#!" line to the program that is to read the file
 *	prepare   segments, stack tables, credentials, private files, handlers
 *	alone     the other tasks of the process end; what was prepared in case
 *	          of sharing with them is not needed
 *	commit    cannot fail: switch over, drop the old
 *
 * Until "alone" any error leaves the process as it was.  After it only the
 * caller is left, and nothing fails any more.
 */

/* --- open --- */

static int
open_program(struct exec *x, struct exec_file *f, const char *name,
	     unsigned walk_flags)
{
	struct path path;
	ssize_t n;
	int err;

	err = path_lookup(&x->walk, name, walk_flags, &path);
	if (err)
		return err;
	if (S_ISLNK(path.dentry->inode->mode))
		err = -ELOOP; /* that was not to be followed */
	else if (!S_ISREG(path.dentry->inode->mode))
		err = -EACCES;
	if (!err)
		err = path_access(&path, MAY_EXEC, x->walk.cred);
	if (!err)
		err = file_open_path(&path, O_RDONLY, x->walk.cred, &f->file);
	path_put(&path);
	if (!err)
		err = inode_run_begin(f->file->inode);
	if (err)
		return err;
	f->running = true;
	n = file_read_kernel(f->file, f->head, sizeof(f->head), 0);
	if (n < 0)
		return (int)n;
	f->head_size = (size_t)n;
	return 0;
}

/* Put a copy of s before the words so far. */
static int
prefix_push(struct exec *x, const char *s)
{
	char *copy = kstrdup(s);

	if (!copy)
		return -ENOMEM;
	for (unsigned i = x->prefixes; i > 0; i--)
		x->prefix[i] = x->prefix[i - 1];
	x->prefix[0] = copy;
	x->prefixes++;
	return 0;
}

/* The script's path takes the place of argv[0]; its interpreter runs. */
static int
follow_script(struct exec *x, const char *script)
{
	char line[EXEC_HEAD_SIZE + 1], *interp, *arg;
	int err;

	memcpy(line, x->program.head, x->program.head_size);
	err = exec_parse_script(line, x->program.head_size, &interp, &arg);
	if (err)
		return err;
	/* A script run by a script is already in the words. */
	if (!x->prefixes)
		err = prefix_push(x, script);
	if (!err && arg)
		err = prefix_push(x, arg);
	if (!err)
		err = prefix_push(x, interp);
	if (err)
		return err;
	exec_file_put(&x->program);
	return open_program(x, &x->program, interp, 0);
}

static int
exec_follow_scripts(struct exec *x)
{
	int err = 0;

	for (int depth = 0; !err; depth++) {
		if (!exec_is_script(x->program.head, x->program.head_size))
			return 0;
		if (depth >= EXEC_DEPTH_MAX)
			return -ELOOP;
		/* The interpreter could not open it. */
		if (x->unreachable)
			return -ENOENT;
		err = follow_script(x, x->name);
	}
	return err;
}

static bool
may_read(const struct exec *x, const struct exec_file *f)
{
	return f->file &&
	       !inode_permission(f->file->inode, MAY_READ, x->walk.cred);
}

static int
exec_open_interp(struct exec *x)
{
	char *name;
	int err;

	if (!x->program.elf.interp.present)
		return 0;
	name = kmalloc(PATH_MAX);
	if (!name)
		return -ENOMEM;
	err = exec_read_interp_name(&x->program, name, PATH_MAX);
	if (!err)
		err = open_program(x, &x->interp, name, 0);
	kfree(name);
	if (err)
		return err;
	x->has_interp = true;
	err = exec_parse(&x->interp);
	if (err)
		return err == -ENOEXEC ? -ELIBBAD : err;
	/* An interpreter that wants one itself would never end. */
	return x->interp.elf.interp.present ? -ELIBBAD : 0;
}

/* --- prepare --- */

/*
 * The strings go onto the new stack before the file is looked into, as on
 * Linux: what is wrong with them is reported first.
 */
static int
exec_begin_space(struct exec *x)
{
	x->space = vm_space_create();
	if (!x->space)
		return -ENOMEM;
	exec_layout(x);
	return exec_push_strings(x);
}

static int
exec_prepare_space(struct exec *x)
{
	const struct elf_image *interp = &x->interp.elf;
	int err;

	err = vdso_map(x->space, &x->vdso);
	if (!err)
		err = exec_map(x, &x->program, exec_pie_base(x));
	if (!err && x->has_interp)
		err = exec_map(
			x, &x->interp,
			exec_beside(x, interp->va_end - interp->va_begin));
	if (err)
		return err;
	exec_set_brk(x);
	return exec_finish_stack(x);
}

static int
exec_prepare_private(struct exec *x)
{
	struct task *t = current_task();

	if (fd_table_is_shared(t->files)) {
		x->files = fd_table_copy(t->files);
		if (!x->files)
			return -ENOMEM;
	}
	if (refcount_read(&t->handlers->refs) > 1) {
		x->handlers = signal_handlers_copy(t->handlers);
		if (!x->handlers)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Who starts a program with more rights than his own does not choose its
 * addresses.  Only now it is known that it is one: begin again.
 */
static int
exec_clear_personality(struct exec *x)
{
	if (!x->secure || !(x->personality & PER_CLEAR_ON_SETID))
		return 0;
	x->personality &= ~(unsigned)PER_CLEAR_ON_SETID;
	vm_space_put(x->space);
	x->space = NULL;
	return exec_begin_space(x);
}

static int
exec_prepare(struct exec *x)
{
	int err;

	err = exec_parse(&x->program);
	if (!err)
		err = exec_open_interp(x);
	if (!err)
		err = cred_for_exec(x->program.file, &x->cred, &x->secure);
	if (!err)
		err = exec_clear_personality(x);
	x->unreadable = !may_read(x, &x->program) ||
			(x->has_interp && !may_read(x, &x->interp));
	if (!err)
		err = exec_prepare_space(x);
	if (!err)
		err = exec_prepare_private(x);
	return err;
}

/* --- alone --- */

/*
 * End the other tasks.  -EAGAIN: the process is already exiting, or another
 * task was faster to exec.
 */
static int
exec_become_alone(struct task *t)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);

	if (p->exiting) {
		spin_unlock_irq(&p->signal_lock, irq);
		return -EAGAIN;
	}
	if (p->task_count > 1) {
		p->exiting = true;
		p->exec_task = t;
		signal_kill_all_locked(p);
	}
	spin_unlock_irq(&p->signal_lock, irq);
	wait_event(&p->exec_wait,
		   __atomic_load_n(&p->task_count, __ATOMIC_ACQUIRE) == 1 ||
			   task_is_killed(t));

	irq = spin_lock_irq(&p->signal_lock);
	/* An exit_group may have come while we waited: it wins. */
	if (task_is_killed(t)) {
		spin_unlock_irq(&p->signal_lock, irq);
		return -EAGAIN;
	}
	p->exiting = false;
	p->exec_task = NULL;
	signal_recalculate_locked(t);
	spin_unlock_irq(&p->signal_lock, irq);
	return 0;
}

/*
 * The copy was for a table shared with who knows whom.  If it was with our own
 * threads only, it is ours now, with the locks that belong to it.
 */
static void
keep_own_files(struct exec *x, struct task *t)
{
	if (x->files && !fd_table_is_shared(t->files)) {
		fd_table_put(x->files);
		x->files = NULL;
	}
}

/* Its tracer will see no end of it: the number lives on. */
static void
drop_old_leader_locked(struct process *p) REQUIRES(proc_tree_lock)
{
	struct task *leader = p->dead_leader;

	p->dead_leader = NULL;
	if (!leader)
		return;
	wait_queue_wake(&leader->trace.tracer->process->child_wait, 0);
	list_remove(&leader->trace.link);
	task_put(leader);
}

/* The program that execs is known by the process's PID, whoever it was. */
static void
take_leader_number(struct task *t)
{
	struct process *p = t->process;
	unsigned long irq = proc_tree_enter();
	struct pid *old = t->id;

	if (t->tid != p->pid) {
		old->task = NULL;
		pid_release(old);
		t->id = p->id;
		t->tid = p->pid;
		p->id->task = t;
		drop_old_leader_locked(p);
	}
	proc_tree_leave(irq);
}

/* --- commit --- */

static void
commit_space(struct exec *x, struct task *t)
{
	struct vm_space *old = t->space;
	unsigned long irq;

	if (old)
		task_detach_memory(t);
	futex_pi_exec(t);
	rseq_exec(t);
	irq = proc_tree_enter();
	spin_lock(&t->process->signal_lock);
	t->space = x->space;
	spin_unlock(&t->process->signal_lock);
	proc_tree_leave(irq);

	thread_set_mmu(&x->space->tree.mmu);
	x->space = NULL;
	task_vfork_release(t);
	if (old)
		vm_space_put(old);
}

static void
commit_private(struct exec *x, struct task *t)
{
	struct signal_handlers *old_handlers = NULL;
	struct fd_table *old_files = NULL;
	struct process *p = t->process;
	unsigned long irq = proc_tree_enter();

	spin_lock(&p->signal_lock);
	if (x->files) {
		old_files = t->files;
		t->files = x->files;
		x->files = NULL;
	}
	if (x->handlers) {
		old_handlers = t->handlers;
		t->handlers = x->handlers;
		x->handlers = NULL;
	}
	spin_unlock(&p->signal_lock);
	proc_tree_leave(irq);
	if (old_files)
		fd_table_put(old_files);
	if (old_handlers)
		signal_handlers_put(old_handlers);
	posix_timers_end(t->process);
	signal_handlers_reset(t->handlers);
	fd_table_close_on_exec(t->files);
	t->alt_stack = (struct signal_stack){ .flags = SS_DISABLE };
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Who may not read the program shall not read the process either. */
static bool
is_dumpable(const struct exec *x, const struct cred *old)
{
	return !x->unreadable && old->user.effective == old->user.real &&
	       old->group.effective == old->group.real;
}

/* A privileged program does not let its caller choose where its stack ends. */
static void
limit_stack(struct process *p)
{
	struct rlimit *l = &p->limits[RLIMIT_STACK];

	spin_lock(&p->signal_lock);
	l->rlim_cur = MIN(l->rlim_cur, _STK_LIM);
	spin_unlock(&p->signal_lock);
}

static void
commit_identity(struct exec *x, struct task *t)
{
	struct process *p = t->process;
	unsigned long irq;

	process_set_exe(p, &x->program.file->path);
	irq = proc_tree_enter();
	strlcpy(t->thread.name, x->comm, sizeof(t->thread.name));
	p->has_execed = true;
	p->exit_signal = SIGCHLD;
	t->restart.fn = NULL;
	task_set_personality(t, x->personality);
	atomic_store(&p->dumpable, is_dumpable(x, t->cred));
	if (x->secure)
		limit_stack(p);
	proc_tree_leave(irq);
	if (x->secure)
		t->pdeath_signal = 0;
	cred_commit(x->cred);
	x->cred = NULL;
}

static void
exec_commit(struct exec *x)
{
	struct exec_file *first = x->has_interp ? &x->interp : &x->program;
	struct task *t = current_task();

	/* Its robust locks still bear the number it had. */
	commit_space(x, t);
	take_leader_number(t);
	commit_private(x, t);
	commit_identity(x, t);
	arch_xstate_reset(&t->thread.arch);
	arch_debug_reset(&t->thread.arch);
	arch_set_fs_base(0);
	arch_set_gs_base(0);
	trap_frame_start_user(trap_current_frame(),
			      first->bias + first->elf.entry, x->sp);
}

static void
exec_cleanup(struct exec *x)
{
	exec_file_put(&x->program);
	exec_file_put(&x->interp);
	for (unsigned i = 0; i < x->prefixes; i++)
		kfree(x->prefix[i]);
	if (x->space)
		vm_space_put(x->space);
	if (x->cred)
		cred_put(x->cred);
	if (x->files)
		fd_table_put(x->files);
	if (x->handlers)
		signal_handlers_put(x->handlers);
	kfree(x);
}

/* --- the call --- */

/* A user whom set*id() took over its limit of processes cannot begin more. */
static int
check_process_limit(struct task *t)
{
	struct process *p = t->process;
	unsigned long irq;
	bool over;

	if (!t->over_processes)
		return 0;
	irq = proc_tree_enter();
	over = atomic_load(&p->account->tasks) > process_limit(p, RLIMIT_NPROC);
	proc_tree_leave(irq);
	if (over)
		return -EAGAIN;
	t->over_processes = false;
	return 0;
}

/* Programs found by descriptor are called by it, as on Linux. */
static void
name_program(struct exec *x, int dirfd, const char *path)
{
	if (dirfd == AT_FDCWD || path[0] == '/') {
		strlcpy(x->name, path, sizeof(x->name));
		return;
	}
	snprintf(x->name, sizeof(x->name), "/dev/fd/%d%s%s", dirfd,
		 path[0] ? "/" : "", path);
	if (!fd_get_cloexec(current_task()->files, dirfd, &x->unreachable))
		x->unreachable = true;
}

static void
name_process(struct exec *x, const char *path)
{
	char *buf = x->name; /* not in use yet */
	ssize_t n = -1;

	if (!path[0])
		n = file_name(x->program.file, NULL, buf, sizeof(x->name) - 1);
	if (n >= 0)
		buf[n] = '\0';
	strlcpy(x->comm, base_name(n >= 0 ? buf : path), sizeof(x->comm));
}

static int
exec_stages(struct exec *x, int dirfd, const char *path, unsigned walk_flags)
{
	int err = check_process_limit(current_task());

	if (!err)
		err = open_program(x, &x->program, path, walk_flags);
	if (err)
		return err;
	name_process(x, path);
	name_program(x, dirfd, path);
	/* 64-bit programs always begin without it. */
	x->personality =
		task_personality(current_task()) & ~(unsigned)READ_IMPLIES_EXEC;
	x->is_script = exec_is_script(x->program.head, x->program.head_size);
	err = exec_begin_space(x);
	if (!err)
		err = exec_follow_scripts(x);
	if (!err)
		err = exec_prepare(x);
	if (!err)
		err = exec_become_alone(current_task());
	if (!err)
		keep_own_files(x, current_task());
	return err;
}

/*
 * execve(2): -E2BIG, -EACCES, -EAGAIN, -EFAULT, -ELIBBAD, -ELOOP, -ENOENT,
 * -ENOEXEC, -ENOMEM, -ETXTBSY and what finding a file can say.
 */
long
process_exec(const struct walk *w, int dirfd, const char *path,
	     unsigned walk_flags, struct exec_strings argv,
	     struct exec_strings envp)
{
	struct exec *x = kmalloc(sizeof(*x));
	pid_t old_tid = current_task()->tid;
	int err;

	if (!x)
		return -ENOMEM;
	x->walk = *w;
	x->argv = argv;
	x->envp = envp;
	err = exec_stages(x, dirfd, path, walk_flags);
	if (!err)
		exec_commit(x);
	exec_cleanup(x);
	if (!err)
		ptrace_report_exec(current_task(), old_tid);
	return err;
}
