/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/time_types.h>

#include "mm/slab.h"
#include "net/socket.h"
#include "syscall/define.h"
#include "syscall/sockets.h"

/*
 * syscall/sys_control.c - control messages: the list of struct cmsghdr beside
 * the bytes of sendmsg(2) and recvmsg(2).
 *
 * Source: man 3 cmsg, man 7 unix.
 */

#define CONTROL_FAST 128
#define CONTROL_MAX  131072u /* as /proc/sys/net/core/optmem_max */
#define HEADER       sizeof(struct user_cmsghdr)

/* --- sending -------------------------------------------------------------- */

/* Having more in flight than one may open is refused, but to the privileged. */
static uint64_t
rights_limit(void)
{
	const struct cred *c = current_task()->cred;

	if (cred_capable(c, CAP_SYS_RESOURCE) || cred_capable(c, CAP_SYS_ADMIN))
		return UINT64_MAX;
	return process_limit(current_process(), RLIMIT_NOFILE);
}

/* Room for n more files.  -EINVAL, -ENOMEM. */
static int
reserve_rights(struct socket_control *c, size_t n)
{
	struct socket_rights *old = c->rights, *r;
	size_t have = old ? old->count : 0;

	if (n > SCM_MAX_FD - have)
		return -EINVAL;
	r = socket_rights_alloc(have + n);
	if (!r)
		return -ENOMEM;
	if (old)
		memcpy(r->files, old->files, have * sizeof(r->files[0]));
	r->count = (unsigned)have;
	r->limit = rights_limit();
	kfree(old);
	c->rights = r;
	return 0;
}

static int
get_rights(struct socket_control *c, const char *data, size_t size)
{
	size_t n = size / sizeof(int);
	struct socket_rights *r;
	int fd, err;

	if (n == 0)
		return 0;
	err = reserve_rights(c, n);
	if (err)
		return err;
	r = c->rights;
	for (size_t i = 0; i < n; i++) {
		memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
		r->files[r->count] = fd_get(current_task()->files, fd);
		if (!r->files[r->count])
			return -EBADF;
		r->count++;
	}
	return 0;
}

static bool
is_own(const struct id_set *ids, uint32_t id)
{
	return id == ids->real || id == ids->effective || id == ids->saved;
}

/* unix(7): the privileged may say they are another. */
static int
check_cred(const struct socket_cred *who)
{
	const struct cred *c = current_task()->cred;
	struct process *p;

	if (who->uid == (uid_t)-1 || who->gid == (gid_t)-1)
		return -EINVAL;
	if ((who->pid != current_process()->pid &&
	     !cred_capable(c, CAP_SYS_ADMIN)) ||
	    (!is_own(&c->user, who->uid) && !cred_capable(c, CAP_SETUID)) ||
	    (!is_own(&c->group, who->gid) && !cred_capable(c, CAP_SETGID)))
		return -EPERM;
	if (who->pid == current_process()->pid)
		return 0;
	p = process_find(who->pid);
	if (!p)
		return -ESRCH;
	process_put(p);
	return 0;
}

static int
get_cred(struct socket_control *c, const char *data, size_t size)
{
	if (size != sizeof(c->cred))
		return -EINVAL;
	memcpy(&c->cred, data, sizeof(c->cred));
	c->has_cred = true;
	return check_cred(&c->cred);
}

static int
get_one(struct socket_control *c, const struct socket *s,
	const struct user_cmsghdr *h, const char *data)
{
	if (h->level != SOL_SOCKET)
		return 0;
	if (h->type == SCM_RIGHTS && s->family == AF_UNIX)
		return get_rights(c, data, h->len - HEADER);
	if (h->type == SCM_CREDENTIALS)
		return get_cred(c, data, h->len - HEADER);
	return -EINVAL;
}

static int
get_list(struct socket_control *c, const struct socket *s, const char *buf,
	 size_t len)
{
	struct user_cmsghdr h;
	int err;

	while (len >= HEADER) {
		memcpy(&h, buf, HEADER);
		if (h.len < HEADER || h.len > len)
			return -EINVAL;
		err = get_one(c, s, &h, buf + HEADER);
		if (err)
			return err;
		if (CMSG_ALIGNED(h.len) >= len)
			break;
		buf += CMSG_ALIGNED(h.len);
		len -= CMSG_ALIGNED(h.len);
	}
	return 0;
}

int
control_get(struct socket_control *c, const struct socket *s,
	    const void USER *user, size_t len)
{
	char fast[CONTROL_FAST], *buf = fast;
	int err = -EFAULT;

	if (len == 0)
		return 0;
	if (len > CONTROL_MAX)
		return -ENOBUFS;
	if (len > sizeof(fast)) {
		buf = kmalloc(len);
		if (!buf)
			return -ENOBUFS;
	}
	if (!copy_from_user(buf, user, len))
		err = get_list(c, s, buf, len);
	if (buf != fast)
		kfree(buf);
	return err;
}

/* --- receiving ------------------------------------------------------------ */

/* The program's buffer, filled from the start. */
struct control_out {
	char USER *at;
	size_t left, used;
	unsigned *flags;
};

static void
advance(struct control_out *o, size_t n)
{
	n = MIN(CMSG_ALIGNED(n), o->left);
	o->at += n;
	o->left -= n;
	o->used += n;
}

static bool
put_header(struct control_out *o, int type, size_t size)
{
	struct user_cmsghdr h = { .len = HEADER + size,
				  .level = SOL_SOCKET,
				  .type = type };

	return !copy_to_user(o->at, &h, HEADER);
}

/* What does not fit is cut off, and that is told. */
static void
put_one(struct control_out *o, int type, const void *data, size_t size)
{
	if (o->left < HEADER) {
		*o->flags |= MSG_CTRUNC;
		return;
	}
	if (o->left < HEADER + size) {
		*o->flags |= MSG_CTRUNC;
		size = o->left - HEADER;
	}
	if (put_header(o, type, size) &&
	    !copy_to_user(o->at + HEADER, data, size))
		advance(o, HEADER + size);
}

static void
put_stamp(struct control_out *o, const struct socket_control *c)
{
	struct __kernel_old_timeval tv = {
		.tv_sec = c->stamp.sec,
		.tv_usec = c->stamp.nsec / 1000,
	};
	struct __kernel_timespec ts = {
		.tv_sec = c->stamp.sec,
		.tv_nsec = c->stamp.nsec,
	};

	if (c->stamp_ns)
		put_one(o, SCM_TIMESTAMPNS, &ts, sizeof(ts));
	else
		put_one(o, SCM_TIMESTAMP, &tv, sizeof(tv));
}

/* One more descriptor, its number at user; false: no more. */
static bool
put_file(struct file *f, int USER *user, bool cloexec)
{
	struct fd_table *files = current_task()->files;
	int fd;

	file_get(f);
	fd = fd_install(files, f, 0, fd_limit(), cloexec);
	if (fd < 0) {
		file_put(f);
		return false;
	}
	if (!put_user(fd, user))
		return true;
	(void)fd_close(files, fd);
	return false;
}

/* As many as fit; the rest is closed. */
static void
put_rights(struct control_out *o, const struct socket_rights *r)
{
	int USER *fds = (int USER *)(o->at + HEADER);
	size_t most = o->left < HEADER ? 0 : (o->left - HEADER) / sizeof(int);
	size_t n = 0;

	while (n < r->count && n < most &&
	       put_file(r->files[n], &fds[n], *o->flags & MSG_CMSG_CLOEXEC))
		n++;
	if (n < r->count)
		*o->flags |= MSG_CTRUNC;
	if (n && put_header(o, SCM_RIGHTS, n * sizeof(int)))
		advance(o, HEADER + n * sizeof(int));
}

size_t
control_put(struct socket_control *c, void USER *user, size_t room,
	    unsigned *flags)
{
	struct control_out o = { .at = user, .left = room, .flags = flags };

	if (c->has_stamp)
		put_stamp(&o, c);
	if (c->has_cred)
		put_one(&o, SCM_CREDENTIALS, &c->cred, sizeof(c->cred));
	if (c->rights)
		put_rights(&o, c->rights);
	socket_rights_free(c->rights);
	c->rights = NULL;
	return o.used;
}
