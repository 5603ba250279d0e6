/* SPDX-License-Identifier: MIT */
/*
 * inotify.c - being told what happens to files.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int queue;

static int
watch(const char *path, uint32_t mask)
{
	if (!queue)
		queue = (int)OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	return (int)OK(inotify_add_watch(queue, path, mask));
}

static struct inotify_event *
next(void)
{
	static char buffer[4096]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	static ssize_t have, at;
	struct inotify_event *e;

	if (at == have) {
		have = read(queue, buffer, sizeof(buffer));
		at = 0;
	}
	if (have <= 0) {
		have = 0;
		return NULL;
	}
	e = (struct inotify_event *)(buffer + at);
	at += (ssize_t)(sizeof(*e) + e->len);
	return e;
}

/* The next event is this one; returns its cookie. */
static uint32_t
expect(int wd, uint32_t mask, const char *name)
{
	struct inotify_event *e = next();

	CHECK(e);
	CHECK_EQ(e->mask, mask);
	CHECK_EQ(e->wd, wd);
	if (name)
		CHECK(e->len && !strcmp(e->name, name));
	else
		CHECK_EQ(e->len, 0);
	return e->cookie;
}

static void
expect_nothing(void)
{
	CHECK(!next());
	CHECK_EQ(errno, EAGAIN);
}

CASE(entries_come_and_go)
{
	int wd;

	OK(mkdir("d", 0755));
	wd = watch("d", IN_CREATE | IN_DELETE);
	put_file("d/file", "x");
	OK(mkdir("d/dir", 0755));
	OK(symlink("x", "d/link"));
	OK(link("d/file", "d/other"));
	OK(mkfifo("d/fifo", 0600));
	expect(wd, IN_CREATE, "file");
	expect(wd, IN_CREATE | IN_ISDIR, "dir");
	expect(wd, IN_CREATE, "link");
	expect(wd, IN_CREATE, "other");
	expect(wd, IN_CREATE, "fifo");
	OK(unlink("d/file"));
	OK(rmdir("d/dir"));
	expect(wd, IN_DELETE, "file");
	expect(wd, IN_DELETE | IN_ISDIR, "dir");
	expect_nothing();
}

CASE(a_file_is_used)
{
	int dir, file, fd;
	char c;

	OK(mkdir("d", 0755));
	put_file("d/f", "hello");
	dir = watch("d", IN_ALL_EVENTS);
	file = watch("d/f", IN_ALL_EVENTS);
	fd = (int)OK(open("d/f", O_RDWR));
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(write(fd, "x", 1), 1);
	OK(close(fd));
	static const uint32_t masks[] = { IN_OPEN, IN_ACCESS, IN_MODIFY,
					  IN_CLOSE_WRITE };
	for (size_t i = 0; i < COUNT(masks); i++) {
		expect(dir, masks[i], "f");
		expect(file, masks[i], NULL);
	}
	OK(close((int)OK(open("d/f", O_RDONLY))));
	expect(dir, IN_OPEN, "f");
	expect(file, IN_OPEN, NULL);
	expect(dir, IN_CLOSE_NOWRITE, "f");
	expect(file, IN_CLOSE_NOWRITE, NULL);
	OK(chmod("d/f", 0600));
	expect(dir, IN_ATTRIB, "f");
	expect(file, IN_ATTRIB, NULL);
	OK(truncate("d/f", 2));
	expect(dir, IN_MODIFY, "f");
	expect(file, IN_MODIFY, NULL);
	expect_nothing();
}

CASE(truncating_is_modifying)
{
	int wd;

	put_file("f", "x");
	wd = watch("f", IN_MODIFY | IN_OPEN);
	OK(open("f", O_WRONLY | O_TRUNC));
	expect(wd, IN_OPEN, NULL);
	expect(wd, IN_MODIFY, NULL);
	expect_nothing();
}

CASE(the_end_of_a_file)
{
	int wd;

	put_file("f", "");
	wd = watch("f", IN_ATTRIB | IN_DELETE_SELF);
	OK(unlink("f"));
	expect(wd, IN_ATTRIB, NULL);
	expect(wd, IN_DELETE_SELF, NULL);
	expect(wd, IN_IGNORED, NULL);
	FAILS(inotify_rm_watch(queue, wd), EINVAL);
	OK(mkdir("d", 0755));
	wd = watch("d", IN_DELETE_SELF);
	OK(rmdir("d"));
	expect(wd, IN_DELETE_SELF, NULL);
	expect(wd, IN_IGNORED, NULL);
	expect_nothing();
}

CASE(moves_are_joined_by_a_cookie)
{
	int a, b, file;
	uint32_t cookie;

	OK(mkdir("a", 0755));
	OK(mkdir("b", 0755));
	put_file("a/f", "");
	put_file("b/old", "");
	a = watch("a", IN_MOVE);
	b = watch("b", IN_MOVE);
	file = watch("a/f", IN_MOVE_SELF);
	OK(rename("a/f", "b/g"));
	cookie = expect(a, IN_MOVED_FROM, "f");
	CHECK(cookie);
	CHECK_EQ(expect(b, IN_MOVED_TO, "g"), cookie);
	expect(file, IN_MOVE_SELF, NULL);
	OK(rename("b/g", "b/old"));
	CHECK(expect(b, IN_MOVED_FROM, "g") != cookie);
	expect(b, IN_MOVED_TO, "old");
	expect(file, IN_MOVE_SELF, NULL);
	OK(mkdir("a/dir", 0755));
	OK(rename("a/dir", "b/dir"));
	expect(a, IN_MOVED_FROM | IN_ISDIR, "dir");
	expect(b, IN_MOVED_TO | IN_ISDIR, "dir");
	expect_nothing();
}

CASE(replaced_files_end)
{
	int wd;

	put_file("old", "");
	put_file("new", "");
	wd = watch("old", IN_DELETE_SELF);
	OK(rename("new", "old"));
	expect(wd, IN_DELETE_SELF, NULL);
	expect(wd, IN_IGNORED, NULL);
}

CASE(repeated_events_are_told_once)
{
	int wd, fd;

	put_file("f", "");
	wd = watch("f", IN_MODIFY);
	fd = (int)OK(open("f", O_WRONLY));
	for (int i = 0; i < 10; i++)
		CHECK_EQ(write(fd, "x", 1), 1);
	expect(wd, IN_MODIFY, NULL);
	expect_nothing();
}

CASE(one_shot_watches)
{
	int wd;

	put_file("f", "");
	wd = watch("f", IN_OPEN | IN_ONESHOT);
	OK(close((int)OK(open("f", O_RDONLY))));
	OK(close((int)OK(open("f", O_RDONLY))));
	expect(wd, IN_OPEN, NULL);
	expect(wd, IN_IGNORED, NULL);
	expect_nothing();
}

CASE(masks_are_replaced_or_added)
{
	int wd;

	put_file("f", "");
	wd = watch("f", IN_OPEN);
	CHECK_EQ(watch("f", IN_ATTRIB), wd);
	OK(close((int)OK(open("f", O_RDONLY))));
	expect_nothing();
	CHECK_EQ(watch("f", IN_OPEN | IN_MASK_ADD), wd);
	OK(close((int)OK(open("f", O_RDONLY))));
	OK(chmod("f", 0600));
	expect(wd, IN_OPEN, NULL);
	expect(wd, IN_ATTRIB, NULL);
	FAILS(inotify_add_watch(queue, "f", IN_OPEN | IN_MASK_CREATE), EEXIST);
}

CASE(removing_a_watch)
{
	int wd;

	put_file("f", "");
	wd = watch("f", IN_OPEN);
	OK(inotify_rm_watch(queue, wd));
	expect(wd, IN_IGNORED, NULL);
	OK(close((int)OK(open("f", O_RDONLY))));
	expect_nothing();
	CHECK(watch("f", IN_OPEN) != wd);
}

CASE(unlinked_files_can_be_left_out)
{
	int wd, fd;

	OK(mkdir("d", 0755));
	put_file("d/f", "");
	wd = watch("d", IN_MODIFY | IN_EXCL_UNLINK);
	fd = (int)OK(open("d/f", O_WRONLY));
	CHECK_EQ(write(fd, "x", 1), 1);
	expect(wd, IN_MODIFY, "f");
	OK(unlink("d/f"));
	CHECK_EQ(write(fd, "x", 1), 1);
	expect_nothing();
}

CASE(inotify_errors)
{
	int null = (int)OK(open("/dev/null", O_RDONLY));

	FAILS(inotify_init1(1), EINVAL);
	put_file("f", "");
	watch("f", IN_OPEN);
	CHECK_EQ(fcntl(queue, F_GETFD), FD_CLOEXEC);
	FAILS(inotify_add_watch(queue, "f", 0), EINVAL);
	FAILS(inotify_add_watch(queue, "f", IN_MASK_ADD | IN_MASK_CREATE),
	      EINVAL);
	FAILS(inotify_add_watch(null, "f", IN_OPEN), EINVAL);
	FAILS(inotify_add_watch(-1, "f", IN_OPEN), EBADF);
	FAILS(inotify_add_watch(queue, "none", IN_OPEN), ENOENT);
	FAILS(inotify_add_watch(queue, "f", IN_OPEN | IN_ONLYDIR), ENOTDIR);
	FAILS(inotify_add_watch(queue, (char *)8, IN_OPEN), EFAULT);
	FAILS(inotify_rm_watch(queue, 99), EINVAL);
	FAILS(inotify_rm_watch(null, 1), EINVAL);
	FAILS(inotify_rm_watch(-1, 1), EBADF);
	FAILS(write(queue, "x", 1), EBADF);
}

CASE(watching_needs_read_permission)
{
	need_root();
	put_file("f", "");
	OK(chmod("f", 0200));
	OK(chmod(".", 0755));
	become_nobody();
	FAILS(inotify_add_watch((int)OK(inotify_init1(0)), "f", IN_OPEN),
	      EACCES);
}

CASE(links_can_be_watched_themselves)
{
	put_file("f", "");
	OK(symlink("f", "link"));
	CHECK(watch("f", IN_OPEN) == watch("link", IN_OPEN));
	CHECK(watch("f", IN_OPEN) != watch("link", IN_OPEN | IN_DONT_FOLLOW));
}

CASE(reading_needs_room)
{
	struct pollfd p = { .events = POLLIN };
	char small[20];
	int bytes = 0;

	OK(mkdir("d", 0755));
	watch("d", IN_CREATE);
	p.fd = queue;
	CHECK_EQ(poll(&p, 1, 0), 0);
	put_file("d/a_name_that_is_long", "");
	CHECK_EQ(poll(&p, 1, 0), 1);
	OK(ioctl(queue, FIONREAD, &bytes));
	CHECK_EQ(bytes, sizeof(struct inotify_event) + 32);
	FAILS(read(queue, small, sizeof(small)), EINVAL);
	CHECK(next());
	OK(ioctl(queue, FIONREAD, &bytes));
	CHECK_EQ(bytes, 0);
}

static long
number_in(const char *path)
{
	char text[64] = "0";

	get_file(path, text, sizeof(text));
	return atol(text);
}

CASE(too_many_events)
{
	long most = number_in("/proc/sys/fs/inotify/max_queued_events");
	struct inotify_event *e;
	long n = 0, lost = 0;
	int fds[2];

	guest_limit(100);
	put_file("a", "");
	put_file("b", "");
	watch("a", IN_MODIFY);
	watch("b", IN_MODIFY);
	fds[0] = (int)OK(open("a", O_WRONLY));
	fds[1] = (int)OK(open("b", O_WRONLY));
	for (long i = 0; i < most + 100; i++)
		CHECK_EQ(write(fds[i % 2], "x", 1), 1);
	while ((e = next())) {
		n++;
		if (e->mask == IN_Q_OVERFLOW) {
			lost++;
			CHECK_EQ(e->wd, -1);
		}
	}
	CHECK_EQ(lost, 1);
	CHECK_EQ(n, most + 1);
}

CASE(too_many_instances)
{
	int n = 0;

	need_root();
	become_nobody();
	while (n < 2000 && inotify_init1(0) >= 0)
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n <= number_in("/proc/sys/fs/inotify/max_user_instances"));
}

/* --- all at once --- */

static volatile int over;

static void *
churn_files(void *arg)
{
	char name[32], other[32];

	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "d/%d-%d", *(int *)arg, i % 5);
		snprintf(other, sizeof(other), "d/x%d-%d", *(int *)arg, i % 3);
		put_file(name, "x");
		if (i % 2)
			(void)rename(name, other);
		else
			(void)unlink(name);
	}
	return NULL;
}

static void *
churn_watches(void *arg)
{
	char name[32];

	while (!over) {
		int q = inotify_init1(IN_NONBLOCK);

		if (q < 0)
			continue;
		for (int i = 0; i < 5; i++) {
			snprintf(name, sizeof(name), "d/%d-%d", i % 2, i);
			(void)inotify_add_watch(q, name, IN_ALL_EVENTS);
			(void)inotify_add_watch(
				q, "d",
				IN_ALL_EVENTS | (i % 2 ? IN_ONESHOT : 0));
		}
		(void)inotify_rm_watch(q, 1);
		(void)!read(q, name, sizeof(name));
		close(q);
	}
	return arg;
}

CASE(watches_come_and_go_under_load)
{
	int numbers[2] = { 0, 1 };
	pthread_t threads[4];

	guest_limit(100);
	OK(mkdir("d", 0755));
	for (int i = 0; i < 2; i++) {
		CHECK(!pthread_create(&threads[i], NULL, churn_files,
				      &numbers[i]));
		CHECK(!pthread_create(&threads[2 + i], NULL, churn_watches,
				      NULL));
	}
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	over = 1;
	pthread_join(threads[2], NULL);
	pthread_join(threads[3], NULL);
	watch("d", IN_CREATE);
	put_file("d/last", "");
	CHECK(next());
}
