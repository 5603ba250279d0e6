/* SPDX-License-Identifier: MIT */

/*
 * net/socket.c - sockets as open files, and the families they belong to.
 *
 * The file is made last, when nothing can fail any more; from then on its
 * release is the family's.  read(2) and write(2) are messages without a name
 * and with nothing beside the bytes.
 */

#include "net/socket.h"

#include <linux/magic.h>

#include "arch/clock.h"
#include "fs/procfs/procfs.h"
#include "fs/pseudo.h"
#include "lib/errno.h"
#include "mm/slab.h"
#include "net/unix.h"

#define BUFFER_DEFAULT 212992u

static struct pseudo_fs sockfs RO_AFTER_BOOT = {
	.type.name = "sockfs",
	.kind = "socket",
	.magic = SOCKFS_MAGIC,
};
static const struct socket_family *families[AF_MAX] RO_AFTER_BOOT;
static pid_t (*caller_pid)(void) RO_AFTER_BOOT;

atomic_uint socket_send_max = BUFFER_DEFAULT;
atomic_uint socket_send_default = BUFFER_DEFAULT;
atomic_uint socket_receive_max = BUFFER_DEFAULT;
atomic_uint socket_receive_default = BUFFER_DEFAULT;
atomic_uint socket_backlog_max = SOMAXCONN;

static const struct file_ops socket_file_ops;

/* --- for families --------------------------------------------------------- */

void
socket_init(struct socket *s, const struct socket_ops *ops, int family,
	    int type)
{
	s->ops = ops;
	s->family = (uint16_t)family;
	s->type = (uint16_t)type;
	s->send_size = atomic_load(&socket_send_default);
	s->receive_size = atomic_load(&socket_receive_default);
	s->receive_low = 1;
	s->peek_offset = -1;
	s->receive_timeout_ns = s->send_timeout_ns = NEVER;
	wait_queue_init(&s->read_wait);
	wait_queue_init(&s->write_wait);
}

int
socket_open(struct socket *s, unsigned flags, struct file **out)
{
	struct path p;
	struct file *f;
	int err;

	err = pseudo_create(&sockfs, S_IFSOCK | 0777, NULL, cred_current(), &p);
	if (err)
		return err;
	f = file_create_on(&p, &socket_file_ops, O_RDWR | flags,
			   cred_current());
	path_put(&p);
	if (!f)
		return -ENFILE;
	f->bits = FILE_STREAM;
	if (s->type != SOCK_STREAM)
		f->bits |= FILE_NO_SIGPIPE;
	f->data = s;
	s->file = f;
	s->ino = f->inode->ino;
	*out = f;
	return 0;
}

int
socket_take_error(struct socket *s)
{
	/* Rarely set: do not write to it each time. */
	if (likely(!atomic_load_explicit(&s->error, memory_order_relaxed)))
		return 0;
	return atomic_exchange(&s->error, 0);
}

void
socket_wake(struct wait_queue *wq, unsigned events)
{
	/* A sleeper queues itself, then looks; we change, then look. */
	atomic_thread_fence(memory_order_seq_cst);
	if (wait_queue_active(wq))
		wait_queue_wake(wq, events);
}

void
socket_wake_receiver(struct socket *s)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (wait_queue_active(&s->read_wait))
		wait_queue_wake_one(&s->read_wait,
				    POLLIN | POLLRDNORM | POLLRDBAND);
}

uint64_t
socket_deadline(uint64_t timeout_ns)
{
	uint64_t now;

	if (likely(timeout_ns == NEVER))
		return NEVER;
	now = clock_now_ns();
	return timeout_ns > NEVER - now ? NEVER : now + timeout_ns;
}

/* socket(7): a call with a timeout is never started again. */
int
socket_wait_error(int err, uint64_t timeout_ns)
{
	if (err == -ETIMEDOUT)
		return -EAGAIN;
	if (err == -EINTR && timeout_ns == NEVER)
		return -ERESTARTSYS;
	return err;
}

struct socket_cred
socket_caller(void)
{
	const struct cred *c = cred_current();

	return (struct socket_cred){
		.pid = caller_pid ? caller_pid() : 0,
		.uid = c->user.real,
		.gid = c->group.real,
	};
}

void
socket_set_caller_source(pid_t (*pid)(void))
{
	caller_pid = pid;
}

struct socket_rights *
socket_rights_alloc(size_t room)
{
	struct socket_rights *r;

	return kmalloc(sizeof(*r) + room * sizeof(r->files[0]));
}

void
socket_rights_free(struct socket_rights *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->count; i++)
		file_put(r->files[i]);
	kfree(r);
}

void
socket_family_register(const struct socket_family *f)
{
	families[f->family] = f;
}

/* --- making --------------------------------------------------------------- */

static int
family_of(int family, unsigned type, const struct socket_family **out)
{
	if (family < 0 || family >= AF_MAX)
		return -EAFNOSUPPORT;
	if ((type & SOCK_TYPE_MASK) >= SOCK_TYPES)
		return -EINVAL;
	*out = families[family];
	return *out ? 0 : -EAFNOSUPPORT;
}

static int
open_new(struct socket *s, unsigned type, struct file **out)
{
	int err = socket_open(s, type & SOCK_NONBLOCK ? O_NONBLOCK : 0, out);

	if (err)
		s->ops->release(s);
	return err;
}

int
socket_create(int family, unsigned type, int protocol, struct file **out)
{
	const struct socket_family *f;
	struct socket *s;
	int err;

	err = family_of(family, type, &f);
	if (!err)
		err = f->create((int)(type & SOCK_TYPE_MASK), protocol, &s);
	return err ? err : open_new(s, type, out);
}

static int
create_two(const struct socket_family *f, unsigned type, int protocol,
	   struct file *out[2])
{
	struct socket *s;
	int err;

	for (int i = 0; i < 2; i++) {
		err = f->create((int)(type & SOCK_TYPE_MASK), protocol, &s);
		if (!err)
			err = open_new(s, type, &out[i]);
		if (err) {
			if (i)
				file_put(out[0]);
			return err;
		}
	}
	return 0;
}

int
socket_create_pair(int family, unsigned type, int protocol, struct file *out[2])
{
	const struct socket_family *f;
	int err;

	err = family_of(family, type, &f);
	if (!err && !f->pair)
		err = -EOPNOTSUPP;
	if (!err)
		err = create_two(f, type, protocol, out);
	if (err)
		return err;
	err = f->pair(out[0]->data, out[1]->data);
	if (err) {
		file_put(out[0]);
		file_put(out[1]);
	}
	return err;
}

/* --- as files ------------------------------------------------------------- */

struct socket *
socket_of(const struct file *f)
{
	return f->ops == &socket_file_ops ? f->data : NULL;
}

ssize_t
socket_send(struct socket *s, struct socket_message *m)
{
	if (socket_nonblocking(s))
		m->flags |= MSG_DONTWAIT;
	return s->ops->send(s, m);
}

ssize_t
socket_receive(struct socket *s, struct socket_message *m)
{
	if (socket_nonblocking(s))
		m->flags |= MSG_DONTWAIT;
	return s->ops->receive(s, m);
}

int
socket_shutdown(struct socket *s, int how)
{
	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	return s->ops->shutdown(s, (unsigned)how);
}

static ssize_t
socket_read(struct file *f, struct uio *u, uint64_t *pos)
{
	struct socket_message m = { .data = u };
	ssize_t n;

	if (u->left == 0)
		return 0;
	n = socket_receive(f->data, &m);
	/* There is nowhere to put descriptors: they are closed. */
	socket_rights_free(m.control.rights);
	return n;
}

static ssize_t
socket_write(struct file *f, struct uio *u, uint64_t *pos)
{
	struct socket_message m = { .data = u };

	return socket_send(f->data, &m);
}

static unsigned
socket_file_poll(struct file *f, struct poll_table *pt)
{
	struct socket *s = f->data;

	poll_add(pt, &s->read_wait);
	poll_add(pt, &s->write_wait);
	return s->ops->poll(s, pt);
}

static long
socket_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
	struct socket *s = f->data;

	return s->ops->ioctl ? s->ops->ioctl(s, cmd, arg) : -ENOTTY;
}

static void
socket_release(struct file *f)
{
	struct socket *s = f->data;

	s->ops->release(s);
}

static const struct file_ops socket_file_ops = {
	.release = socket_release,
	.read = socket_read,
	.write = socket_write,
	.poll = socket_file_poll,
	.ioctl = socket_ioctl,
};

void
net_init(void)
{
	pseudo_fs_init(&sockfs);
	socket_options_init();
	unix_init();
}
