/* SPDX-License-Identifier: MIT */

/*
 * net/unix_proc.c - /proc/net/unix, and the limit in /proc/sys/net/unix.
 *
 * Source: man 5 proc; net/unix has the columns Num RefCount Protocol Flags Type
 *         St Inode Path, an abstract name's NUL bytes shown as @.
 */

#include "fs/procfs/procfs.h"
#include "lib/errno.h"
#include "net/unix_priv.h"

#define QUEUE_DEFAULT 10u

atomic_uint unix_dgram_queue_max = QUEUE_DEFAULT;

static void
show_name(struct proc_text *t, const struct unix_name *n)
{
	char text[sizeof(n->address)];
	size_t len = n->len - offsetof(struct sockaddr_un, sun_path);

	if (n->inode)
		len--; /* the NUL at its end */
	for (size_t i = 0; i < len; i++) {
		text[i] =
			n->address[offsetof(struct sockaddr_un, sun_path) + i];
		if (!text[i])
			text[i] = '@';
	}
	proc_printf(t, " ");
	proc_write(t, text, len);
}

static unsigned
state_number(const struct unix_socket *s)
{
	if (s->peer || s->state == UNIX_CONNECTED)
		return SS_CONNECTED;
	return SS_UNCONNECTED;
}

/*
 * The bucket's lock holds it and its name; a socket on its way out of the
 * family has no file to tell the inode of any more.
 */
static void
show_socket(struct unix_socket *s, void *arg)
{
	const struct unix_name *n = s->name;
	struct proc_text *t = arg;

	proc_printf(t, "%016lx: %08X %08X %08X %04X %02X %5lu", 0UL,
		    refcount_read(&s->refs) + 1, 0, /* the table, as on Linux */
		    s->state == UNIX_LISTENING ? __SO_ACCEPTCON : 0,
		    s->socket.type, state_number(s),
		    (unsigned long)s->socket.ino);
	if (n)
		show_name(t, n);
	proc_printf(t, "\n");
}

static int
show_unix(pid_t pid, struct proc_text *t)
{
	proc_printf(t, "Num       RefCount Protocol Flags    Type St Inode "
		       "Path\n");
	for (unsigned i = 0; i < UNIX_BUCKETS; i++)
		unix_table_each(i, show_socket, t);
	return 0;
}

static int
show_queue_max(pid_t pid, struct proc_text *t)
{
	proc_printf(t, "%u\n", atomic_load(&unix_dgram_queue_max));
	return 0;
}

static ssize_t
store_queue_max(pid_t pid, const char *text, size_t n)
{
	return socket_store_limit(&unix_dgram_queue_max, 0, text, n);
}

static const struct proc_file unix_file = {
	.name = "unix",
	.mode = 0444,
	.show = show_unix,
};

static const struct proc_file queue_max_file = {
	.name = "max_dgram_qlen",
	.mode = 0644,
	.show = show_queue_max,
	.store = store_queue_max,
};

void
unix_proc_init(void)
{
	procfs_register("net/unix", &unix_file);
	procfs_register("sys/net/unix/max_dgram_qlen", &queue_max_file);
}
