/* SPDX-License-Identifier: MIT */
/* unit: -iquote tests/unit/proc -I tests/unit/vfs/sys -D_SYS_SELECT_H kernel/proc/signal.c kernel/proc/signal_queue.c kernel/lib/string.c */

/*
 * signal_test.c - which signal is taken, and which task is to take it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mm/slab.h"
#include "proc/posix_timer_priv.h"
#include "proc/process_priv.h"
#include "proc/signalfd.h"

#define TASKS 3

struct spinlock proc_tree_lock = SPINLOCK_INIT(LOCK_PROC_TREE, "tree");
struct thread *fake_thread;

static struct process p;
static struct task t[TASKS];
static struct signal_handlers *handlers;
static struct user_account account;
static bool no_memory;
static int entries;  /* handed out */
static int reported; /* CLD_ code the parent was told last */

/* --- what signal.c and signal_queue.c call --- */

struct slab_cache {
	size_t size;
};

struct slab_cache *
slab_cache_create(const char *name, size_t size, size_t align)
{
	struct slab_cache *c = calloc(1, sizeof(*c));

	c->size = size;
	return c;
}

void *
slab_alloc(struct slab_cache *c)
{
	if (no_memory)
		return NULL;
	entries++;
	return calloc(1, c->size);
}

void
ptrace_trap_notify_locked(struct task *task)
{
}

void
ptrace_wake_killed_locked(struct task *task)
{
}

void
slab_free(struct slab_cache *c, void *obj)
{
	entries--;
	free(obj);
}

void
posix_timer_taken_locked(UNUSED struct posix_timer *t,
			 UNUSED struct siginfo *info)
{
	fail();
}

void
posix_timer_dropped_locked(UNUSED struct posix_timer *t)
{
	fail();
}

void
signalfd_notify_locked(UNUSED struct process *p)
{
}

void
user_account_ref(struct user_account *u)
{
	u->refs++;
}

void
user_account_put(struct user_account *u)
{
	u->refs--;
}

uint64_t
process_limit(struct process *process, unsigned which)
{
	return process->limits[which].rlim_cur;
}

void
wait_notify_parent_locked(struct process *process, int code, int status)
{
	reported = code;
}

/* --- the process --- */

static int
setup(void **state)
{
	static bool ready;

	if (!ready)
		signal_init();
	ready = true;
	memset(&p, 0, sizeof(p));
	memset(&account, 0, sizeof(account));
	no_memory = false;
	reported = 0;
	handlers = signal_handlers_create();
	list_init(&p.tasks);
	spin_init(&p.signal_lock, LOCK_SIGNAL, "signal");
	signal_queue_init(&p.shared_pending);
	p.account = &account;
	p.pid = 100;
	p.limits[RLIMIT_SIGPENDING].rlim_cur = 4;
	for (int i = 0; i < TASKS; i++) {
		memset(&t[i], 0, sizeof(t[i]));
		t[i].process = &p;
		t[i].handlers = handlers;
		signal_queue_init(&t[i].pending);
		list_push_back(&p.tasks, &t[i].process_link);
		p.task_count++;
	}
	fake_thread = &t[0].thread;
	entries = 0;
	return 0;
}

static int
teardown(void **state)
{
	signal_discard_locked(&p, ~0ULL);
	assert_int_equal(entries, 0);
	assert_int_equal(account.refs, 0);
	assert_int_equal(account.signals, 0);
	entries = 1;
	signal_handlers_put(handlers);
	return 0;
}

static void
take_signal(int signo)
{
	handlers->action[signo - 1].handler = 0x1000;
}

static int
take(struct task *task)
{
	struct siginfo info;

	return signal_dequeue_locked(task, task->blocked, &info);
}

static int
interrupted(void)
{
	int n = 0;

	for (int i = 0; i < TASKS; i++)
		n += atomic_load(&t[i].thread.interrupted);
	return n;
}

/* --- which signal --- */

static void
test_lowest_first_but_faults_before(void **state)
{
	for (int signo = 1; signo <= SIGNALS; signo++)
		take_signal(signo);
	signal_send_process(&p, SIGTERM, NULL);
	signal_send_process(&p, SIGUSR1, NULL);
	signal_send_process(&p, SIGSEGV, NULL);
	signal_send_process(&p, SIGHUP, NULL);
	signal_send_task(&t[1], 40, NULL);
	assert_int_equal(take(&t[1]), 40); /* its own before the process's */
	assert_int_equal(take(&t[1]), SIGSEGV);
	assert_int_equal(take(&t[0]), SIGHUP);
	t[0].blocked = SIGNAL_BIT(SIGUSR1);
	assert_int_equal(take(&t[0]), SIGTERM);
	assert_int_equal(take(&t[0]), 0);
	assert_int_equal(take(&t[2]), SIGUSR1);
}

static void
test_standard_once_real_time_each(void **state)
{
	struct siginfo info = { .si_code = SI_QUEUE };

	take_signal(SIGUSR1);
	take_signal(40);
	for (int i = 0; i < 3; i++) {
		signal_send_process(&p, SIGUSR1, NULL);
		info.si_value.sival_int = i;
		assert_int_equal(signal_send_process(&p, 40, &info), 0);
	}
	assert_int_equal(take(&t[0]), SIGUSR1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(signal_dequeue_locked(&t[0], 0, &info), 40);
		assert_int_equal(info.si_value.sival_int, i);
	}
	assert_int_equal(take(&t[0]), 0);
}

static void
test_limit_and_no_memory(void **state)
{
	struct siginfo queued = { .si_code = SI_QUEUE };
	struct siginfo killed = { .si_code = SI_USER };

	take_signal(40);
	take_signal(41);
	take_signal(SIGCHLD);
	for (int i = 0; i < 4; i++)
		assert_int_equal(signal_send_process(&p, 40, &queued), 0);
	assert_int_equal(signal_send_process(&p, 40, &queued), -EAGAIN);
	/* kill(2) is not refused, only cut down to one without a sender. */
	for (int i = 0; i < 100; i++)
		assert_int_equal(signal_send_process(&p, 41, &killed), 0);
	assert_int_equal(entries, 4);
	no_memory = true;
	assert_int_equal(signal_send_process(&p, SIGCHLD, &killed), 0);
	assert_int_equal(take(&t[0]), SIGCHLD);
	assert_int_equal(signal_send_task(&t[0], 40, &queued), -EAGAIN);
	for (int i = 0; i < 4; i++)
		assert_int_equal(take(&t[0]), 40);
	assert_int_equal(take(&t[0]), 41);
	assert_int_equal(take(&t[0]), 0);
}

/* --- who takes it, and what becomes of it --- */

static void
test_ignored_is_dropped_unless_blocked(void **state)
{
	signal_send_process(&p, SIGCHLD, NULL);
	assert_int_equal(take(&t[0]), 0);
	t[0].blocked = SIGNAL_BIT(SIGCHLD);
	signal_send_process(&p, SIGCHLD, NULL);
	assert_int_equal(take(&t[1]), SIGCHLD);
	handlers->action[SIGTERM - 1].handler = (uintptr_t)SIG_IGN;
	signal_send_process(&p, SIGTERM, NULL);
	assert_false(p.exiting);
	assert_int_equal(interrupted(), 1);
}

static void
test_one_that_can_take_it_is_woken(void **state)
{
	take_signal(SIGUSR1);
	t[0].blocked = SIGNAL_BIT(SIGUSR1);
	t[1].leaving = true;
	signal_send_process(&p, SIGUSR1, NULL);
	assert_true(atomic_load(&t[2].thread.interrupted));
	assert_int_equal(interrupted(), 1);
	/* Sent to one that blocks it, it is nobody else's. */
	signal_send_task(&t[0], SIGUSR1, NULL);
	assert_int_equal(interrupted(), 1);
	assert_int_equal(t[2].pending.mask, 0);
}

static void
test_fatal_ends_all(void **state)
{
	signal_send_task(&t[1], SIGTERM, NULL);
	assert_true(p.exiting);
	assert_int_equal(p.exit_status, SIGTERM);
	assert_int_equal(interrupted(), TASKS);
	signal_send_process(&p, SIGKILL, NULL);
	assert_int_equal(p.exit_status, SIGTERM); /* the first counts */
}

static void
test_not_fatal_while_waited_for_or_blocked(void **state)
{
	t[0].waiting_for = SIGNAL_BIT(SIGTERM);
	t[1].blocked = t[2].blocked = SIGNAL_BIT(SIGTERM);
	signal_send_process(&p, SIGTERM, NULL);
	assert_false(p.exiting);
	assert_int_equal(take(&t[0]), SIGTERM);
	signal_send_task(&t[1], SIGTERM, NULL);
	assert_false(p.exiting);
}

static void
test_kill_beats_exec_and_stop(void **state)
{
	p.stopped = true;
	p.stop_taken = true;
	for (int i = 0; i < TASKS; i++)
		t[i].at_rest = true;
	p.stopped_tasks = TASKS;
	p.exiting = true;
	p.exec_task = &t[2];
	assert_false(task_is_killed(&t[2]));
	signal_send_process(&p, SIGKILL, NULL);
	assert_true(task_is_killed(&t[2]));
	assert_false(p.stopped || p.stop_taken || p.stopped_tasks);
	for (int i = 0; i < TASKS; i++)
		assert_true(t[i].thread.woken & 1u << THREAD_STOPPED);
}

static void
test_stopped_takes_nothing_but_sigcont(void **state)
{
	p.stopped = true;
	for (int i = 0; i < TASKS; i++)
		t[i].at_rest = true;
	p.stopped_tasks = TASKS;
	signal_send_process(&p, SIGTERM, NULL);
	assert_false(p.exiting);
	signal_send_process(&p, SIGCONT, NULL);
	assert_false(p.stopped);
	assert_int_equal(reported, CLD_CONTINUED);
	assert_int_equal(take(&t[0]), SIGTERM);
}

static void
test_stop_and_continue_undo_each_other(void **state)
{
	take_signal(SIGCONT);
	signal_send_process(&p, SIGTSTP, NULL);
	signal_send_task(&t[1], SIGSTOP, NULL);
	signal_send_process(&p, SIGCONT, NULL);
	assert_int_equal(p.shared_pending.mask, SIGNAL_BIT(SIGCONT));
	assert_int_equal(t[1].pending.mask, 0);
	signal_send_process(&p, SIGTTIN, NULL);
	assert_int_equal(p.shared_pending.mask, SIGNAL_BIT(SIGTTIN));
}

static void
test_first_process_is_protected(void **state)
{
	p.unkillable = true;
	signal_send_process(&p, SIGKILL, NULL);
	signal_send_process(&p, SIGTERM, NULL);
	signal_send_process(&p, SIGSTOP, NULL);
	assert_int_equal(take(&t[0]), 0);
	assert_false(p.exiting);
	/* A fault of its own is not of others' making. */
	signal_force(&t[0], SIGSEGV, NULL);
	assert_false(p.unkillable);
	assert_int_equal(take(&t[0]), SIGSEGV);
}

static void
test_forced_signal_cannot_hide(void **state)
{
	handlers->action[SIGSEGV - 1].handler = (uintptr_t)SIG_IGN;
	signal_force(&t[0], SIGSEGV, NULL);
	assert_int_equal(handlers->action[SIGSEGV - 1].handler, 0);
	assert_int_equal(take(&t[0]), SIGSEGV);
	take_signal(SIGBUS);
	t[0].blocked = SIGNAL_BIT(SIGBUS);
	signal_force(&t[0], SIGBUS, NULL);
	assert_int_equal(handlers->action[SIGBUS - 1].handler, 0);
	assert_int_equal(take(&t[0]), SIGBUS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lowest_first_but_faults_before),
		TEST(test_standard_once_real_time_each),
		TEST(test_limit_and_no_memory),
		TEST(test_ignored_is_dropped_unless_blocked),
		TEST(test_one_that_can_take_it_is_woken),
		TEST(test_fatal_ends_all),
		TEST(test_not_fatal_while_waited_for_or_blocked),
		TEST(test_kill_beats_exec_and_stop),
		TEST(test_stopped_takes_nothing_but_sigcont),
		TEST(test_stop_and_continue_undo_each_other),
		TEST(test_first_process_is_protected),
		TEST(test_forced_signal_cannot_hide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
