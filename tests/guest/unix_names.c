/* SPDX-License-Identifier: MIT */
/*
 * unix_names.c - names of AF_UNIX sockets, and making connections by them.
 */
#include "sockets.h"

#include <stdlib.h>
#include <time.h>

static char buffer[1000];

static socklen_t
own_name(int fd, struct sockaddr_un *un)
{
	socklen_t len = sizeof(*un);

	memset(un, 0, sizeof(*un));
	OK(getsockname(fd, (struct sockaddr *)un, &len));
	CHECK_EQ(un->sun_family, AF_UNIX);
	return len;
}

CASE(names_in_the_file_system)
{
	int fd = new_socket(SOCK_STREAM);
	struct sockaddr_un un;
	struct stat st;

	CHECK_EQ(own_name(fd, &un), PATH_OFFSET);
	umask(027);
	OK(bind_name(fd, "sock"));
	CHECK_EQ(own_name(fd, &un), PATH_OFFSET + 5);
	CHECK(!strcmp(un.sun_path, "sock"));
	OK(stat("sock", &st));
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_EQ(st.st_mode & 07777, 0750);
	FAILS(open("sock", O_RDWR), ENXIO);
	OK(close(fd));
	OK(stat("sock", &st));
	OK(unlink("sock"));
}

CASE(names_mode_by_fchmod)
{
	int fd = new_socket(SOCK_STREAM);
	struct stat st;

	umask(0);
	OK(fchmod(fd, 0640));
	OK(bind_name(fd, "sock"));
	OK(stat("sock", &st));
	CHECK_EQ(st.st_mode & 07777, 0640);
}

CASE(names_in_use)
{
	int fd = bound(SOCK_STREAM, "sock");

	FAILS(bind_name(fd, "other"), EINVAL);
	FAILS(bind_name(new_socket(SOCK_STREAM), "sock"), EADDRINUSE);
	put_file("plain", "");
	FAILS(bind_name(new_socket(SOCK_STREAM), "plain"), EADDRINUSE);
	OK(close(fd));
	FAILS(bind_name(new_socket(SOCK_STREAM), "sock"), EADDRINUSE);
	FAILS(connect_name(new_socket(SOCK_STREAM), "sock"), ECONNREFUSED);
	FAILS(connect_name(new_socket(SOCK_STREAM), "plain"), ECONNREFUSED);
	FAILS(connect_name(new_socket(SOCK_STREAM), "none"), ENOENT);
	FAILS(connect_name(new_socket(SOCK_STREAM), "plain/x"), ENOTDIR);
	FAILS(bind_name(new_socket(SOCK_STREAM), "none/x"), ENOENT);
	FAILS(bind_name(new_socket(SOCK_STREAM), "plain/x"), ENOTDIR);
}

CASE(names_removed_and_made_again)
{
	int old = listener(SOCK_STREAM, "sock", 3), new, c;

	OK(unlink("sock"));
	new = listener(SOCK_STREAM, "sock", 3);
	c = connected(SOCK_STREAM, "sock");
	CHECK_EQ(ready(old, POLLIN), 0);
	CHECK_EQ(ready(new, POLLIN), POLLIN);
	OK(rename("sock", "moved"));
	OK(connect_name(new_socket(SOCK_STREAM), "moved"));
	OK(symlink("moved", "link"));
	OK(connect_name(new_socket(SOCK_STREAM), "link"));
	OK(link("moved", "hard"));
	OK(connect_name(new_socket(SOCK_STREAM), "hard"));
	OK(close(c));
}

CASE(names_permissions)
{
	int fd;

	need_root();
	umask(0);
	OK(chmod(".", 0755));
	fd = listener(SOCK_STREAM, "sock", 3);
	OK(chmod("sock", 0755));
	EXITS(CHILD(become_nobody();
		    FAILS(connect_name(new_socket(SOCK_STREAM), "sock"),
			  EACCES);
		    FAILS(bind_name(new_socket(SOCK_STREAM), "mine"), EACCES)),
	      0);
	OK(chmod("sock", 0722));
	EXITS(CHILD(become_nobody();
		    OK(connect_name(new_socket(SOCK_STREAM), "sock"))),
	      0);
	OK(chmod("sock", 0777));
	OK(chmod(".", 0700));
	EXITS(CHILD(become_nobody();
		    FAILS(connect_name(new_socket(SOCK_STREAM), "sock"),
			  EACCES)),
	      0);
	OK(close(fd));
}

CASE(names_abstract)
{
	int fd = listener(SOCK_STREAM, "@guest-a", 3), c, a;
	struct sockaddr_un un;

	CHECK_EQ(own_name(fd, &un), PATH_OFFSET + 8);
	CHECK(!memcmp(un.sun_path, "\0guest-a", 8));
	FAILS(bind_name(new_socket(SOCK_STREAM), "@guest-a"), EADDRINUSE);
	bound(SOCK_DGRAM, "@guest-a");
	FAILS(connect_name(new_socket(SOCK_SEQPACKET), "@guest-a"),
	      ECONNREFUSED);
	FAILS(connect_name(new_socket(SOCK_STREAM), "@guest"), ECONNREFUSED);
	c = connected(SOCK_STREAM, "@guest-a");
	a = (int)OK(accept(fd, NULL, NULL));
	CHECK_EQ(own_name(a, &un), PATH_OFFSET + 8);
	OK(close(fd));
	FAILS(connect_name(new_socket(SOCK_STREAM), "@guest-a"), ECONNREFUSED);
	OK(close(a));
	OK(close(c));
	listener(SOCK_STREAM, "@guest-a", 3);
}

CASE(names_given_automatically)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int a = new_socket(SOCK_STREAM), b = new_socket(SOCK_DGRAM);

	OK(bind(a, (struct sockaddr *)&un, PATH_OFFSET));
	CHECK_EQ(own_name(a, &un), PATH_OFFSET + 6);
	CHECK_EQ(un.sun_path[0], 0);
	CHECK_EQ(strspn(un.sun_path + 1, "0123456789abcdef"), 5);
	set_int(b, SO_PASSCRED, 1);
	bound(SOCK_DGRAM, "d");
	OK(connect_name(b, "d"));
	CHECK_EQ(own_name(b, &un), PATH_OFFSET + 6);
	CHECK_EQ(un.sun_path[0], 0);
}

CASE(names_of_full_length)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char longest[sizeof(struct sockaddr_un) + 1];
	socklen_t len = sizeof(longest);
	int fd = new_socket(SOCK_STREAM);

	memset(un.sun_path, 'n', sizeof(un.sun_path));
	OK(bind(fd, (struct sockaddr *)&un, sizeof(un)));
	OK(getsockname(fd, (struct sockaddr *)longest, &len));
	CHECK_EQ(len, sizeof(un) + 1);
	CHECK_EQ(longest[sizeof(un)], 0);
	FAILS(connect(new_socket(SOCK_STREAM), (struct sockaddr *)&un,
		      sizeof(un)),
	      ECONNREFUSED);
	OK(listen(fd, 1));
	OK(connect(new_socket(SOCK_STREAM), (struct sockaddr *)&un,
		   sizeof(un)));
}

CASE(names_of_both_ends)
{
	int l = listener(SOCK_STREAM, "l", 3), c = new_socket(SOCK_STREAM), a;
	struct sockaddr_un un;
	socklen_t len = sizeof(un);

	FAILS(getpeername(c, (struct sockaddr *)&un, &len), ENOTCONN);
	OK(bind_name(c, "c"));
	OK(connect_name(c, "l"));
	len = sizeof(un);
	a = (int)OK(accept(l, (struct sockaddr *)&un, &len));
	CHECK_EQ(len, PATH_OFFSET + 2);
	CHECK(!strcmp(un.sun_path, "c"));
	len = sizeof(un);
	OK(getpeername(c, (struct sockaddr *)&un, &len));
	CHECK(!strcmp(un.sun_path, "l"));
	len = 4;
	OK(getpeername(c, (struct sockaddr *)&un, &len));
	CHECK_EQ(len, PATH_OFFSET + 2);
	CHECK_EQ(own_name(a, &un), PATH_OFFSET + 2);
	OK(close(a));
	len = sizeof(un);
	OK(getpeername(c, (struct sockaddr *)&un, &len));
	CHECK(!strcmp(un.sun_path, "l"));
	connected(SOCK_STREAM, "l");
	len = sizeof(un);
	OK(accept(l, (struct sockaddr *)&un, &len));
	CHECK_EQ(len, PATH_OFFSET);
}

CASE(connect_write_accept_read)
{
	int l = listener(SOCK_STREAM, "l", 3), c, a;

	CHECK_EQ(get_int(l, SO_ACCEPTCONN), 1);
	CHECK_EQ(ready(l, POLLIN | POLLOUT), 0);
	c = connected(SOCK_STREAM, "l");
	CHECK_EQ(get_int(c, SO_ACCEPTCONN), 0);
	CHECK_EQ(ready(l, POLLIN), POLLIN);
	CHECK_EQ(write(c, "early", 5), 5);
	a = (int)OK(accept4(l, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
	CHECK_EQ(fcntl(a, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(a, F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_EQ(read(a, buffer, 9), 5);
	CHECK_EQ(write(a, "late", 4), 4);
	CHECK_EQ(read(c, buffer, 9), 4);
	FAILS(connect_name(c, "l"), EISCONN);
	FAILS(connect_name(l, "l"), EINVAL);
	FAILS(listen(c, 1), EINVAL);
}

CASE(connect_closed_before_accept)
{
	int l = listener(SOCK_STREAM, "l", 3), c = connected(SOCK_STREAM, "l");
	int a;

	CHECK_EQ(write(c, "left", 4), 4);
	OK(close(c));
	a = (int)OK(accept(l, NULL, NULL));
	CHECK_EQ(read(a, buffer, 9), 4);
	CHECK_EQ(read(a, buffer, 9), 0);
}

CASE(connect_listener_closes)
{
	int l = listener(SOCK_STREAM, "l", 3), c = connected(SOCK_STREAM, "l");

	OK(close(l));
	CHECK_EQ(ready(c, POLLIN), POLLIN | POLLHUP | POLLERR);
	FAILS(read(c, buffer, 9), ECONNRESET);
	CHECK_EQ(read(c, buffer, 9), 0);
	FAILS(send(c, "x", 1, MSG_NOSIGNAL), EPIPE);
}

CASE(connect_backlog)
{
	int l = listener(SOCK_STREAM, "l", 1), fd = new_socket(SOCK_STREAM);
	pid_t child;

	connected(SOCK_STREAM, "l");
	connected(SOCK_STREAM, "l");
	OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	FAILS(connect_name(fd, "l"), EAGAIN);
	OK(fcntl(fd, F_SETFL, 0));
	set_timeout(fd, SO_SNDTIMEO, 30);
	FAILS(connect_name(fd, "l"), EAGAIN);
	child = CHILD(connected(SOCK_STREAM, "l"));
	sleep_ms(50);
	OK(accept(l, NULL, NULL));
	EXITS(child, 0);
	child = CHILD(close(l);
		      FAILS(connect_name(new_socket(SOCK_STREAM), "l"),
			    ECONNREFUSED));
	sleep_ms(50);
	OK(close(l));
	EXITS(child, 0);
}

CASE(connect_backlog_raised)
{
	int l = listener(SOCK_STREAM, "l", 0);
	pid_t child;

	connected(SOCK_STREAM, "l");
	child = CHILD(connected(SOCK_STREAM, "l"));
	sleep_ms(50);
	OK(listen(l, 5));
	EXITS(child, 0);
}

CASE(accept_waits)
{
	int l = listener(SOCK_STREAM, "l", 3);
	pid_t child;

	OK(fcntl(l, F_SETFL, O_NONBLOCK));
	FAILS(accept(l, NULL, NULL), EAGAIN);
	OK(fcntl(l, F_SETFL, 0));
	set_timeout(l, SO_RCVTIMEO, 30);
	FAILS(accept(l, NULL, NULL), EAGAIN);
	set_timeout(l, SO_RCVTIMEO, 0);
	child = CHILD(sleep_ms(50); connected(SOCK_STREAM, "l"));
	OK(accept(l, NULL, NULL));
	EXITS(child, 0);
	child = CHILD(FAILS(accept(l, NULL, NULL), EINVAL));
	sleep_ms(50);
	OK(shutdown(l, SHUT_RDWR));
	EXITS(child, 0);
	FAILS(connect_name(new_socket(SOCK_STREAM), "l"), ECONNREFUSED);
}

CASE(accept_without_a_descriptor_keeps_the_connection)
{
	int l = listener(SOCK_STREAM, "l", 3), c = connected(SOCK_STREAM, "l");
	struct rlimit old, none;

	OK(getrlimit(RLIMIT_NOFILE, &old));
	none = old;
	none.rlim_cur = (rlim_t)c + 1;
	OK(setrlimit(RLIMIT_NOFILE, &none));
	FAILS(accept(l, NULL, NULL), EMFILE);
	OK(setrlimit(RLIMIT_NOFILE, &old));
	OK(accept(l, NULL, NULL));
}

CASE(names_in_proc)
{
	int fd = listener(SOCK_STREAM, "@guest-proc", 3);
	static char text[8 << 20];
	char *line;

	bound(SOCK_DGRAM, "proc-path");
	get_file("/proc/net/unix", text, sizeof(text));
	CHECK(!strncmp(text,
		       "Num       RefCount Protocol Flags    Type St "
		       "Inode Path\n",
		       56));
	line = strstr(text, " @guest-proc\n");
	CHECK(line);
	while (line[-1] != '\n')
		line--;
	CHECK(strstr(line, ": 00000002 00000000 00010000 0001 01 "));
	line = strstr(text, " proc-path\n");
	CHECK(line);
	OK(close(fd));
	get_file("/proc/net/unix", text, sizeof(text));
	CHECK(!strstr(text, " @guest-proc\n"));
}

static void *
bind_and_close(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++) {
		int fd = new_socket(SOCK_STREAM);

		if (bind_name(fd, "@guest-race") == 0)
			OK(listen(fd, 2));
		else
			CHECK_EQ(errno, EADDRINUSE);
		close(fd);
	}
	return NULL;
}

static void *
connect_and_close(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++) {
		int fd = new_socket(SOCK_STREAM);

		OK(fcntl(fd, F_SETFL, O_NONBLOCK));
		if (connect_name(fd, "@guest-race") == 0)
			(void)!send(fd, "x", 1, MSG_NOSIGNAL);
		else
			CHECK(errno == ECONNREFUSED || errno == EAGAIN);
		close(fd);
	}
	return NULL;
}

CASE(names_race)
{
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&t[i], NULL,
					i % 2 ? bind_and_close
					      : connect_and_close,
					NULL),
			 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

/* A server as programs write it: fork for each connection. */
CASE(connect_forking_server)
{
	int l = listener(SOCK_STREAM, "l", 5);
	pid_t clients[10];

	for (int i = 0; i < 10; i++)
		clients[i] = CHILD(
			int c = connected(SOCK_STREAM, "l");
			CHECK_EQ(write(c, &i, sizeof(i)), sizeof(i));
			int back = 0;
			CHECK_EQ(read(c, &back, sizeof(back)), sizeof(back));
			CHECK_EQ(back, i + 1000));
	for (int i = 0; i < 10; i++) {
		int a = (int)OK(accept(l, NULL, NULL)), n;
		pid_t child = CHILD(
			CHECK_EQ(read(a, &n, sizeof(n)), sizeof(n)); n += 1000;
			CHECK_EQ(write(a, &n, sizeof(n)), sizeof(n)));

		OK(close(a));
		EXITS(child, 0);
	}
	for (int i = 0; i < 10; i++)
		EXITS(clients[i], 0);
}
