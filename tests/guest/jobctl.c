/* SPDX-License-Identifier: MIT */
/*
 * jobctl.c - job control: whose terminal it is, who may use it, who is told.
 */
#include "jobs.h"

#include <stdlib.h>

/* --- the controlling terminal --------------------------------------------- */

CASE(ctty_first_open_takes_it)
{
	begin();
	EXITS(CHILD({
		      int fd;

		      OK(setsid());
		      FAILS(open("/dev/tty", O_RDWR), ENXIO);
		      OK(open(p.name, O_RDWR | O_NOCTTY));
		      FAILS(open("/dev/tty", O_RDWR), ENXIO);
		      OK(open(p.name, O_RDWR));
		      fd = (int)OK(open("/dev/tty", O_RDWR));
		      OK(write(fd, "mine", 4));
		      CHECK_EQ(tcgetpgrp(fd), getpgrp());
		      CHECK_EQ(tcgetsid(fd), getpid());
	      }),
	      0);
	expect(p.master, "mine");
}

CASE(ctty_write_only_open_does_not)
{
	begin();
	EXITS(CHILD({
		      OK(setsid());
		      OK(open(p.name, O_WRONLY));
		      FAILS(open("/dev/tty", O_RDWR), ENXIO);
	      }),
	      0);
}

CASE(ctty_children_inherit_it)
{
	begin();
	EXITS(LEADER({
		      EXITS(CHILD({
				    int fd = (int)OK(open("/dev/tty", O_RDWR));

				    CHECK_EQ(tcgetsid(fd), getppid());
				    OK(setsid());
				    FAILS(open("/dev/tty", O_RDWR), ENXIO);
			    }),
			    0);
	      }),
	      0);
}

CASE(ctty_belongs_to_one_session)
{
	pid_t first;

	begin();
	first = LEADER({
		say('1');
		wait_for_ever();
	});
	CHECK_EQ(hear(), '1');
	EXITS(CHILD({
		      OK(setsid());
		      FAILS(ioctl(p.slave, TIOCSCTTY, 0), EPERM);
		      FAILS(tcgetpgrp(p.slave), ENOTTY);
		      FAILS(tcsetpgrp(p.slave, getpgrp()), ENOTTY);
		      FAILS(tcgetsid(p.slave), ENOTTY);
		      OK(open(p.name, O_RDWR));
		      FAILS(open("/dev/tty", O_RDWR), ENXIO);
	      }),
	      0);
	OK(kill(first, SIGKILL));
	DIES(first, SIGKILL);
	/* it is free again */
	EXITS(LEADER({}), 0);
}

CASE(ctty_stolen_by_root)
{
	pid_t first;

	need_root();
	begin();
	first = LEADER({
		say('1');
		sigset_t set;
		int signo;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
		OK(sigwait(&set, &signo));
		FAILS(open("/dev/tty", O_RDWR), ENXIO);
	});
	CHECK_EQ(hear(), '1');
	EXITS(CHILD({
		      OK(setsid());
		      EXITS(CHILD({
				    become_nobody();
				    OK(setsid());
				    FAILS(ioctl(p.slave, TIOCSCTTY, 1), EPERM);
			    }),
			    0);
		      OK(ioctl(p.slave, TIOCSCTTY, 1));
		      CHECK_EQ(tcgetsid(p.slave), getpid());
	      }),
	      0);
	sleep_ms(20);
	OK(kill(first, SIGUSR1));
	EXITS(first, 0);
}

CASE(ctty_only_leaders_take_one)
{
	begin();
	EXITS(CHILD({
		      OK(setsid());
		      EXITS(CHILD({
				    FAILS(ioctl(p.slave, TIOCSCTTY, 0), EPERM);
				    OK(open(p.name, O_RDWR));
				    FAILS(open("/dev/tty", O_RDWR), ENXIO);
			    }),
			    0);
		      OK(ioctl(p.slave, TIOCSCTTY, 0));
		      OK(ioctl(p.slave, TIOCSCTTY, 0)); /* it has it */
		      p = new_pair();
		      FAILS(ioctl(p.slave, TIOCSCTTY, 0), EPERM);
	      }),
	      0);
}

CASE(ctty_given_up_by_one)
{
	begin();
	FAILS(ioctl(p.slave, TIOCNOTTY, 0), ENOTTY);
	EXITS(LEADER({
		      EXITS(CHILD({
				    OK(ioctl(p.slave, TIOCNOTTY, 0));
				    FAILS(open("/dev/tty", O_RDWR), ENXIO);
			    }),
			    0);
		      OK(close((int)OK(open("/dev/tty", O_RDWR))));
	      }),
	      0);
}

CASE(ctty_given_up_by_the_leader)
{
	begin();
	EXITS(LEADER({
		      pid_t job = JOB({
			      tell_of(SIGHUP);
			      tell_of(SIGCONT);
			      say('j');
			      wait_told();
			      sleep_ms(20);
			      FAILS(open("/dev/tty", O_RDWR), ENXIO);
		      });

		      CHECK_EQ(hear(), 'j');
		      OK(tcsetpgrp(p.slave, job));
		      signal(SIGHUP, SIG_IGN);
		      OK(ioctl(p.slave, TIOCNOTTY, 0));
		      hear_hangup();
		      EXITS(job, 0);
		      FAILS(open("/dev/tty", O_RDWR), ENXIO);
	      }),
	      0);
}

CASE(ctty_outlives_the_last_close)
{
	begin();
	EXITS(CHILD({
		      char name[32];
		      int master = new_master(name), slave;

		      OK(setsid());
		      slave = (int)OK(open(name, O_RDWR));
		      OK(close((int)OK(open("/dev/tty", O_RDWR))));
		      OK(close(slave));
		      OK(close((int)OK(open("/dev/tty", O_RDWR))));
		      signal(SIGHUP, SIG_IGN);
		      OK(close(master));
		      FAILS(open("/dev/tty", O_RDWR), ENXIO);
	      }),
	      0);
}

/* --- groups in the foreground --------------------------------------------- */

CASE(foreground_group_errors)
{
	begin();
	EXITS(LEADER({
		      int bad = -1, none = 4194303, other;

		      FAILS(ioctl(p.slave, TIOCSPGRP, NULL), EFAULT);
		      FAILS(ioctl(p.slave, TIOCGPGRP, NULL), EFAULT);
		      FAILS(ioctl(p.slave, TIOCSPGRP, &bad), EINVAL);
		      FAILS(ioctl(p.slave, TIOCSPGRP, &none), ESRCH);
		      other = getpgid(getppid());
		      FAILS(ioctl(p.slave, TIOCSPGRP, &other), EPERM);
		      CHECK_EQ(tcgetpgrp(p.slave), getpid());
	      }),
	      0);
}

/* The program behind the window may see what runs in it. */
CASE(foreground_group_seen_by_the_master)
{
	int group = -1;

	begin();
	OK(ioctl(p.master, TIOCGPGRP, &group));
	CHECK_EQ(group, 0);
	FAILS(ioctl(p.master, TIOCGSID, &group), ENOTTY);
	pid_t pid = LEADER({
		say('x');
		wait_for_ever();
	});

	CHECK_EQ(hear(), 'x');
	OK(ioctl(p.master, TIOCGPGRP, &group));
	CHECK_EQ(group, pid);
	OK(ioctl(p.master, TIOCGSID, &group));
	CHECK_EQ(group, pid);
	FAILS(ioctl(p.slave, TIOCGPGRP, &group), ENOTTY);
	OK(ioctl(p.master, TIOCSIG, SIGINT));
	DIES(pid, SIGINT);
}

CASE(foreground_group_gets_the_keys)
{
	begin();
	EXITS(LEADER({
		      pid_t job = JOB({
			      tell_of(SIGINT);
			      tell_of(SIGTSTP);
			      say('j');
			      wait_for_ever();
		      });

		      CHECK_EQ(hear(), 'j');
		      OK(tcsetpgrp(p.slave, job));
		      OK(write(p.master, "\003", 1));
		      CHECK_EQ(hear(), 'I');
		      OK(write(p.master, "\032", 1));
		      CHECK_EQ(hear(), 'T');
		      OK(kill(job, SIGKILL));
		      DIES(job, SIGKILL);
	      }),
	      0);
}

CASE(foreground_group_learns_the_size)
{
	struct winsize w = { 40, 100, 0, 0 };
	pid_t pid;

	begin();
	pid = LEADER({
		tell_of(SIGWINCH);
		say('x');
		wait_for_ever();
	});
	CHECK_EQ(hear(), 'x');
	OK(ioctl(p.master, TIOCSWINSZ, &w));
	CHECK_EQ(hear(), 'W');
	OK(ioctl(p.master, TIOCSWINSZ, &w)); /* no news */
	CHECK(silence());
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

/* --- the background ------------------------------------------------------- */

/* What stops the job; it is continued, and then must end with status 0. */
static int
stop_of(pid_t job)
{
	int status;

	CHECK_EQ(waitpid(job, &status, WUNTRACED), job);
	CHECK(WIFSTOPPED(status));
	return WSTOPSIG(status);
}

CASE(background_write_is_allowed)
{
	begin();
	EXITS(LEADER({ EXITS(JOB({ OK(write(p.slave, "x", 1)); }), 0); }), 0);
}

static void
set_flag(tcflag_t flag)
{
	struct termios t;

	OK(tcgetattr(p.slave, &t));
	t.c_lflag |= flag;
	OK(tcsetattr(p.slave, TCSANOW, &t));
}

CASE(background_write_stops_with_tostop)
{
	begin();
	EXITS(LEADER({
		      set_flag(TOSTOP);
		      pid_t job = JOB({ OK(write(p.slave, "x", 1)); });

		      CHECK_EQ(stop_of(job), SIGTTOU);
		      OK(tcsetpgrp(p.slave, job));
		      OK(kill(-job, SIGCONT));
		      EXITS(job, 0);
	      }),
	      0);
	expect(p.master, "x");
}

CASE(background_change_stops)
{
	begin();
	EXITS(LEADER({
		      struct termios t;
		      pid_t job;

		      OK(tcgetattr(p.slave, &t));
		      job = JOB({ OK(tcsetattr(p.slave, TCSANOW, &t)); });
		      CHECK_EQ(stop_of(job), SIGTTOU);
		      OK(tcsetpgrp(p.slave, job));
		      OK(kill(-job, SIGCONT));
		      EXITS(job, 0);
		      signal(SIGTTOU, SIG_IGN);
		      OK(tcsetpgrp(p.slave, getpgrp()));
		      signal(SIGTTOU, SIG_DFL);
		      job = JOB({ OK(tcsetpgrp(p.slave, getpgrp())); });
		      CHECK_EQ(stop_of(job), SIGTTOU);
		      OK(kill(-job, SIGKILL));
		      DIES(job, SIGKILL);
	      }),
	      0);
}

CASE(background_change_with_the_signal_ignored)
{
	begin();
	EXITS(LEADER({
		      EXITS(JOB({
				    signal(SIGTTOU, SIG_IGN);
				    OK(tcsetpgrp(p.slave, getpgrp()));
				    CHECK_EQ(tcgetpgrp(p.slave), getpgrp());
			    }),
			    0);
		      EXITS(JOB({
				    sigset_t set;

				    sigemptyset(&set);
				    sigaddset(&set, SIGTTOU);
				    sigprocmask(SIG_BLOCK, &set, NULL);
				    OK(tcsetpgrp(p.slave, getpgrp()));
			    }),
			    0);
	      }),
	      0);
}

CASE(background_read_with_the_signal_ignored)
{
	begin();
	EXITS(LEADER({
		      EXITS(JOB({
				    char c;

				    signal(SIGTTIN, SIG_IGN);
				    FAILS(read(p.slave, &c, 1), EIO);
			    }),
			    0);
		      EXITS(JOB({
				    sigset_t set;
				    char c;

				    sigemptyset(&set);
				    sigaddset(&set, SIGTTIN);
				    sigprocmask(SIG_BLOCK, &set, NULL);
				    FAILS(read(p.slave, &c, 1), EIO);
			    }),
			    0);
	      }),
	      0);
}

CASE(background_read_with_a_handler)
{
	begin();
	EXITS(LEADER({
		      EXITS(JOB({
				    struct sigaction sa = {
					    .sa_handler = tell_signal
				    };
				    char c;

				    OK(sigaction(SIGTTIN, &sa, NULL));
				    FAILS(read(p.slave, &c, 1), EINTR);
				    CHECK_EQ(hear(), 'N');
			    }),
			    0);
	      }),
	      0);
}

/* Nobody would continue an orphaned group: it gets errors instead. */
CASE(background_of_an_orphaned_group)
{
	begin();
	EXITS(LEADER({
		      pid_t middle = JOB({
			      pid_t parent = getpid();

			      CHILD({
				      struct termios t;
				      char c;

				      OK(setpgid(0, 0));
				      while (getppid() == parent)
					      sleep_ms(1);
				      FAILS(read(p.slave, &c, 1), EIO);
				      OK(tcgetattr(p.slave, &t));
				      FAILS(tcsetattr(p.slave, TCSANOW, &t),
					    EIO);
				      FAILS(tcsetpgrp(p.slave, getpgrp()),
					    ENOTTY);
				      say('k');
			      });
		      });

		      EXITS(middle, 0);
		      CHECK_EQ(hear(), 'k');
	      }),
	      0);
}
