/* SPDX-License-Identifier: MIT */
/*
 * perms.c - who may do what: permissions, owners, identities.
 */
#include "guest.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static mode_t
mode_of(const char *path)
{
	struct stat st;

	OK(stat(path, &st));
	return st.st_mode & 07777;
}

CASE(chmod_changes_bits)
{
	int fd;

	put_file("f", "x");
	OK(chmod("f", 0640));
	CHECK_EQ(mode_of("f"), 0640);
	fd = (int)OK(open("f", O_RDONLY));
	OK(fchmod(fd, 04755));
	CHECK_EQ(mode_of("f"), 04755);
	OK(syscall(SYS_fchmodat, AT_FDCWD, "f", 01600));
	CHECK_EQ(mode_of("f"), 01600);
	FAILS(chmod("absent", 0600), ENOENT);
}

CASE(others_obey_the_bits)
{
	need_root();
	put_file("none", "x");
	put_file("read", "x");
	put_file("write", "x");
	OK(chmod("none", 0700));
	OK(chmod("read", 0704));
	OK(chmod("write", 0702));
	become_nobody();
	FAILS(open("none", O_RDONLY), EACCES);
	OK(open("read", O_RDONLY));
	FAILS(open("read", O_RDWR), EACCES);
	OK(open("write", O_WRONLY));
	FAILS(open("write", O_RDONLY), EACCES);
	FAILS(truncate("read", 0), EACCES);
	FAILS(open("read", O_RDONLY | O_TRUNC), EACCES);
	FAILS(access("none", R_OK), EACCES);
	OK(access("none", F_OK));
}

CASE(group_bits_come_before_others)
{
	need_root();
	put_file("f", "x");
	OK(chown("f", 1, 65534));
	OK(chmod("f", 0707));
	become_nobody();
	FAILS(open("f", O_RDONLY), EACCES);
}

CASE(owner_bits_come_before_group)
{
	need_root();
	put_file("f", "x");
	OK(chown("f", 65534, 65534));
	OK(chmod("f", 0077));
	become_nobody();
	FAILS(open("f", O_RDONLY), EACCES);
	OK(chmod("f", 0400)); /* the owner may say otherwise */
	OK(open("f", O_RDONLY));
}

CASE(supplementary_groups_count)
{
	gid_t group = 4242, groups[8];

	need_root();
	put_file("f", "x");
	OK(chown("f", 1, 4242));
	OK(chmod("f", 0040));
	OK(setgroups(1, &group));
	CHECK_EQ(getgroups(8, groups), 1);
	CHECK_EQ(groups[0], 4242);
	OK(setresgid(65534, 65534, 65534));
	OK(setresuid(65534, 65534, 65534));
	OK(open("f", O_RDONLY));
	FAILS(setgroups(0, NULL), EPERM);
}

CASE(directories_need_search)
{
	need_root();
	OK(mkdir("d", 0755));
	put_file("d/f", "x");
	OK(chmod("d", 0704));
	become_nobody();
	FAILS(open("d/f", O_RDONLY), EACCES);
	FAILS(access("d/absent", F_OK), EACCES);
	FAILS(chdir("d"), EACCES);
	OK(open("d", O_RDONLY));
}

CASE(directories_need_write)
{
	need_root();
	OK(mkdir("d", 0755));
	put_file("d/f", "x");
	OK(chmod("d/f", 0666));
	become_nobody();
	FAILS(unlink("d/f"), EACCES);
	FAILS(mkdir("d/e", 0700), EACCES);
	FAILS(rename("d/f", "d/g"), EACCES);
	FAILS(open("d/new", O_CREAT | O_WRONLY, 0600), EACCES);
	OK(open("d/f", O_WRONLY));
}

CASE(sticky_directories)
{
	need_root();
	OK(mkdir("d", 0755));
	OK(chmod("d", 01777));
	put_file("d/f", "x");
	OK(chmod("d/f", 0666));
	become_nobody();
	FAILS(unlink("d/f"), EPERM);
	FAILS(rename("d/f", "d/g"), EPERM);
	put_file("d/mine", "x");
	OK(unlink("d/mine"));
}

CASE(only_the_owner_changes_modes)
{
	need_root();
	put_file("f", "x");
	OK(chmod("f", 0777));
	become_nobody();
	FAILS(chmod("f", 0666), EPERM);
	FAILS(chown("f", 65534, 65534), EPERM);
	FAILS(utimensat(AT_FDCWD, "f",
			(struct timespec[2]){ { 1, 0 }, { 1, 0 } }, 0),
	      EPERM);
	OK(utimensat(AT_FDCWD, "f", NULL, 0)); /* now: a writer may */
}

CASE(chown_clears_setuid)
{
	need_root();
	put_file("f", "x");
	OK(chmod("f", 06755));
	OK(chown("f", 1000, 1000));
	CHECK_EQ(mode_of("f"), 0755);
	OK(chown("f", (uid_t)-1, 5));
	OK(lchown("f", 7, (gid_t)-1));
}

CASE(execute_permission)
{
	char *argv[] = { "x", NULL };

	need_root();
	put_file("f", "#!/bin/true\n");
	FAILS(execve("f", argv, NULL), EACCES); /* even for root */
	FAILS(access("f", X_OK), EACCES);
	OK(chmod("f", 0001));
	OK(access("f", X_OK)); /* root needs one bit of any kind */
}

CASE(root_reads_everything)
{
	need_root();
	put_file("f", "x");
	OK(chown("f", 65534, 65534));
	OK(chmod("f", 0));
	OK(open("f", O_RDWR));
	OK(mkdir("d", 0));
	OK(chdir("d"));
}

CASE(identities)
{
	uid_t r, e, s;

	need_root();
	OK(setresuid(1000, 2000, 3000));
	OK(getresuid(&r, &e, &s));
	CHECK_EQ(r, 1000);
	CHECK_EQ(e, 2000);
	CHECK_EQ(s, 3000);
	CHECK_EQ(getuid(), 1000);
	CHECK_EQ(geteuid(), 2000);
	OK(seteuid(3000)); /* one of the three */
	FAILS(setresuid(0, 0, 0), EPERM);
	FAILS(setuid(5000), EPERM);
	OK(setuid(1000));
	CHECK_EQ(geteuid(), 1000);
}

CASE(setuid_of_root_is_for_good)
{
	need_root();
	OK(setuid(1000));
	FAILS(setuid(0), EPERM);
	FAILS(seteuid(0), EPERM);
}

CASE(group_identities)
{
	gid_t r, e, s;

	need_root();
	OK(setresgid(10, 20, 30));
	OK(getresgid(&r, &e, &s));
	CHECK_EQ(r + e + s, 60);
	OK(setgid(40)); /* still root as a user: all three */
	OK(getresgid(&r, &e, &s));
	CHECK_EQ(r + e + s, 120);
	OK(setresuid(1, 1, 1));
	FAILS(setgid(50), EPERM);
}

CASE(new_files_belong_to_their_maker)
{
	struct stat st;

	need_root();
	become_nobody();
	put_file("f", "x");
	OK(stat("f", &st));
	CHECK_EQ(st.st_uid, 65534);
	CHECK_EQ(st.st_gid, 65534);
}

CASE(setgid_directories_pass_their_group_on)
{
	struct stat st;

	need_root();
	OK(mkdir("d", 0755));
	OK(chown("d", 0, 77));
	OK(chmod("d", 02777));
	put_file("d/f", "x");
	OK(stat("d/f", &st));
	CHECK_EQ(st.st_gid, 77);
	OK(mkdir("d/e", 0755));
	OK(stat("d/e", &st));
	CHECK_EQ(st.st_gid, 77);
	CHECK(st.st_mode & 02000);
}

CASE(privileged_calls)
{
	need_root();
	become_nobody();
	FAILS(sethostname("x", 1), EPERM);
	FAILS(syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL), EPERM);
	FAILS(syscall(SYS_settimeofday, &(long[2]){ 1, 1 }, NULL), EPERM);
	FAILS(syscall(SYS_mknod, "dev", S_IFCHR | 0600, 0x103), EPERM);
}
