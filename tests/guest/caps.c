/* SPDX-License-Identifier: MIT */
/*
 * caps.c - capabilities: their sets, how they follow the user ids, the prctl
 * operations on them, and what programs with capabilities of their own get.
 */
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* <linux/capability.h> */
enum {
	CHOWN = 0,
	KILL = 5,
	SETUID = 7,
	SETPCAP = 8,
	NET_RAW = 13
};
#define BIT(cap)         (1ull << (cap))
#define VERSION_1        0x19980330u
#define VERSION_2        0x20071026u
#define VERSION_3        0x20080522u
#define SECBIT_NOROOT    0x01
#define SECBIT_NO_FIXUP  0x04
#define SECBIT_KEEP_CAPS 0x10
#define SECBIT_KEEP_LOCK 0x20
#define SECBIT_NO_RAISE  0x40
#define AMBIENT          47
#define AMBIENT_IS_SET   1
#define AMBIENT_RAISE    2
#define AMBIENT_LOWER    3
#define AMBIENT_CLEAR    4

struct header {
	uint32_t version;
	int pid;
};

struct data {
	uint32_t effective, permitted, inheritable;
};

struct sets {
	uint64_t effective, permitted, inheritable;
};

static struct sets
get(void)
{
	struct header h = { VERSION_3, 0 };
	struct data d[2];

	OK(syscall(SYS_capget, &h, d));
	return (struct sets){
		d[0].effective | (uint64_t)d[1].effective << 32,
		d[0].permitted | (uint64_t)d[1].permitted << 32,
		d[0].inheritable | (uint64_t)d[1].inheritable << 32,
	};
}

static int
set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct header h = { VERSION_3, 0 };
	struct data d[2] = {
		{ (uint32_t)effective, (uint32_t)permitted,
		  (uint32_t)inheritable },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		  (uint32_t)(inheritable >> 32) },
	};

	return (int)syscall(SYS_capset, &h, d);
}

static void
setresuid_raw(uid_t r, uid_t e, uid_t s)
{
	OK(syscall(SYS_setresuid, r, e, s));
}

static int
ambient(int op, unsigned long cap)
{
	return prctl(AMBIENT, op, cap, 0, 0);
}

CASE(capget_versions)
{
	struct header h = { 0x12345678, 0 };
	struct data d[2];

	FAILS(syscall(SYS_capget, &h, d), EINVAL);
	CHECK_EQ(h.version, VERSION_3);
	h.version = 1;
	OK(syscall(SYS_capget, &h, NULL)); /* which one is it? */
	CHECK_EQ(h.version, VERSION_3);
	h.version = VERSION_2;
	OK(syscall(SYS_capget, &h, d));
	h.version = VERSION_1;
	memset(d, 0xff, sizeof(d));
	OK(syscall(SYS_capget, &h, d));
	CHECK_EQ(d[1].effective, 0xffffffff); /* not touched */
	h.version = VERSION_3;
	h.pid = 0x3fffffff;
	FAILS(syscall(SYS_capget, &h, d), ESRCH);
	h.pid = -1;
	FAILS(syscall(SYS_capget, &h, d), EINVAL);
	FAILS(syscall(SYS_capget, 8, d), EFAULT);
	h.pid = 0;
	FAILS(syscall(SYS_capget, &h, 8), EFAULT);
	h.pid = getppid();
	OK(syscall(SYS_capget, &h, d));
}

CASE(capset_gains_nothing)
{
	struct header h = { VERSION_3, 1 };
	struct data d[2] = { 0 };
	struct sets s;

	need_root();
	FAILS(syscall(SYS_capset, &h, d), EPERM); /* another's */
	h.pid = 0;
	FAILS(syscall(SYS_capset, &h, 8), EFAULT);
	h.version = 5;
	FAILS(syscall(SYS_capset, &h, d), EINVAL);
	OK(set(BIT(KILL), BIT(KILL) | BIT(CHOWN), 0));
	s = get();
	CHECK_EQ(s.effective, BIT(KILL));
	CHECK_EQ(s.permitted, BIT(KILL) | BIT(CHOWN));
	OK(set(BIT(CHOWN), BIT(CHOWN) | BIT(KILL), 0));
	FAILS(set(BIT(SETUID), BIT(CHOWN), 0), EPERM);
	FAILS(set(0, BIT(SETUID), 0), EPERM);
	OK(set(0, BIT(CHOWN), BIT(KILL) & 0));
	FAILS(set(0, BIT(KILL), 0), EPERM);
	FAILS(set(0, 0, BIT(SETUID)), EPERM); /* nor to be inherited */
	OK(set(0, 0, BIT(CHOWN)));
}

CASE(dropping_all_ids_drops_capabilities)
{
	need_root();
	setresuid_raw(0, 1000, 0);
	CHECK_EQ(get().effective, 0);
	CHECK(get().permitted);
	setresuid_raw(0, 0, 0); /* and back */
	CHECK_EQ(get().effective, get().permitted);
	setresuid_raw(1000, 1000, 1000);
	CHECK_EQ(get().permitted, 0);
}

CASE(keep_caps)
{
	need_root();
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 0);
	OK(prctl(PR_SET_KEEPCAPS, 1));
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
	CHECK_EQ(prctl(PR_GET_SECUREBITS), SECBIT_KEEP_CAPS);
	FAILS(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
	setresuid_raw(1000, 1000, 1000);
	CHECK(get().permitted);
	CHECK_EQ(get().effective, 0);
	OK(set(BIT(SETUID), BIT(SETUID), 0));
	setresuid_raw(0, 0, 0);
	CHECK_EQ(get().effective, BIT(SETUID));
}

CASE(fsuid_takes_file_capabilities_along)
{
	uint64_t all;

	need_root();
	all = get().effective;
	syscall(SYS_setfsuid, 1000);
	CHECK(!(get().effective & BIT(CHOWN)));
	CHECK(get().effective & BIT(KILL));
	syscall(SYS_setfsuid, 0);
	CHECK_EQ(get().effective, all);
}

CASE(securebits_without_fixup)
{
	uint64_t all;

	need_root();
	all = get().permitted;
	OK(prctl(PR_SET_SECUREBITS, SECBIT_NO_FIXUP));
	setresuid_raw(1000, 1000, 1000);
	CHECK_EQ(get().effective, all);
	CHECK_EQ(get().permitted, all);
}

CASE(securebits_can_be_locked)
{
	need_root();
	FAILS(prctl(PR_SET_SECUREBITS, 0x10000), EPERM);
	OK(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_KEEP_LOCK));
	FAILS(prctl(PR_SET_KEEPCAPS, 0), EPERM);
	FAILS(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_LOCK), EPERM);
	FAILS(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS), EPERM);
	OK(prctl(PR_SET_SECUREBITS,
		 SECBIT_KEEP_CAPS | SECBIT_KEEP_LOCK | SECBIT_NOROOT));
	OK(set(0, 0, 0));
	FAILS(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_KEEP_LOCK),
	      EPERM);
}

CASE(bounding_set_only_shrinks)
{
	need_root();
	CHECK_EQ(prctl(PR_CAPBSET_READ, NET_RAW), 1);
	FAILS(prctl(PR_CAPBSET_READ, 64), EINVAL);
	FAILS(prctl(PR_CAPBSET_DROP, 64), EINVAL);
	OK(prctl(PR_CAPBSET_DROP, NET_RAW));
	CHECK_EQ(prctl(PR_CAPBSET_READ, NET_RAW), 0);
	CHECK(get().permitted & BIT(NET_RAW)); /* it is for exec */
	EXITS(CHILD(CHECK_EQ(prctl(PR_CAPBSET_READ, NET_RAW), 0)), 0);
	OK(set(0, get().permitted, 0));
	FAILS(prctl(PR_CAPBSET_DROP, KILL), EPERM);
}

CASE(ambient_set)
{
	need_root();
	CHECK_EQ(ambient(AMBIENT_IS_SET, KILL), 0);
	FAILS(ambient(AMBIENT_RAISE, KILL), EPERM); /* not inheritable */
	OK(set(get().effective, get().permitted, BIT(KILL) | BIT(CHOWN)));
	OK(ambient(AMBIENT_RAISE, KILL));
	OK(ambient(AMBIENT_RAISE, CHOWN));
	CHECK_EQ(ambient(AMBIENT_IS_SET, KILL), 1);
	OK(ambient(AMBIENT_LOWER, KILL));
	CHECK_EQ(ambient(AMBIENT_IS_SET, KILL), 0);
	FAILS(ambient(AMBIENT_CLEAR, KILL), EINVAL);
	FAILS(ambient(AMBIENT_RAISE, 64), EINVAL);
	FAILS(ambient(9, KILL), EINVAL);
	FAILS(prctl(AMBIENT, AMBIENT_IS_SET, KILL, 1, 0), EINVAL);
	/* What is no longer inheritable goes. */
	OK(set(get().effective, get().permitted, BIT(KILL)));
	CHECK_EQ(ambient(AMBIENT_IS_SET, CHOWN), 0);
	OK(ambient(AMBIENT_RAISE, KILL));
	OK(ambient(AMBIENT_CLEAR, 0));
	CHECK_EQ(ambient(AMBIENT_IS_SET, KILL), 0);
	OK(prctl(PR_SET_SECUREBITS, SECBIT_NO_RAISE));
	FAILS(ambient(AMBIENT_RAISE, KILL), EPERM);
}

/* --- exec ----------------------------------------------------------------- */

int
guest_as(const char *what, __attribute__((unused)) int argc,
	 __attribute__((unused)) char **argv)
{
	struct sets s = get();

	if (strcmp(what, "caps"))
		return 1;
	printf("eff %llx prm %llx inh %llx secure %lu",
	       (unsigned long long)s.effective, (unsigned long long)s.permitted,
	       (unsigned long long)s.inheritable, getauxval(AT_SECURE));
	fflush(stdout);
	return 0;
}

static char said[256];

/* Run the program in this process's place, in a child; what it says. */
static void
run(const char *program)
{
	char *argv[] = { "x", "--as", "caps", NULL }, *envp[] = { NULL };
	int fds[2];
	ssize_t n;
	pid_t pid;

	OK(pipe(fds));
	pid = CHILD(OK(dup2(fds[1], 1)); execve(program, argv, envp);
		    _exit(errno));
	close(fds[1]);
	n = read(fds[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	EXITS(pid, 0);
}

static void
says(const char *want)
{
	if (strcmp(said, want))
		guest_fail(__FILE__, __LINE__, "'%s', not '%s'", said, want);
}

/* A copy of this program in the scratch directory. */
static void
copy_self(const char *to)
{
	static char buf[1 << 16];
	int in = (int)OK(open(self_path(), O_RDONLY));
	int out = (int)OK(open(to, O_WRONLY | O_CREAT | O_EXCL, 0755));
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK_EQ(write(out, buf, (size_t)n), n);
	OK(fchmod(out, 0755));
	close(in);
	close(out);
}

static void
enter_suid_mount(void)
{
	need_root();
	OK(mkdir("m", 0755));
	if (mount("t", "m", "tmpfs", 0, "mode=755"))
		SKIP("no mounts");
	OK(chdir("m"));
	copy_self("p");
}

static void
leave_suid_mount(void)
{
	OK(chdir(".."));
	OK(umount("m"));
}

static int
file_caps(bool effective, uint32_t permitted, uint32_t inheritable)
{
	uint32_t v[5] = { 0x02000000u | effective, permitted, inheritable };

	return setxattr("p", "security.capability", v, sizeof(v), 0);
}

CASE(exec_of_root_gives_the_bounding_set)
{
	char want[128];
	uint64_t bounding = 0;

	need_root();
	copy_self("p");
	OK(prctl(PR_CAPBSET_DROP, NET_RAW));
	for (int i = 0; i < 64; i++)
		if (prctl(PR_CAPBSET_READ, i) == 1)
			bounding |= BIT(i);
	OK(set(0, get().permitted, 0));
	run("p");
	snprintf(want, sizeof(want), "eff %llx prm %llx inh 0 secure 0",
		 (unsigned long long)bounding, (unsigned long long)bounding);
	says(want);
}

CASE(exec_without_root_gives_nothing)
{
	need_root();
	copy_self("p");
	OK(prctl(PR_SET_KEEPCAPS, 1));
	setresuid_raw(1000, 1000, 1000);
	CHECK(get().permitted);
	run("p");
	says("eff 0 prm 0 inh 0 secure 0");
	EXITS(CHILD(OK(prctl(PR_GET_KEEPCAPS))), 0);
}

CASE(exec_keeps_the_ambient_set)
{
	need_root();
	copy_self("p");
	OK(prctl(PR_SET_KEEPCAPS, 1));
	setresuid_raw(1000, 1000, 1000);
	OK(set(BIT(KILL), BIT(KILL), BIT(KILL)));
	OK(ambient(AMBIENT_RAISE, KILL));
	run("p");
	says("eff 20 prm 20 inh 20 secure 0");
}

CASE(exec_with_noroot)
{
	need_root();
	copy_self("p");
	OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT));
	run("p");
	says("eff 0 prm 0 inh 0 secure 0");
}

CASE(exec_with_file_capabilities)
{
	enter_suid_mount();
	if (file_caps(true, BIT(NET_RAW), 0))
		SKIP("no file capabilities");
	EXITS(CHILD(setresuid_raw(1000, 1000, 1000); run("p");
		    says("eff 2000 prm 2000 inh 0 secure 1")),
	      0);
	OK(file_caps(false, BIT(NET_RAW), 0));
	EXITS(CHILD(setresuid_raw(1000, 1000, 1000); run("p");
		    says("eff 0 prm 2000 inh 0 secure 1")),
	      0);
	/* Inherited only by who has it to give. */
	OK(file_caps(true, 0, BIT(KILL)));
	EXITS(CHILD(setresuid_raw(1000, 1000, 1000); run("p");
		    says("eff 0 prm 0 inh 0 secure 1")),
	      0);
	EXITS(CHILD(OK(set(get().effective, get().permitted, BIT(KILL)));
		    setresuid_raw(1000, 1000, 1000); run("p");
		    says("eff 20 prm 20 inh 20 secure 1")),
	      0);
	leave_suid_mount();
}

CASE(exec_must_get_what_it_cannot_do_without)
{
	char *argv[] = { "x", "--as", "caps", NULL }, *envp[] = { NULL };

	enter_suid_mount();
	if (file_caps(true, BIT(NET_RAW), 0))
		SKIP("no file capabilities");
	EXITS(CHILD(OK(prctl(PR_CAPBSET_DROP, NET_RAW));
		    setresuid_raw(1000, 1000, 1000);
		    FAILS(execve("p", argv, envp), EPERM)),
	      0);
	leave_suid_mount();
}

CASE(exec_with_file_capabilities_and_no_new_privs)
{
	enter_suid_mount();
	if (file_caps(true, BIT(NET_RAW), 0))
		SKIP("no file capabilities");
	EXITS(CHILD(setresuid_raw(1000, 1000, 1000);
		    OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); run("p");
		    says("eff 0 prm 0 inh 0 secure 1")),
	      0);
	leave_suid_mount();
}

CASE(each_capability_for_its_own)
{
	need_root();
	put_file("f", "x");
	OK(set(BIT(CHOWN), BIT(CHOWN) | BIT(KILL), 0));
	OK(chown("f", 5, 5));
	FAILS(syscall(SYS_setresuid, 1, 1, 1), EPERM); /* root without it */
	FAILS(sethostname("x", 1), EPERM);
	FAILS(chmod("f", 0600), EPERM);
	OK(set(0, BIT(KILL), 0));
	FAILS(chown("f", 6, 6), EPERM);
	FAILS(chroot("/"), EPERM);
	FAILS(mknod("d", S_IFCHR | 0600, 0x103), EPERM);
}

/* --- looking at others ---------------------------------------------------- */

static void
become(uid_t id)
{
	OK(setresgid(id, id, id));
	OK(setresuid(id, id, id));
	OK(prctl(PR_SET_DUMPABLE, 1)); /* changing ids has cleared it */
}

static int
open_environ(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY);
	return fd < 0 ? -1 : close(fd);
}

/* The same ids, but more capabilities than ours: not for us to look into. */
CASE(caps_keep_others_of_the_same_user_from_looking)
{
	int ready[2], go[2], done[2];
	void *head;
	size_t size;
	pid_t pid;
	char c;

	OK(pipe(ready));
	OK(pipe(go));
	OK(pipe(done));
	pid = CHILD(OK(prctl(PR_SET_KEEPCAPS, 1)); become(1000);
		    OK(set(0, BIT(KILL), 0));
		    CHECK_EQ(write(ready[1], "", 1), 1);
		    CHECK_EQ(read(go[0], &c, 1), 1); OK(set(0, 0, 0));
		    CHECK_EQ(write(ready[1], "", 1), 1);
		    CHECK_EQ(read(done[0], &c, 1), 1));
	CHECK_EQ(read(ready[0], &c, 1), 1);
	become(1000);
	FAILS(open_environ(pid), EACCES);
	FAILS(syscall(SYS_get_robust_list, pid, &head, &size), EPERM);
	CHECK_EQ(write(go[1], "", 1), 1);
	CHECK_EQ(read(ready[0], &c, 1), 1);
	OK(open_environ(pid));
	OK(syscall(SYS_get_robust_list, pid, &head, &size));
	CHECK_EQ(size, 3 * sizeof(void *));
	CHECK_EQ(write(done[1], "", 1), 1);
	EXITS(pid, 0);
}
