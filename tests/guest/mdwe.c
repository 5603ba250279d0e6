/* SPDX-License-Identifier: MIT */
/*
 * mdwe.c - no memory that is written and then run: what Linux allows to all,
 * and what prctl(PR_SET_MDWE) takes away.
 */
#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SET_MDWE         65
#define GET_MDWE         66
#define REFUSE_EXEC_GAIN 1ul
#define NO_INHERIT       2ul

#define RW (PROT_READ | PROT_WRITE)

static char *
map(int prot)
{
	return mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void
swear(unsigned long bits)
{
	if (prctl(GET_MDWE, 0, 0, 0, 0) < 0)
		SKIP("no PR_SET_MDWE");
	OK(prctl(SET_MDWE, bits, 0, 0, 0));
	CHECK_EQ(prctl(GET_MDWE, 0, 0, 0, 0), bits);
}

/* wx=strict would refuse it; this family is about programs that may. */
static void
need_lax(void)
{
	char *p = map(RW | PROT_EXEC);

	if (p == MAP_FAILED)
		SKIP("wx=strict");
	munmap(p, PAGE);
}

CASE(written_code_runs_by_default)
{
	/* mov $42, %eax; ret */
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	char *p;

	need_lax();
	p = map(RW);
	memcpy(p, code, sizeof(code));
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	CHECK_EQ(((int (*)(void))p)(), 42);
	p = map(RW | PROT_EXEC);
	CHECK(p != MAP_FAILED);
	memcpy(p, code, sizeof(code));
	CHECK_EQ(((int (*)(void))p)(), 42);
}

CASE(readable_is_not_executable)
{
	char *p = map(RW);

	p[0] = (char)0xc3;
	DIES_BY(SIGSEGV, ((void (*)(void))p)());
}

CASE(mdwe_refuses_write_and_exec)
{
	swear(REFUSE_EXEC_GAIN);
	CHECK(map(RW | PROT_EXEC) == MAP_FAILED);
	CHECK_EQ(errno, EACCES);
	CHECK(map(PROT_WRITE | PROT_EXEC) == MAP_FAILED);
	CHECK(map(PROT_READ | PROT_EXEC) != MAP_FAILED);
}

CASE(mdwe_refuses_to_gain_exec)
{
	char *rw = map(RW), *r = map(PROT_READ),
	     *x = map(PROT_READ | PROT_EXEC);

	swear(REFUSE_EXEC_GAIN);
	FAILS(mprotect(rw, PAGE, PROT_READ | PROT_EXEC), EACCES);
	FAILS(mprotect(rw, PAGE, RW | PROT_EXEC), EACCES);
	FAILS(mprotect(r, PAGE, PROT_READ | PROT_EXEC), EACCES);
	OK(mprotect(x, PAGE, PROT_READ | PROT_EXEC));
	FAILS(mprotect(x, PAGE, RW | PROT_EXEC), EACCES);
	OK(mprotect(x, PAGE, RW)); /* giving it up is fine, ... */
	FAILS(mprotect(x, PAGE, PROT_READ | PROT_EXEC), EACCES); /* for good */
	rw[0] = 1;
}

CASE(mdwe_spares_what_is_there)
{
	char *p;

	need_lax();
	p = map(RW | PROT_EXEC);
	swear(REFUSE_EXEC_GAIN);
	p[0] = 1;
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
}

CASE(mdwe_is_for_good)
{
	swear(REFUSE_EXEC_GAIN);
	FAILS(prctl(SET_MDWE, 0, 0, 0, 0), EPERM);
	FAILS(prctl(SET_MDWE, REFUSE_EXEC_GAIN | NO_INHERIT, 0, 0, 0), EPERM);
	OK(prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0));
}

CASE(mdwe_bad_arguments)
{
	if (prctl(GET_MDWE, 0, 0, 0, 0) < 0)
		SKIP("no PR_SET_MDWE");
	FAILS(prctl(SET_MDWE, 4, 0, 0, 0), EINVAL);
	FAILS(prctl(SET_MDWE, NO_INHERIT, 0, 0, 0), EINVAL);
	FAILS(prctl(SET_MDWE, REFUSE_EXEC_GAIN, 1, 0, 0), EINVAL);
	FAILS(prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 1), EINVAL);
	FAILS(prctl(GET_MDWE, 1, 0, 0, 0), EINVAL);
	CHECK_EQ(prctl(GET_MDWE, 0, 0, 0, 0), 0);
	OK(prctl(SET_MDWE, 0, 0, 0, 0));
}

int
guest_as(const char *what, __attribute__((unused)) int argc,
	 __attribute__((unused)) char **argv)
{
	return strcmp(what, "bits") ? 77 : prctl(GET_MDWE, 0, 0, 0, 0);
}

static void
check_inherited(int bits)
{
	char *argv[] = { "x", "--as", "bits", NULL }, *envp[] = { NULL };

	EXITS(CHILD(CHECK_EQ(prctl(GET_MDWE, 0, 0, 0, 0), bits)), 0);
	EXITS(CHILD(execve(self_path(), argv, envp)), bits);
}

CASE(mdwe_is_inherited)
{
	swear(REFUSE_EXEC_GAIN);
	check_inherited(1);
}

CASE(mdwe_is_not_inherited_if_so_asked)
{
	swear(REFUSE_EXEC_GAIN | NO_INHERIT);
	check_inherited(0);
	CHECK(map(RW | PROT_EXEC) == MAP_FAILED);
}

CASE(mdwe_lets_files_be_code)
{
	int fd = (int)OK(open(self_path(), O_RDONLY));
	char *p;

	swear(REFUSE_EXEC_GAIN);
	p = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(mmap(NULL, PAGE, RW | PROT_EXEC, MAP_PRIVATE, fd, 0) ==
	      MAP_FAILED);
	CHECK_EQ(errno, EACCES);
}

/* Where the processor (or the kernel) has no keys. */
CASE(protection_keys_of_a_processor_without)
{
	char *p = map(RW);
	long key = syscall(SYS_pkey_alloc, 0, 0);

	if (key >= 0)
		SKIP("it has keys");
	CHECK(errno == ENOSPC || errno == EINVAL);
	FAILS(syscall(SYS_pkey_alloc, 0, 1), ENOSPC);
	FAILS(syscall(SYS_pkey_alloc, 1, 0), EINVAL);
	FAILS(syscall(SYS_pkey_alloc, 0, 4), EINVAL);
	FAILS(syscall(SYS_pkey_free, 1), EINVAL);
	FAILS(syscall(SYS_pkey_free, -1), EINVAL);
	OK(syscall(SYS_pkey_mprotect, p, PAGE, PROT_READ, -1));
	FAILS(syscall(SYS_pkey_mprotect, p, PAGE, RW, 1), EINVAL);
	FAILS(syscall(SYS_pkey_mprotect, p, PAGE, 64, -1), EINVAL);
	DIES_BY(SIGSEGV, *(volatile char *)p = 1);
}
