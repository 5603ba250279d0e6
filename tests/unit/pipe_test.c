/* SPDX-License-Identifier: MIT */
/* unit: @vfs */

/*
 * pipe_test.c - pipes, FIFOs and poll; a sleep runs the other side's part.
 */

#include "vfs_fake.h"

#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <string.h>

static struct fs_context *fs;
static struct file *rd, *wr;
static char big[256 * 1024], back[256 * 1024];

static ssize_t
put(const char *bytes, size_t n)
{
	struct uio_segment s;
	struct uio u;

	uio_kernel(&u, &s, (void *)(uintptr_t)bytes, n);
	return file_write(wr, &u, NULL);
}

static ssize_t
get(char *bytes, size_t n)
{
	struct uio_segment s;
	struct uio u;

	uio_kernel(&u, &s, bytes, n);
	return file_read(rd, &u, NULL);
}

static int
open_pipe(void **state)
{
	vfs_on_sleep = NULL;
	assert_int_equal(pipe_create(0, &cred_root, &rd, &wr), 0);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 4096);
	return 0;
}

static int
close_pipe(void **state)
{
	vfs_on_sleep = NULL;
	if (rd)
		file_put(rd);
	if (wr)
		file_put(wr);
	rd = wr = NULL;
	return 0;
}

static void
bytes_in_order(void **state)
{
	char c;

	for (int i = 0; i < 10000; i++) {
		char in = (char)i;

		assert_int_equal(put(&in, 1), 1);
		assert_int_equal(get(&c, 1), 1);
		assert_int_equal(c, in);
	}
	assert_int_equal(put("abc", 3), 3);
	assert_int_equal(put("defg", 4), 4);
	assert_int_equal(get(back, sizeof(back)), 7);
	assert_memory_equal(back, "abcdefg", 7);
	assert_int_equal(file_seek(rd, 0, 0), -ESPIPE);
	assert_int_equal(file_read_kernel(rd, &c, 1, 0), -ESPIPE);
	assert_int_equal(file_read_kernel(wr, &c, 1, 0), -ESPIPE);
	assert_int_equal(file_ioctl(wr, 0, 0), -ENOTTY);
}

static size_t got;

static int
reader_takes(void)
{
	ssize_t n = get(back + got, 50000);

	assert_true(n > 0);
	got += (size_t)n;
	return 0;
}

static void
large_writes_wait_for_room(void **state)
{
	got = 0;
	vfs_on_sleep = reader_takes;
	assert_int_equal(put(big, sizeof(big)), sizeof(big));
	while (got < sizeof(big))
		reader_takes();
	assert_memory_equal(big, back, sizeof(big));
}

static void
nonblocking(void **state)
{
	char c;
	ssize_t n;

	rd->flags |= O_NONBLOCK;
	wr->flags |= O_NONBLOCK;
	assert_int_equal(get(&c, 1), -EAGAIN);
	n = put(big, sizeof(big));
	assert_int_equal(n, 65536);
	assert_int_equal(put(&c, 1), -EAGAIN);
	assert_int_equal(get(back, 4095), 4095);
	assert_int_equal(put(big, 4096), -EAGAIN);
	assert_int_equal(get(back, 1), 1);
	/* a write of PIPE_BUF bytes is done whole or not at all */
	assert_int_equal(put(big, 4000), 4000);
	assert_int_equal(put(big, 4096), -EAGAIN);
	assert_int_equal(put(big, 96), 96);
	assert_int_equal(put(big, 1), -EAGAIN);
	assert_int_equal(file_poll(wr, NULL), 0);
	assert_int_equal(file_poll(rd, NULL), POLLIN | POLLRDNORM);
}

static int
signal_comes(void)
{
	return -EINTR;
}

static void
ends_and_signals(void **state)
{
	char c;

	vfs_on_sleep = signal_comes;
	assert_int_equal(get(&c, 1), -ERESTARTSYS);
	assert_int_equal(put(big, sizeof(big)), 65536);
	assert_int_equal(put(big, 1), -ERESTARTSYS);
	file_put(wr);
	wr = NULL;
	assert_int_equal(file_poll(rd, NULL), POLLIN | POLLRDNORM | POLLHUP);
	assert_int_equal(get(back, sizeof(back)), 65536);
	assert_int_equal(get(&c, 1), 0);
	assert_int_equal(file_poll(rd, NULL), POLLHUP);
}

static void
no_reader(void **state)
{
	file_put(rd);
	rd = NULL;
	assert_int_equal(put("x", 1), -EPIPE);
	assert_true(file_poll(wr, NULL) & POLLERR);
}

static void
user_faults(void **state)
{
	struct uio_segment s;
	struct uio u;
	int n;

	uio_user(&u, &s, big, 10000);
	vfs_user_left = 5000;
	assert_int_equal(file_write(wr, &u, NULL), 5000);
	uio_user(&u, &s, big, 10000);
	assert_int_equal(file_write(wr, &u, NULL), -EFAULT);
	uio_user(&u, &s, back, 5000);
	vfs_user_left = 100;
	assert_int_equal(file_read(rd, &u, NULL), 100);
	uio_user(&u, &s, back, 5000);
	assert_int_equal(file_read(rd, &u, NULL), -EFAULT);
	vfs_user_left = SIZE_MAX;
	assert_int_equal(file_ioctl(rd, FIONREAD, (uintptr_t)&n), 0);
	assert_int_equal(n, 4900);
	assert_int_equal(get(back, sizeof(back)), 4900);
	assert_memory_equal(back, big + 100, 4900);
}

static void
sizes(void **state)
{
	assert_int_equal(pipe_fcntl(rd, F_GETPIPE_SZ, 0), 65536);
	assert_int_equal(put(big, 65536), 65536);
	assert_int_equal(pipe_fcntl(rd, F_SETPIPE_SZ, 4096), -EBUSY);
	assert_int_equal(get(back, 30000), 30000);
	assert_int_equal(pipe_fcntl(rd, F_SETPIPE_SZ, 100000), 131072);
	assert_int_equal(put(big, 90000), 90000);
	assert_int_equal(get(back, 35536), 35536);
	assert_memory_equal(back, big + 30000, 35536);
	assert_int_equal(pipe_fcntl(rd, F_SETPIPE_SZ, 90112), 131072);
	assert_int_equal(get(back, 90000), 90000);
	assert_memory_equal(back, big, 90000);
	assert_int_equal(pipe_fcntl(rd, F_SETPIPE_SZ, 1), 4096);
}

static void
packets(void **state)
{
	file_put(rd);
	file_put(wr);
	assert_int_equal(pipe_create(O_DIRECT, &cred_root, &rd, &wr), 0);
	assert_int_equal(put("abc", 3), 3);
	assert_int_equal(put("defg", 4), 4);
	assert_int_equal(get(back, 2), 2);
	assert_int_equal(get(back, 10), 4);
	assert_memory_equal(back, "defg", 4);
}

static void
names(void **state)
{
	struct stat st;
	char buf[40];

	assert_true(file_name(rd, NULL, buf, sizeof(buf)) > 0);
	assert_memory_equal(buf, "pipe:[", 6);
	file_stat(wr, &st);
	assert_int_equal(st.st_mode, S_IFIFO | 0600);
}

/* --- FIFOs ---------------------------------------------------------------- */

static struct file *partner;

static int
writer_comes(void)
{
	struct walk w = { .fs = fs, .cred = &cred_root };

	vfs_on_sleep = NULL;
	return path_open(&w, "/fifo", O_WRONLY, 0, &partner);
}

static int
writer_comes_and_goes(void)
{
	int err = writer_comes();

	file_put(partner);
	return err;
}

static void
fifos(void **state)
{
	struct walk w = { .fs = fs, .cred = &cred_root };
	struct file *f;
	char c;

	assert_int_equal(path_mknod(&w, "/fifo", S_IFIFO | 0600, 0), 0);
	assert_int_equal(path_open(&w, "/fifo", O_WRONLY | O_NONBLOCK, 0, &f),
			 -ENXIO);
	assert_int_equal(path_open(&w, "/fifo", O_RDONLY | O_NONBLOCK, 0, &f),
			 0);
	assert_int_equal(file_poll(f, NULL), 0);
	file_put(f);
	vfs_on_sleep = signal_comes;
	assert_int_equal(path_open(&w, "/fifo", O_RDONLY, 0, &f), -ERESTARTSYS);
	vfs_on_sleep = writer_comes_and_goes;
	assert_int_equal(path_open(&w, "/fifo", O_RDONLY, 0, &f), 0);
	assert_int_equal(file_poll(f, NULL), POLLHUP);
	file_put(f);
	vfs_on_sleep = writer_comes;
	assert_int_equal(path_open(&w, "/fifo", O_RDONLY, 0, &f), 0);
	file_put(wr);
	file_put(rd);
	wr = partner;
	rd = f;
	assert_int_equal(put("z", 1), 1);
	assert_int_equal(get(&c, 1), 1);
	assert_int_equal(path_open(&w, "/fifo", O_RDWR, 0, &f), 0);
	file_put(f);
	assert_int_equal(path_unlink(&w, "/fifo"), 0);
}

/* --- poll ----------------------------------------------------------------- */

static int
byte_comes(void)
{
	assert_int_equal(put("p", 1), 1);
	return 0;
}

static void
poll_many(void **state)
{
	struct poll_entry e[100];

	for (int i = 0; i < 100; i++)
		e[i] = (struct poll_entry){ .file = i % 3 ? rd : NULL,
					    .events = POLLIN };
	assert_int_equal(file_poll_many(e, 100, 0), 0);
	assert_int_equal(file_poll_many(e, 100, UINT64_MAX - 1), 0);
	vfs_on_sleep = signal_comes;
	assert_int_equal(file_poll_many(e, 100, NEVER), -EINTR);
	vfs_on_sleep = byte_comes;
	assert_int_equal(file_poll_many(e, 100, NEVER), 66);
	assert_int_equal(e[0].revents, 0);
	assert_int_equal(e[1].revents, POLLIN);
	e[0].file = wr;
	e[0].events = POLLOUT | POLLWRNORM;
	assert_int_equal(file_poll_many(e, 1, NEVER), 1);
	assert_int_equal(e[0].revents, POLLOUT | POLLWRNORM);
}

static void
nothing_is_left(void **state)
{
	uint64_t before = vfs_objects();

	for (int i = 0; i < 100; i++) {
		assert_int_equal(pipe_create(0, &cred_root, &rd, &wr), 0);
		assert_int_equal(put(big, 60000), 60000);
		close_pipe(NULL);
	}
	assert_int_equal(vfs_objects(), before);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_pipe, close_pipe)
	const struct CMUnitTest tests[] = {
		T(bytes_in_order), T(large_writes_wait_for_room),
		T(nonblocking),    T(ends_and_signals),
		T(no_reader),      T(user_faults),
		T(sizes),          T(packets),
		T(names),          T(fifos),
		T(poll_many),      cmocka_unit_test(nothing_is_left),
	};

	fs = vfs_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
