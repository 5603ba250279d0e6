/* SPDX-License-Identifier: MIT */
/*
 * rseq.c - restartable sequences.
 */
#include "guest.h"

#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNATURE 0x53053053u
#define SIZE      32u

/* Linux 6.3 has two more fields in the padding. */
struct area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t rseq_cs;
	uint32_t flags, node_id, mm_cid, pad;
} __attribute__((aligned(32)));

/*
 * int enter_section(uint64_t *rseq_cs, const struct rseq_cs *section): be in
 * the section until the kernel throws us out; returns 1.
 */
int enter_section(volatile uint64_t *rseq_cs, const struct rseq_cs *section);
extern char section_start[], section_end[], section_abort[];
__asm__(".text\n"
	"enter_section:\n"
	"	movq %rsi, (%rdi)\n"
	"section_start:\n"
	"1:	pause\n"
	"	jmp 1b\n"
	"section_end:\n"
	"	nop\n"
	"	.long 0x53053053\n"
	"section_abort:\n"
	"	movl $1, %eax\n"
	"	ret\n");

static volatile struct area mine;

static long
rseq(volatile void *area, uint32_t size, int flags, uint32_t signature)
{
	return syscall(SYS_rseq, area, size, flags, signature);
}

static struct rseq_cs
section(void)
{
	return (struct rseq_cs){
		.start_ip = (uintptr_t)section_start,
		.post_commit_offset = (uintptr_t)(section_end - section_start),
		.abort_ip = (uintptr_t)section_abort,
	};
}

static void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	OK(sched_setaffinity(0, sizeof(set), &set));
}

static int
cpus(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

CASE(rseq_registers_once)
{
	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	FAILS(rseq(&mine, SIZE, 0, SIGNATURE), EBUSY);
	FAILS(rseq(&mine, SIZE, 0, SIGNATURE + 1), EPERM);
	FAILS(rseq(&mine, 2 * SIZE, 0, SIGNATURE), EINVAL);
	FAILS(rseq(&mine + 1, SIZE, 0, SIGNATURE), EINVAL);
	FAILS(rseq(&mine, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE + 1), EPERM);
	FAILS(rseq(&mine, 2 * SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	FAILS(rseq(&mine + 1, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	FAILS(rseq(&mine, SIZE, RSEQ_FLAG_UNREGISTER | 2, SIGNATURE), EINVAL);
	OK(rseq(&mine, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE));
	CHECK_EQ((int)mine.cpu_id, RSEQ_CPU_ID_UNINITIALIZED);
	CHECK_EQ(mine.cpu_id_start, 0);
	FAILS(rseq(&mine, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	OK(rseq(&mine, SIZE, 0, SIGNATURE));
}

CASE(rseq_refuses_bad_areas)
{
	char *p = anon(PAGE);

	FAILS(rseq(p, SIZE - 1, 0, SIGNATURE), EINVAL);
	FAILS(rseq(p, 0, 0, SIGNATURE), EINVAL);
	FAILS(rseq(p + 8, SIZE, 0, SIGNATURE), EINVAL);
	FAILS(rseq(p, SIZE, 2, SIGNATURE), EINVAL);
	FAILS(rseq((void *)0xffff800000000000, SIZE, 0, SIGNATURE), EFAULT);
	FAILS(rseq(p, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
}

CASE(rseq_names_the_cpu)
{
	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	for (int round = 0; round < 20; round++) {
		int cpu = round % cpus();

		pin(cpu);
		CHECK_EQ(mine.cpu_id, cpu);
		CHECK_EQ(mine.cpu_id_start, cpu);
		CHECK_EQ(mine.node_id, 0);
		CHECK((int)mine.mm_cid < cpus());
	}
}

CASE(rseq_of_a_forked_child)
{
	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	pin(0);
	EXITS(CHILD({
		      FAILS(rseq(&mine, SIZE, 0, SIGNATURE), EBUSY);
		      pin(cpus() - 1);
		      CHECK_EQ(mine.cpu_id, cpus() - 1);
	      }),
	      0);
	CHECK_EQ(mine.cpu_id, 0);
}

static void *
register_in_thread(void *arg)
{
	static volatile struct area other;

	FAILS(rseq(&other, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	OK(rseq(&other, SIZE, 0, SIGNATURE));
	pin(0);
	CHECK_EQ(other.cpu_id, 0);
	return arg;
}

CASE(rseq_of_a_thread_is_its_own)
{
	pthread_t t;

	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	CHECK_EQ(pthread_create(&t, NULL, register_in_thread, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

int
guest_as(const char *what, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (strcmp(what, "fresh") != 0)
		return 1;
	FAILS(rseq(&mine, SIZE, RSEQ_FLAG_UNREGISTER, SIGNATURE), EINVAL);
	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	return 0;
}

CASE(rseq_ends_with_exec)
{
	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	EXITS(CHILD({
		      OK(execl(self_path(), self_path(), "--as", "fresh",
			       NULL));
	      }),
	      0);
}

static volatile int handled;
static volatile uintptr_t handled_at;

static void
note(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)signo;
	(void)info;
	handled++;
	handled_at = (uintptr_t)uc->uc_mcontext.gregs[16];
}

static void
alarm_in_ms(int ms)
{
	struct sigaction a = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	struct itimerval t = { .it_value.tv_usec = ms * 1000 };

	OK(sigaction(SIGALRM, &a, NULL));
	OK(setitimer(ITIMER_REAL, &t, NULL));
}

CASE(rseq_aborts_on_a_signal)
{
	struct rseq_cs s = section();

	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	alarm_in_ms(30);
	/* Being preempted ends it, too. */
	while (!handled)
		CHECK_EQ(enter_section(&mine.rseq_cs, &s), 1);
	CHECK_EQ(handled, 1);
	CHECK(handled_at - s.start_ip >= s.post_commit_offset);
	CHECK_EQ(mine.rseq_cs, 0);
}

static void *
compete(void *stop)
{
	pin(0);
	while (!*(volatile int *)stop)
		;
	return NULL;
}

CASE(rseq_aborts_when_preempted)
{
	struct rseq_cs s = section();
	volatile int stop = 0;
	pthread_t t;

	pin(0);
	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	CHECK_EQ(pthread_create(&t, NULL, compete, (void *)&stop), 0);
	for (int round = 0; round < 5; round++) {
		CHECK_EQ(enter_section(&mine.rseq_cs, &s), 1);
		CHECK_EQ(mine.rseq_cs, 0);
	}
	stop = 1;
	CHECK_EQ(pthread_join(t, NULL), 0);
}

CASE(rseq_forgets_a_section_that_was_left)
{
	struct rseq_cs s = section();

	OK(rseq(&mine, SIZE, 0, SIGNATURE));
	mine.rseq_cs = (uintptr_t)&s;
	alarm_in_ms(10);
	while (!handled)
		;
	CHECK_EQ(mine.rseq_cs, 0);
	CHECK(handled_at != (uintptr_t)section_abort);
}

/* Enter s with a signal to come. */
static void
spoilt(const struct rseq_cs *s, uint32_t signature)
{
	OK(rseq(&mine, SIZE, 0, signature));
	alarm_in_ms(10);
	enter_section(&mine.rseq_cs, s);
}

CASE(rseq_checks_the_signature)
{
	struct rseq_cs s = section();

	DIES_BY(SIGSEGV, spoilt(&s, SIGNATURE + 1));
}

CASE(rseq_checks_the_section)
{
	struct rseq_cs version = section(), inside = section(), far = section(),
		       wrap = section(), flags = section();

	version.version = 1;
	inside.abort_ip = inside.start_ip;
	far.abort_ip = 0xffff800000000000;
	wrap.post_commit_offset = -1ull;
	flags.flags = 1 << 10;
	DIES_BY(SIGSEGV, spoilt(&version, SIGNATURE));
	DIES_BY(SIGSEGV, spoilt(&inside, SIGNATURE));
	DIES_BY(SIGSEGV, spoilt(&far, SIGNATURE));
	DIES_BY(SIGSEGV, spoilt(&wrap, SIGNATURE));
	DIES_BY(SIGSEGV, spoilt(&flags, SIGNATURE));
	DIES_BY(SIGSEGV, spoilt((void *)(before_hole()), SIGNATURE));
	DIES_BY(SIGSEGV, spoilt((void *)0xffff800000000000, SIGNATURE));
}

CASE(rseq_area_that_goes_away)
{
	DIES_BY(SIGSEGV, {
		char *p = anon(PAGE);

		OK(rseq(p, SIZE, 0, SIGNATURE));
		OK(munmap(p, PAGE));
		for (int i = 0; i < 200; i++) {
			pin(i % cpus());
			sleep_ms(1);
		}
	});
}
