/* SPDX-License-Identifier: MIT */
#include <asm-generic/fcntl.h>
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <linux/capability.h>

#include "arch/usercopy.h"
#include "dev/tty_priv.h"
#include "lib/errno.h"

/*
 * dev/tty_jobs.c - the requests of job control: whose terminal it is, and which
 * group of processes is in the foreground.
 *
 * Most are for the caller's controlling terminal only.  The master of a pty may
 * look (TIOCGPGRP, TIOCGSID), for programs that show what runs in a window.
 */

static bool
is_mine(struct chardev_open *o)
{
	return tty_job()->is_current_tty(tty_of(o));
}

static bool
may_look(struct chardev_open *o)
{
	return tty_is_master(o) || is_mine(o);
}

static long
set_foreground(struct chardev_open *o, const int USER *p)
{
	const struct tty_job_ops *job = tty_job();
	struct tty *tty = tty_of(o);
	int err = tty_check_change(o);
	int group;

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (get_user(group, p))
		return -EFAULT;
	if (group < 0)
		return -EINVAL;
	if (!is_mine(o) || tty_session(tty) != job->current_session())
		return -ENOTTY;
	if (!job->group_in_session(group, job->current_session()))
		return job->group_in_session(group, 0) ? -EPERM : -ESRCH;
	tty_set_foreground(tty, group);
	return 0;
}

/* Only the privileged take one from another session, or one not readable. */
static long
take_terminal(struct chardev_open *o, uintptr_t steal)
{
	const struct tty_job_ops *job = tty_job();
	bool privileged = job->capable(CAP_SYS_ADMIN);
	struct tty *tty = tty_of(o);
	pid_t session = job->current_session();
	bool leader = job->is_session_leader();

	if (leader && session && session == tty_session(tty))
		return 0;
	if (!leader)
		return -EPERM;
	if ((o->flags & O_ACCMODE) == O_WRONLY && !privileged)
		return -EPERM;
	if (tty_session(tty)) {
		if (steal != 1 || !privileged)
			return -EPERM;
		tty_leave_session(tty, 0);
	}
	return tty_join_session(tty, session, job->current_group());
}

/* A leader that gives it up takes it from the whole session. */
static long
give_up_terminal(struct chardev_open *o)
{
	const struct tty_job_ops *job = tty_job();
	struct tty *tty = tty_of(o);
	pid_t foreground = tty_foreground(tty);

	if (tty_is_master(o) || !is_mine(o))
		return -ENOTTY;
	if (!job->is_session_leader()) {
		job->drop_tty();
		return 0;
	}
	if (foreground) {
		job->signal_group(foreground, SIGHUP);
		job->signal_group(foreground, SIGCONT);
	}
	tty_leave_session(tty, job->current_session());
	return 0;
}

long
tty_ioctl_job(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	struct tty *tty = tty_of(o);
	int USER *p = (int USER *)arg;
	int id;

	switch (cmd) {
	case TIOCSCTTY:
		return take_terminal(o, arg);
	case TIOCNOTTY:
		return give_up_terminal(o);
	case TIOCGPGRP:
		id = tty_foreground(tty);
		return may_look(o) ? put_user(id, p) : -ENOTTY;
	case TIOCSPGRP:
		return set_foreground(o, p);
	case TIOCGSID:
		id = tty_session(tty);
		return may_look(o) && id ? put_user(id, p) : -ENOTTY;
	default:
		return -ENOTTY;
	}
}
