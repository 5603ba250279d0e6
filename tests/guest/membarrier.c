/* SPDX-License-Identifier: MIT */
/*
 * membarrier.c - memory barriers in other threads; getcpu(2).
 */
#include "guest.h"

#include <linux/membarrier.h>
#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

static long
membarrier(int command, unsigned flags, int cpu)
{
	return syscall(SYS_membarrier, command, flags, cpu);
}

static const struct {
	int command, registration;
} private_commands[] = {
	{ MEMBARRIER_CMD_PRIVATE_EXPEDITED,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED },
	{ MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE },
	{ MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ },
};

CASE(membarrier_query)
{
	long all = OK(membarrier(MEMBARRIER_CMD_QUERY, 0, 0));

	CHECK(all & MEMBARRIER_CMD_GLOBAL);
	CHECK(all & MEMBARRIER_CMD_GLOBAL_EXPEDITED);
	CHECK(all & MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
	for (size_t i = 0; i < COUNT(private_commands); i++) {
		CHECK(all & private_commands[i].command);
		CHECK(all & private_commands[i].registration);
	}
}

CASE(membarrier_errors)
{
	FAILS(membarrier(MEMBARRIER_CMD_QUERY, 1, 0), EINVAL);
	FAILS(membarrier(MEMBARRIER_CMD_GLOBAL, 1, 0), EINVAL);
	FAILS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 1, 0), EINVAL);
	FAILS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 2, 0), EINVAL);
	FAILS(membarrier(3, 0, 0), EINVAL);
	FAILS(membarrier(1 << 30, 0, 0), EINVAL);
	FAILS(membarrier(-1, 0, 0), EINVAL);
}

CASE(membarrier_wants_registration)
{
	for (size_t i = 0; i < COUNT(private_commands); i++)
		FAILS(membarrier(private_commands[i].command, 0, 0), EPERM);
	OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	FAILS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0),
	      EPERM);
	FAILS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0), EPERM);
	for (size_t i = 0; i < COUNT(private_commands); i++) {
		OK(membarrier(private_commands[i].registration, 0, 0));
		OK(membarrier(private_commands[i].command, 0, 0));
	}
	OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ,
		      MEMBARRIER_CMD_FLAG_CPU, 0));
}

CASE(membarrier_registration_of_one_kind)
{
	for (size_t i = 1; i < COUNT(private_commands); i++)
		EXITS(CHILD({
			      OK(membarrier(private_commands[i].registration, 0,
					    0));
			      OK(membarrier(private_commands[i].command, 0, 0));
		      }),
		      0);
}

CASE(membarrier_global)
{
	OK(membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0));
	OK(membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0));
	OK(membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0));
	OK(membarrier(MEMBARRIER_CMD_GLOBAL, 0, 0));
}

CASE(membarrier_registration_is_inherited_by_fork_alone)
{
	OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	EXITS(CHILD({
		      OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
		      OK(execl(self_path(), self_path(), "--as", "fresh",
			       NULL));
	      }),
	      0);
}

int
guest_as(const char *what, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (strcmp(what, "fresh") != 0)
		return 1;
	FAILS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), EPERM);
	return 0;
}

/*
 * Two threads each store to their word, then read the other's; that of them
 * which has no barrier must not be the only one to miss the other's store.
 */
#define ROUNDS 3000

static struct {
	volatile int store[2];
	int seen[2];
	atomic_int arrived[2];
} litmus[ROUNDS];

static void
meet(int round, int me)
{
	atomic_store(&litmus[round].arrived[me], 1);
	for (int i = 0; !atomic_load(&litmus[round].arrived[!me]); i++)
		if (i > 1000)
			sched_yield();
}

static void *
fast_side(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		meet(i, 0);
		litmus[i].store[0] = 1;
		__asm__ volatile("" ::: "memory");
		litmus[i].seen[0] = litmus[i].store[1];
	}
	return arg;
}

CASE(membarrier_orders_the_other_side)
{
	pthread_t t;

	OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	CHECK_EQ(pthread_create(&t, NULL, fast_side, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		meet(i, 1);
		litmus[i].store[1] = 1;
		OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
		litmus[i].seen[1] = litmus[i].store[0];
	}
	CHECK_EQ(pthread_join(t, NULL), 0);
	for (int i = 0; i < ROUNDS; i++)
		CHECK(litmus[i].seen[0] || litmus[i].seen[1]);
}

/* A thread that stays in a restartable section until it is thrown out. */
static volatile struct rseq area;
static volatile int inside;
int
stay(volatile uint64_t *rseq_cs, const struct rseq_cs *s, volatile int *flag);
extern char stay_start[], stay_end[], stay_abort[];
__asm__(".text\n"
	"stay:	movq %rsi, (%rdi)\n"
	"stay_start:\n"
	"	movl $1, (%rdx)\n"
	"1:	pause\n"
	"	jmp 1b\n"
	"stay_end:\n"
	"	.long 0x53053053\n"
	"stay_abort:\n"
	"	movl $1, %eax\n"
	"	ret\n");

static void *
sit_inside(void *arg)
{
	struct rseq_cs s = {
		.start_ip = (uintptr_t)stay_start,
		.post_commit_offset = (uintptr_t)(stay_end - stay_start),
		.abort_ip = (uintptr_t)stay_abort,
	};

	OK(syscall(SYS_rseq, &area, 32, 0, 0x53053053));
	CHECK_EQ(stay((volatile uint64_t *)&area.rseq_cs, &s, &inside), 1);
	return arg;
}

CASE(membarrier_restarts_sequences)
{
	pthread_t t;

	OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0));
	CHECK_EQ(pthread_create(&t, NULL, sit_inside, NULL), 0);
	while (!inside)
		sched_yield();
	OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0));
	CHECK_EQ(pthread_join(t, NULL), 0);
}

CASE(getcpu_names_the_cpu)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	char *hole = before_hole();
	unsigned cpu, node;

	for (int i = 0; i < cpus; i++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(i, &set);
		OK(sched_setaffinity(0, sizeof(set), &set));
		OK(syscall(SYS_getcpu, &cpu, &node, NULL));
		CHECK_EQ(cpu, i);
		CHECK_EQ(node, 0);
		CHECK_EQ(sched_getcpu(), i);
	}
	OK(syscall(SYS_getcpu, NULL, NULL, NULL));
	FAILS(syscall(SYS_getcpu, hole, NULL, NULL), EFAULT);
	FAILS(syscall(SYS_getcpu, NULL, hole, NULL), EFAULT);
}
