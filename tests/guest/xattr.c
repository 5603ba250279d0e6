/* SPDX-License-Identifier: MIT */
/*
 * xattr.c - extended attributes, on a file system that keeps them in memory.
 */
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SET(path, name, value) \
	setxattr((path), (name), (value), strlen(value), 0)

/* A file that has user. attributes, or skip. */
static void
file(void)
{
	put_file("f", "x");
	OK(chmod("f", 0644));
	if (SET("f", "user.probe", "1") && errno == EOPNOTSUPP)
		SKIP("no user attributes here");
	OK(removexattr("f", "user.probe"));
}

static void
check_value(const char *path, const char *name, const char *want)
{
	char buf[64];
	ssize_t n = OK(getxattr(path, name, buf, sizeof(buf)));

	CHECK_EQ(n, strlen(want));
	CHECK(!memcmp(buf, want, (size_t)n));
}

CASE(xattr_set_get_remove)
{
	char buf[8];

	file();
	OK(SET("f", "user.a", "value"));
	check_value("f", "user.a", "value");
	CHECK_EQ(getxattr("f", "user.a", NULL, 0), 5);
	FAILS(getxattr("f", "user.a", buf, 4), ERANGE);
	OK(SET("f", "user.a", ""));
	CHECK_EQ(getxattr("f", "user.a", buf, 8), 0);
	OK(removexattr("f", "user.a"));
	FAILS(getxattr("f", "user.a", buf, 8), ENODATA);
	FAILS(removexattr("f", "user.a"), ENODATA);
}

CASE(xattr_create_and_replace)
{
	file();
	FAILS(setxattr("f", "user.a", "1", 1, XATTR_REPLACE), ENODATA);
	OK(setxattr("f", "user.a", "1", 1, XATTR_CREATE));
	FAILS(setxattr("f", "user.a", "2", 1, XATTR_CREATE), EEXIST);
	OK(setxattr("f", "user.a", "3", 1, XATTR_REPLACE));
	check_value("f", "user.a", "3");
	FAILS(setxattr("f", "user.a", "1", 1, 4), EINVAL);
}

CASE(xattr_list)
{
	char buf[256];
	ssize_t n;

	file();
	OK(SET("f", "user.one", "1"));
	OK(SET("f", "user.two", "22"));
	n = OK(listxattr("f", buf, sizeof(buf)));
	CHECK(memmem(buf, (size_t)n, "user.one", 9));
	CHECK(memmem(buf, (size_t)n, "user.two", 9));
	CHECK_EQ(listxattr("f", NULL, 0), n);
	FAILS(listxattr("f", buf, 5), ERANGE);
}

CASE(xattr_by_descriptor_and_link)
{
	char buf[8];
	int fd;

	file();
	OK(symlink("f", "l"));
	fd = (int)OK(open("f", O_RDONLY));
	OK(fsetxattr(fd, "user.a", "1", 1, 0));
	CHECK_EQ(fgetxattr(fd, "user.a", buf, 8), 1);
	CHECK(flistxattr(fd, NULL, 0) >= 7);
	CHECK_EQ(getxattr("l", "user.a", buf, 8), 1);
	FAILS(lgetxattr("l", "user.a", buf, 8), ENODATA);
	FAILS(lsetxattr("l", "user.a", "1", 1, 0), EPERM);
	FAILS(lremovexattr("l", "user.a"), EPERM);
	OK(llistxattr("l", buf, 8));
	OK(fremovexattr(fd, "user.a"));
	FAILS(fgetxattr(fd, "user.a", buf, 8), ENODATA);
	fd = (int)OK(open("f", O_PATH));
	FAILS(fsetxattr(fd, "user.a", "1", 1, 0), EBADF);
	FAILS(fgetxattr(fd, "user.a", buf, 8), EBADF);
	FAILS(flistxattr(fd, buf, 8), EBADF);
	FAILS(fremovexattr(fd, "user.a"), EBADF);
	FAILS(fgetxattr(-1, "user.a", buf, 8), EBADF);
}

CASE(xattr_bad_names)
{
	char name[300], buf[8];

	file();
	FAILS(SET("f", "", "1"), ERANGE);
	FAILS(SET("f", "nothing.a", "1"), EOPNOTSUPP);
	FAILS(SET("f", "user.", "1"), EINVAL);
	FAILS(getxattr("f", "user.", buf, 8), EINVAL);
	FAILS(SET("f", "system.nothing", "1"), EOPNOTSUPP);
	memset(name, 'a', sizeof(name));
	memcpy(name, "user.", 5);
	name[256] = '\0';
	FAILS(SET("f", name, "1"), ERANGE);
	FAILS(getxattr("f", name, buf, 8), ERANGE);
	name[255] = '\0';
	OK(SET("f", name, "1"));
	FAILS(setxattr("f", (char *)8, "1", 1, 0), EFAULT);
	FAILS(SET("absent", "user.a", "1"), ENOENT);
	FAILS(getxattr("absent", "user.a", buf, 8), ENOENT);
	FAILS(listxattr("absent", buf, 8), ENOENT);
	FAILS(removexattr("absent", "user.a"), ENOENT);
}

CASE(xattr_bad_values)
{
	char *big = anon(1 << 17);

	file();
	FAILS(setxattr("f", "user.a", big, 65537, 0), E2BIG);
	FAILS(setxattr("f", "user.a", (void *)8, 1, 0), EFAULT);
	OK(SET("f", "user.a", "1"));
	FAILS(getxattr("f", "user.a", (void *)8, 1), EFAULT);
	FAILS(listxattr("f", (void *)8, 100), EFAULT);
}

CASE(xattr_user_obeys_the_mode)
{
	char buf[8];

	need_root();
	file();
	OK(SET("f", "user.a", "1"));
	OK(chmod("f", 0604));
	put_file("g", "x");
	OK(SET("g", "user.a", "1"));
	OK(chmod("g", 0600));
	OK(mkdir("d", 0777));
	OK(chmod("d", 01777));
	become_nobody();
	OK(getxattr("f", "user.a", buf, 8));
	FAILS(SET("f", "user.a", "2"), EACCES);
	FAILS(removexattr("f", "user.a"), EACCES);
	FAILS(getxattr("g", "user.a", buf, 8), EACCES);
	FAILS(SET("d", "user.a", "1"), EPERM); /* sticky, another's */
}

CASE(xattr_trusted_is_roots)
{
	char buf[64];

	need_root();
	file();
	OK(SET("f", "user.a", "1"));
	if (SET("f", "trusted.a", "1"))
		SKIP("no trusted attributes here");
	check_value("f", "trusted.a", "1");
	CHECK(memmem(buf, (size_t)OK(listxattr("f", buf, 64)), "trusted.a",
		     10));
	OK(chmod("f", 0666));
	become_nobody();
	FAILS(getxattr("f", "trusted.a", buf, 8), ENODATA);
	FAILS(SET("f", "trusted.a", "1"), EPERM);
	FAILS(removexattr("f", "trusted.a"), EPERM);
	CHECK(!memmem(buf, (size_t)OK(listxattr("f", buf, 64)), "trusted.a",
		      10));
}

CASE(xattr_security_is_readable)
{
	char buf[8];

	need_root();
	file();
	OK(SET("f", "security.other", "1"));
	OK(chmod("f", 0666));
	become_nobody();
	CHECK_EQ(getxattr("f", "security.other", buf, 8), 1);
	FAILS(SET("f", "security.other", "2"), EPERM);
	FAILS(removexattr("f", "security.other"), EPERM);
}

CASE(xattr_not_on_devices_and_links)
{
	char buf[8];

	file();
	FAILS(SET("/dev/null", "user.a", "1"), EPERM);
	OK(mkfifo("p", 0600));
	FAILS(SET("p", "user.a", "1"), EPERM);
	FAILS(getxattr("p", "user.a", buf, 8), ENODATA);
}

CASE(xattr_of_directories)
{
	file();
	OK(mkdir("d", 0755));
	OK(SET("d", "user.a", "1"));
	check_value("d", "user.a", "1");
	OK(rmdir("d"));
}

CASE(xattr_changes_the_ctime)
{
	struct stat before, after;

	file();
	OK(stat("f", &before));
	sleep_ms(20);
	OK(SET("f", "user.a", "1"));
	OK(stat("f", &after));
	CHECK(after.st_ctim.tv_sec != before.st_ctim.tv_sec ||
	      after.st_ctim.tv_nsec != before.st_ctim.tv_nsec);
	CHECK_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

/* Revision 2, effective, CAP_NET_RAW permitted; capabilities(7). */
static const uint32_t net_caps[5] = { 0x02000001, 1u << 13 };

static void
set_caps(const char *path)
{
	OK(setxattr(path, "security.capability", net_caps, sizeof(net_caps),
		    0));
}

static bool
has_caps(const char *path)
{
	char buf[64];

	return getxattr(path, "security.capability", buf, sizeof(buf)) > 0;
}

CASE(xattr_file_caps_must_be_well_formed)
{
	need_root();
	file();
	set_caps("f");
	CHECK_EQ(getxattr("f", "security.capability", NULL, 0), 20);
	FAILS(setxattr("f", "security.capability", net_caps, 19, 0), EINVAL);
	FAILS(SET("f", "security.capability", "rubbish"), EINVAL);
	become_nobody();
	FAILS(setxattr("f", "security.capability", net_caps, 20, 0), EPERM);
	FAILS(removexattr("f", "security.capability"), EPERM);
}

CASE(xattr_file_caps_go_with_the_content)
{
	int fd;

	need_root();
	file();
	set_caps("f");
	fd = (int)OK(open("f", O_WRONLY));
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK(!has_caps("f"));
	set_caps("f");
	OK(chown("f", 5, 5));
	CHECK(!has_caps("f"));
	set_caps("f");
	OK(truncate("f", 0));
	CHECK(!has_caps("f"));
}
