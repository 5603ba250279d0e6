/* SPDX-License-Identifier: MIT */
/*
 * hangup.c - the ends of sessions and of their terminals.
 */
#include "jobs.h"

#include <sys/syscall.h>

/* The leader's end: SIGHUP to the foreground, and the terminal goes on. */
CASE(leader_exit_hangs_up_the_foreground)
{
	begin();
	EXITS(LEADER({
		      pid_t job = JOB({
			      tell_of(SIGHUP);
			      say('j');
			      wait_told();
			      FAILS(open("/dev/tty", O_RDWR), ENXIO);
			      OK(write(p.slave, "still", 5));
			      say('d');
		      });

		      CHECK_EQ(hear(), 'j');
		      OK(tcsetpgrp(p.slave, job));
	      }),
	      0);
	CHECK_EQ(hear(), 'H');
	CHECK_EQ(hear(), 'd');
	expect(p.master, "still");
}

CASE(leader_exit_leaves_the_background)
{
	begin();
	EXITS(LEADER({
		      JOB({
			      tell_of(SIGHUP);
			      say('j');
			      sleep_ms(100);
			      OK(write(p.slave, "on", 2));
		      });
		      CHECK_EQ(hear(), 'j');
	      }),
	      0);
	expect(p.master, "on");
	CHECK(silence());
}

/* The line's end: the leader is told, the others when it exits. */
CASE(master_close_hangs_up_the_leader)
{
	pid_t pid;

	begin();
	pid = CHILD({
		char c;

		OK(setsid());
		OK(close(p.master));
		OK(ioctl(p.slave, TIOCSCTTY, 0));
		tell_of(SIGHUP);
		tell_of(SIGCONT);
		pid_t job = JOB({
			tell_of(SIGHUP);
			tell_of(SIGCONT);
			say('j');
			wait_told();
			sleep_ms(20);
		});

		OK(tcsetpgrp(p.slave, job));
		say('r');
		for (int i = 0; i < 2000 && read(p.slave, &c, 1) != 0; i++)
			sleep_ms(1);
		FAILS(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_EQ(waitpid(job, NULL, WNOHANG), 0);
		sleep_ms(50);
		say('e');
	});
	CHECK('j' + 'r' == hear() + hear());
	OK(close(p.slave));
	OK(close(p.master));
	/* first both to the leader, then to the foreground job at its end */
	hear_hangup();
	CHECK_EQ(hear(), 'e');
	hear_hangup();
	EXITS(pid, 0);
}

CASE(vhangup_of_ones_own)
{
	need_root();
	begin();
	EXITS(LEADER({
		      char c;

		      signal(SIGHUP, SIG_IGN);
		      OK(syscall(SYS_vhangup));
		      CHECK_EQ(read(p.slave, &c, 1), 0);
		      FAILS(write(p.slave, "x", 1), EIO);
		      FAILS(open("/dev/tty", O_RDWR), ENXIO);
		      OK(syscall(SYS_vhangup)); /* there is none: fine */
		      become_nobody();
		      FAILS(syscall(SYS_vhangup), EPERM);
	      }),
	      0);
}

/* Sessions come and go on one terminal while others look at it. */
CASE(sessions_race_for_a_terminal)
{
	guest_limit(120);
	begin();
	for (int round = 0; round < 20; round++) {
		pid_t pid[4];

		for (int i = 0; i < 4; i++)
			pid[i] = CHILD({
				int fd;

				OK(setsid());
				signal(SIGHUP, SIG_IGN);
				for (int k = 0; k < 20; k++) {
					int g;

					if (ioctl(p.slave, TIOCSCTTY, 0))
						continue;
					fd = open("/dev/tty", O_RDWR);
					CHECK(fd >= 0);
					OK(ioctl(fd, TIOCGPGRP, &g));
					OK(close(fd));
					OK(ioctl(p.slave, TIOCNOTTY, 0));
				}
			});
		for (int i = 0; i < 4; i++)
			EXITS(pid[i], 0);
	}
}

/* Masters close while sessions take, use and leave their terminals. */
CASE(sessions_race_with_hang_ups)
{
	guest_limit(120);
	for (int round = 0; round < 60; round++) {
		pid_t pid;

		begin();
		pid = CHILD({
			OK(close(p.master));
			OK(setsid());
			signal(SIGHUP, SIG_IGN);
			signal(SIGTTOU, SIG_IGN);
			say('x');
			ioctl(p.slave, TIOCSCTTY, 0);
			for (int i = 0; i < 5; i++) {
				int fd = open("/dev/tty", O_RDWR);

				tcsetpgrp(p.slave, getpgrp());
				if (fd >= 0)
					close(fd);
			}
		});
		CHECK_EQ(hear(), 'x');
		if (round % 2)
			sched_yield();
		OK(close(p.master));
		EXITS(pid, 0);
		OK(close(p.slave));
		OK(close(said[0]));
		OK(close(said[1]));
	}
}
