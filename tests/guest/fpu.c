/* SPDX-License-Identifier: MIT */
/*
 * fpu.c - vector and floating-point registers belong to their thread.
 */
#include "guest.h"

#include <cpuid.h>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct registers {
	uint64_t xmm[16][2];
};

static void
load(const struct registers *r)
{
	__asm__ volatile("movdqu (%0), %%xmm0\n movdqu 16(%0), %%xmm1\n"
			 "movdqu 32(%0), %%xmm2\n movdqu 48(%0), %%xmm3\n"
			 "movdqu 64(%0), %%xmm4\n movdqu 80(%0), %%xmm5\n"
			 "movdqu 96(%0), %%xmm6\n movdqu 112(%0), %%xmm7\n"
			 "movdqu 128(%0), %%xmm8\n movdqu 144(%0), %%xmm9\n"
			 "movdqu 160(%0), %%xmm10\n movdqu 176(%0), %%xmm11\n"
			 "movdqu 192(%0), %%xmm12\n movdqu 208(%0), %%xmm13\n"
			 "movdqu 224(%0), %%xmm14\n movdqu 240(%0), %%xmm15\n"
			 :
			 : "r"(r)
			 : "memory");
}

static void
store(struct registers *r)
{
	__asm__ volatile("movdqu %%xmm0, (%0)\n movdqu %%xmm1, 16(%0)\n"
			 "movdqu %%xmm2, 32(%0)\n movdqu %%xmm3, 48(%0)\n"
			 "movdqu %%xmm4, 64(%0)\n movdqu %%xmm5, 80(%0)\n"
			 "movdqu %%xmm6, 96(%0)\n movdqu %%xmm7, 112(%0)\n"
			 "movdqu %%xmm8, 128(%0)\n movdqu %%xmm9, 144(%0)\n"
			 "movdqu %%xmm10, 160(%0)\n movdqu %%xmm11, 176(%0)\n"
			 "movdqu %%xmm12, 192(%0)\n movdqu %%xmm13, 208(%0)\n"
			 "movdqu %%xmm14, 224(%0)\n movdqu %%xmm15, 240(%0)\n"
			 :
			 : "r"(r)
			 : "memory");
}

static void
fill(struct registers *r, uint64_t who)
{
	for (uint64_t i = 0; i < 16; i++) {
		r->xmm[i][0] = who << 32 | i;
		r->xmm[i][1] = ~r->xmm[i][0];
	}
}

/* Load a pattern, give the processor away, look; no libc in between. */
static bool
keeps(uint64_t who, int rounds, long number)
{
	struct registers in, out;

	fill(&in, who);
	for (int i = 0; i < rounds; i++) {
		long r;

		load(&in);
		__asm__ volatile("syscall"
				 : "=a"(r)
				 : "a"(number)
				 : "rcx", "r11", "memory");
		store(&out);
		if (memcmp(&in, &out, sizeof(in)))
			return false;
	}
	return true;
}

CASE(registers_survive_system_calls)
{
	CHECK(keeps(1, 1000, SYS_getpid));
	CHECK(keeps(2, 1000, SYS_sched_yield));
}

CASE(processes_do_not_mix)
{
	pid_t pids[6];

	for (uint64_t i = 0; i < COUNT(pids); i++)
		pids[i] =
			CHILD({ CHECK(keeps(i + 1, 3000, SYS_sched_yield)); });
	for (size_t i = 0; i < COUNT(pids); i++)
		EXITS(pids[i], 0);
}

static void *
thread(void *argument)
{
	return (void *)(uintptr_t)!keeps((uintptr_t)argument, 3000,
					 SYS_sched_yield);
}

CASE(threads_do_not_mix)
{
	pthread_t threads[6];
	void *bad;

	for (uintptr_t i = 0; i < COUNT(threads); i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, thread,
					(void *)(i + 10)),
			 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		CHECK_EQ(pthread_join(threads[i], &bad), 0);
		CHECK(!bad);
	}
}

CASE(preemption_keeps_registers)
{
	pid_t pids[4];

	for (uint64_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({
			struct registers in, out;
			long end = now_ms() + 150;

			fill(&in, i + 77);
			while (now_ms() < end) {
				load(&in);
				for (volatile int k = 0; k < 20000; k++)
					;
				store(&out);
				CHECK(!memcmp(&in, &out, sizeof(in)));
			}
		});
	for (size_t i = 0; i < COUNT(pids); i++)
		EXITS(pids[i], 0);
}

CASE(fork_passes_registers_on)
{
	struct registers in, out;
	int status;
	long pid;

	fill(&in, 5);
	load(&in);
	__asm__ volatile("syscall"
			 : "=a"(pid)
			 : "a"(SYS_fork)
			 : "rcx", "r11", "memory");
	store(&out);
	if (!pid)
		_exit(memcmp(&in, &out, sizeof(in)) != 0);
	CHECK_EQ(waitpid((pid_t)pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK(!memcmp(&in, &out, sizeof(in)));
}

static void
spoil(int number)
{
	struct registers r;

	fill(&r, (uint64_t)number * 1000);
	load(&r);
	__asm__ volatile("fninit\n fldpi\n fldpi\n" : : : "memory");
}

CASE(handlers_have_their_own)
{
	struct sigaction action = { .sa_handler = spoil };
	struct registers in, out;
	long r, pid = getpid();

	OK(sigaction(SIGUSR1, &action, NULL));
	fill(&in, 9);
	for (int i = 0; i < 100; i++) {
		load(&in);
		__asm__ volatile("syscall"
				 : "=a"(r)
				 : "a"(SYS_kill), "D"(pid), "S"(SIGUSR1)
				 : "rcx", "r11", "memory");
		store(&out);
		CHECK(!memcmp(&in, &out, sizeof(in)));
	}
}

CASE(rounding_mode_is_kept)
{
	OK(fesetround(FE_UPWARD));
	for (int i = 0; i < 100; i++)
		sched_yield();
	CHECK_EQ(fegetround(), FE_UPWARD);
	EXITS(CHILD({
		      CHECK_EQ(fegetround(), FE_UPWARD);
		      fesetround(FE_DOWNWARD);
	      }),
	      0);
	CHECK_EQ(fegetround(), FE_UPWARD);
}

/* What a new program finds: nothing of whoever ran before. */
int
guest_as(const char *what, int argc, char **argv)
{
	struct registers r;

	(void)what;
	(void)argc;
	(void)argv;
	store(&r);
	/* libc has run by now, but it uses the low registers only */
	for (int i = 12; i < 16; i++) {
		if (r.xmm[i][0] || r.xmm[i][1])
			return 1;
	}
	return 0;
}

CASE(exec_clears_registers)
{
	char *argv[] = { "x", "--as", "clean", NULL };

	EXITS(CHILD({
		      const char *path = self_path();
		      struct registers r;

		      fill(&r, 0xbad);
		      load(&r);
		      syscall(SYS_execve, path, argv, NULL);
	      }),
	      0);
}

static bool
have_avx(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE) &&
	       (c & bit_AVX);
}

CASE(upper_halves_of_ymm)
{
	pid_t pids[4];

	if (!have_avx())
		SKIP("no AVX");
	for (uint64_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({
			uint64_t in[4] = { i, ~i, i << 8, 0x1234 + i };
			uint64_t out[4];

			for (int round = 0; round < 2000; round++) {
				long r;

				__asm__ volatile("vmovdqu (%3), %%ymm9\n"
						 "syscall\n"
						 "vmovdqu %%ymm9, (%2)\n"
						 : "=a"(r)
						 : "a"(SYS_sched_yield),
						   "r"(out), "r"(in)
						 : "rcx", "r11", "memory");
				CHECK(!memcmp(in, out, sizeof(in)));
			}
		});
	for (size_t i = 0; i < COUNT(pids); i++)
		EXITS(pids[i], 0);
}

/* QEMU's TCG never raises an unmasked SSE exception. */
static bool
on_tcg(void)
{
	unsigned a, b, c, d;

	__cpuid(0x40000000, a, b, c, d);
	return b == 0x54474354 && c == 0x43544743; /* "TCGTCGTCG" */
}

CASE(x87_exceptions)
{
	DIES_BY(SIGFPE, {
		unsigned short control = 0x37f & ~0x4; /* division by zero */

		__asm__ volatile("fldcw %0\n fld1\n fldz\n"
				 "fdivrp\n fwait\n"
				 :
				 : "m"(control));
	});
}

CASE(floating_point_exceptions)
{
	if (on_tcg())
		SKIP("TCG has no SSE exceptions");
	DIES_BY(SIGFPE, {
		unsigned mxcsr = 0x1f80 & ~0x200u; /* division by zero traps */
		volatile double zero = 0, one = 1;

		__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
		one = one / zero;
	});
}
