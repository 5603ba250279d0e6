/* SPDX-License-Identifier: MIT */
/*
 * setid.c - user and group ids: every call of the set*id family, and what
 * execve(2) makes of them.
 */
#include "guest.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Raw calls: the C library would tell all threads. */
#define SETUID(u)          syscall(SYS_setuid, (u))
#define SETGID(g)          syscall(SYS_setgid, (g))
#define SETREUID(r, e)     syscall(SYS_setreuid, (r), (e))
#define SETREGID(r, e)     syscall(SYS_setregid, (r), (e))
#define SETRESUID(r, e, s) syscall(SYS_setresuid, (r), (e), (s))
#define SETRESGID(r, e, s) syscall(SYS_setresgid, (r), (e), (s))
#define SETGROUPS(n, l)    syscall(SYS_setgroups, (n), (l))

static void
check_uids(uid_t real, uid_t effective, uid_t saved, uid_t fs)
{
	uid_t r, e, s;

	OK(getresuid(&r, &e, &s));
	CHECK_EQ(r, real);
	CHECK_EQ(e, effective);
	CHECK_EQ(s, saved);
	CHECK_EQ(setfsuid(-1), fs);
}

static void
check_gids(gid_t real, gid_t effective, gid_t saved, gid_t fs)
{
	gid_t r, e, s;

	OK(getresgid(&r, &e, &s));
	CHECK_EQ(r, real);
	CHECK_EQ(e, effective);
	CHECK_EQ(s, saved);
	CHECK_EQ(setfsgid(-1), fs);
}

CASE(setuid_of_root_sets_all_four)
{
	need_root();
	OK(SETUID(1000));
	check_uids(1000, 1000, 1000, 1000);
	FAILS(SETUID(0), EPERM);
	OK(SETUID(1000));
}

CASE(setuid_of_others_takes_real_or_saved)
{
	need_root();
	OK(SETRESUID(1, 2, 3));
	FAILS(SETUID(2), EPERM);
	OK(SETUID(3));
	check_uids(1, 3, 3, 3);
	OK(SETUID(1));
	check_uids(1, 1, 3, 1);
	FAILS(SETUID(4), EPERM);
	FAILS(SETUID(-1), EINVAL);
}

CASE(setgid_follows_the_same_rules)
{
	need_root();
	OK(SETGID(5));
	check_gids(5, 5, 5, 5);
	OK(SETRESGID(1, 2, 3));
	OK(SETRESUID(9, 9, 9));
	FAILS(SETGID(2), EPERM);
	OK(SETGID(3));
	check_gids(1, 3, 3, 3);
	FAILS(SETGID(4), EPERM);
	FAILS(SETGID(-1), EINVAL);
}

CASE(setreuid_moves_the_saved_id)
{
	need_root();
	OK(SETREUID(-1, -1));
	check_uids(0, 0, 0, 0);
	OK(SETREUID(-1, 7)); /* effective leaves real: saved follows */
	check_uids(0, 7, 7, 7);
	OK(SETREUID(7, -1)); /* real may become effective */
	check_uids(7, 7, 7, 7);
	FAILS(SETREUID(8, -1), EPERM);
	FAILS(SETREUID(-1, 8), EPERM);
}

CASE(setreuid_without_rights)
{
	need_root();
	OK(SETRESUID(1, 2, 3));
	FAILS(SETREUID(3, -1), EPERM); /* saved is not for real */
	OK(SETREUID(-1, 3));
	check_uids(1, 3, 3, 3);
	OK(SETREUID(-1, 1)); /* to real: saved stays */
	check_uids(1, 1, 3, 1);
	OK(SETREUID(1, 3));
	check_uids(1, 3, 3, 3);
}

CASE(setregid_follows_the_same_rules)
{
	need_root();
	OK(SETRESGID(1, 2, 3));
	OK(SETRESUID(9, 9, 9));
	FAILS(SETREGID(3, -1), EPERM);
	FAILS(SETREGID(-1, 9), EPERM);
	OK(SETREGID(2, 3));
	check_gids(2, 3, 3, 3);
}

CASE(setresuid_each_from_three)
{
	need_root();
	OK(SETRESUID(1, 2, 3));
	check_uids(1, 2, 3, 2);
	OK(SETRESUID(3, 1, 2));
	check_uids(3, 1, 2, 1);
	FAILS(SETRESUID(-1, -1, 4), EPERM);
	FAILS(SETRESUID(-1, 4, -1), EPERM);
	FAILS(SETRESUID(4, -1, -1), EPERM);
	OK(SETRESUID(-1, -1, -1));
	check_uids(3, 1, 2, 1);
}

CASE(setresgid_each_from_three)
{
	need_root();
	OK(SETRESGID(1, 2, 3));
	check_gids(1, 2, 3, 2);
	OK(SETRESUID(9, 9, 9));
	OK(SETRESGID(3, 1, 2));
	check_gids(3, 1, 2, 1);
	FAILS(SETRESGID(-1, -1, 4), EPERM);
	FAILS(SETRESGID(-1, 4, -1), EPERM);
	FAILS(SETRESGID(4, -1, -1), EPERM);
}

CASE(getresid_faults)
{
	uint32_t id;

	FAILS(syscall(SYS_getresuid, &id, &id, 8), EFAULT);
	FAILS(syscall(SYS_getresuid, &id, 8, &id), EFAULT);
	FAILS(syscall(SYS_getresgid, 8, &id, &id), EFAULT);
}

CASE(setfsuid_tells_the_old_one)
{
	need_root();
	CHECK_EQ(setfsuid(5), 0);
	CHECK_EQ(setfsuid(6), 5);
	check_uids(0, 0, 0, 6);
	OK(SETRESUID(1, 2, 3));
	CHECK_EQ(setfsuid(4), 2); /* refused, silently */
	CHECK_EQ(setfsuid(3), 2);
	CHECK_EQ(setfsuid(1), 3);
	CHECK_EQ(setfsuid(-1), 1);
}

CASE(setfsgid_tells_the_old_one)
{
	need_root();
	OK(SETRESGID(1, 2, 3));
	CHECK_EQ(setfsgid(7), 2);
	CHECK_EQ(setfsgid(7), 7);
	OK(SETRESUID(9, 9, 9));
	CHECK_EQ(setfsgid(8), 7);
	CHECK_EQ(setfsgid(3), 7);
	CHECK_EQ(setfsgid(-1), 3);
}

CASE(files_obey_the_fs_id)
{
	need_root();
	put_file("f", "x");
	OK(chmod("f", 0600));
	setfsuid(1000);
	FAILS(open("f", O_RDONLY), EACCES);
	setfsuid(0);
	OK(open("f", O_RDONLY));
}

CASE(groups_come_back_sorted)
{
	gid_t list[] = { 30, 10, 20 }, got[4];

	need_root();
	OK(SETGROUPS(3, list));
	CHECK_EQ(getgroups(0, NULL), 3);
	CHECK_EQ(getgroups(4, got), 3);
	CHECK_EQ(got[0], 10);
	CHECK_EQ(got[1], 20);
	CHECK_EQ(got[2], 30);
	FAILS(getgroups(2, got), EINVAL);
	FAILS(getgroups(-1, got), EINVAL);
	FAILS(syscall(SYS_getgroups, 3, 8), EFAULT);
	OK(SETGROUPS(0, NULL));
	CHECK_EQ(getgroups(0, NULL), 0);
}

CASE(groups_up_to_the_maximum)
{
	static gid_t list[65537], got[65536];

	need_root();
	for (size_t i = 0; i < COUNT(list); i++)
		list[i] = (gid_t)(100000 - i);
	FAILS(SETGROUPS(65537, list), EINVAL);
	FAILS(SETGROUPS(2, 8), EFAULT);
	OK(SETGROUPS(65536, list));
	CHECK_EQ(syscall(SYS_getgroups, 65536, got), 65536);
	CHECK_EQ(got[0], 100000 - 65535);
	CHECK_EQ(got[65535], 100000);
	EXITS(CHILD(CHECK_EQ(getgroups(0, NULL), 65536)), 0);
	list[0] = (gid_t)-1;
	FAILS(SETGROUPS(1, list), EINVAL);
	become_nobody();
	FAILS(SETGROUPS(0, NULL), EPERM);
}

/* --- exec ----------------------------------------------------------------- */

/* argv[2]: what to show of oneself, in one line. */
int
guest_as(const char *what, __attribute__((unused)) int argc,
	 __attribute__((unused)) char **argv)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (strcmp(what, "ids"))
		return 1;
	if (getresuid(&r, &e, &s) || getresgid(&rg, &eg, &sg))
		return 2;
	printf("uid %u %u %u gid %u %u %u secure %lu dump %d", r, e, s, rg, eg,
	       sg, getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE));
	fflush(stdout);
	return 0;
}

/* Copy this program to `to`; it must be on a file system that honours bits. */
static void
copy_self(const char *to, mode_t mode)
{
	static char buf[1 << 16];
	int in = (int)OK(open(self_path(), O_RDONLY));
	int out = (int)OK(open(to, O_WRONLY | O_CREAT | O_EXCL, 0700));
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK_EQ(write(out, buf, (size_t)n), n);
	close(in);
	OK(fchmod(out, mode));
	close(out);
}

/* What the program says when run by 1000:1000. */
static void
run_as_user(const char *program, const char *want)
{
	char *argv[] = { "x", "--as", "ids", NULL }, *envp[] = { NULL };
	char text[256] = "";
	int fds[2];
	pid_t pid;
	size_t n = 0;
	ssize_t got;

	OK(pipe(fds));
	pid = CHILD(OK(dup2(fds[1], 1)); OK(SETGROUPS(0, NULL));
		    OK(SETRESGID(1000, 1000, 1000));
		    OK(SETRESUID(1000, 1000, 1000));
		    execve(program, argv, envp); _exit(77));
	close(fds[1]);
	while ((got = read(fds[0], text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	close(fds[0]);
	EXITS(pid, 0);
	if (strcmp(text, want))
		guest_fail(__FILE__, __LINE__, "'%s', not '%s'", text, want);
}

/* A place where set-id bits count: the scratch directory may be mounted else */
static void
enter_suid_mount(void)
{
	need_root();
	OK(mkdir("m", 0755));
	if (mount("t", "m", "tmpfs", 0, "mode=755"))
		SKIP("no mounts");
	OK(chdir("m"));
}

static void
leave_suid_mount(void)
{
	OK(chdir(".."));
	/* Who was left in there may take a moment to go. */
	for (int i = 0; i < 200 && umount("m") && errno == EBUSY; i++)
		sleep_ms(10);
	FAILS(umount("m"), EINVAL);
}

CASE(exec_plain)
{
	need_root();
	copy_self("p", 0755);
	run_as_user("p",
		    "uid 1000 1000 1000 gid 1000 1000 1000 secure 0 dump 1");
}

CASE(exec_set_user_id)
{
	enter_suid_mount();
	copy_self("p", 0755);
	OK(chown("p", 2000, 0));
	OK(chmod("p", 04755));
	run_as_user("p",
		    "uid 1000 2000 2000 gid 1000 1000 1000 secure 1 dump 0");
	leave_suid_mount();
}

CASE(exec_set_group_id)
{
	enter_suid_mount();
	copy_self("p", 0755);
	OK(chown("p", 0, 2000));
	OK(chmod("p", 02755));
	run_as_user("p",
		    "uid 1000 1000 1000 gid 1000 2000 2000 secure 1 dump 0");
	OK(chmod("p", 02745)); /* without group execution it is no set-id */
	run_as_user("p",
		    "uid 1000 1000 1000 gid 1000 1000 1000 secure 0 dump 1");
	leave_suid_mount();
}

CASE(exec_unreadable_is_not_dumpable)
{
	need_root();
	copy_self("p", 0711);
	run_as_user("p",
		    "uid 1000 1000 1000 gid 1000 1000 1000 secure 0 dump 0");
}

CASE(exec_with_no_new_privs_gains_nothing)
{
	enter_suid_mount();
	copy_self("p", 0755);
	OK(chown("p", 2000, 2000));
	OK(chmod("p", 06755));
	OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	run_as_user("p",
		    "uid 1000 1000 1000 gid 1000 1000 1000 secure 0 dump 1");
	leave_suid_mount();
}

static char other_stack[16384];

static int
wait_for_end(void *arg)
{
	int *hold = arg;
	char c;

	close(hold[1]); /* the other copy goes with the program */
	return read(hold[0], &c, 1) != 0;
}

/* Whoever shares root directory could make it another program's. */
CASE(exec_with_shared_fs_gains_nothing)
{
	char *argv[] = { "x", "--as", "ids", NULL }, *envp[] = { NULL };
	char text[256] = "";
	int out[2], hold[2];
	pid_t pid;

	enter_suid_mount();
	copy_self("p", 0755);
	OK(chown("p", 2000, 2000));
	OK(chmod("p", 06755));
	OK(pipe(out));
	pid = (pid_t)OK(fork());
	if (!pid) {
		OK(pipe(hold));
		OK(clone(wait_for_end, other_stack + sizeof(other_stack),
			 CLONE_FS | SIGCHLD, hold));
		OK(dup2(out[1], 1));
		OK(SETRESGID(1000, 1000, 1000));
		OK(SETRESUID(1000, 1000, 1000));
		execve("p", argv, envp);
		_exit(77);
	}
	EXITS(pid, 0);
	CHECK(read(out[0], text, sizeof(text) - 1) > 0);
	if (strcmp(text, "uid 1000 1000 1000 gid 1000 1000 1000 secure 1 "
			 "dump 1"))
		guest_fail(__FILE__, __LINE__, "'%s'", text);
	leave_suid_mount();
}

CASE(exec_on_a_nosuid_mount_gains_nothing)
{
	need_root();
	OK(mkdir("m", 0755));
	if (mount("t", "m", "tmpfs", MS_NOSUID, "mode=755"))
		SKIP("no mounts");
	copy_self("m/p", 0755);
	OK(chown("m/p", 2000, 2000));
	OK(chmod("m/p", 06755));
	run_as_user("m/p",
		    "uid 1000 1000 1000 gid 1000 1000 1000 secure 0 dump 1");
	OK(umount("m"));
}

CASE(changing_ids_makes_undumpable)
{
	need_root();
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	OK(prctl(PR_SET_PDEATHSIG, 10));
	OK(SETRESGID(-1, 5, -1));
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	int signal = -1;
	OK(prctl(PR_GET_PDEATHSIG, &signal));
	CHECK_EQ(signal, 0);
	OK(prctl(PR_SET_DUMPABLE, 1));
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
}

CASE(processes_of_a_user_are_limited_across_setuid)
{
	struct rlimit none = { 0, 0 };
	char *argv[] = { "x", "--as", "ids", NULL }, *envp[] = { NULL };
	pid_t first;

	need_root();
	copy_self("p", 0755);
	first = CHILD(OK(SETRESUID(54321, 54321, 54321)); pause());
	sleep_ms(50);
	OK(setrlimit(RLIMIT_NPROC, &none));
	OK(SETRESUID(54321, 54321, 54321)); /* that itself never fails */
	FAILS(fork(), EAGAIN);
	FAILS(execve("p", argv, envp), EAGAIN);
	OK(kill(first, SIGKILL));
}
