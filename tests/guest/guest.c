/* SPDX-License-Identifier: MIT */
/*
 * guest.c - runs the cases of a family; see guest.h.
 *
 * A case tells its parent why it fails through a pipe, so that any process it
 * has forked can do so, too; the first reason counts.
 */
#include "guest.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASES_MAX  256
#define REASON_FD  240 /* out of the way of tests that count descriptors */
#define LIMIT_S    30
#define SKIP_MARK  '\1'
#define LIMIT_MARK '\2'

static struct {
	const char *name;
	void (*run)(void);
} cases[CASES_MAX];
static size_t case_count;
static unsigned passed, failed, skipped;
static volatile sig_atomic_t timed_out;

void
guest_add(const char *name, void (*run)(void))
{
	if (case_count == CASES_MAX)
		abort();
	cases[case_count].name = name;
	cases[case_count++].run = run;
}

static void
tell(const char *text)
{
	if (write(REASON_FD, text, strlen(text)) < 0)
		_exit(STATUS_SAID);
}

void
guest_fail(const char *file, int line, const char *format, ...)
{
	const char *base = strrchr(file, '/');
	int number = errno;
	char text[400];
	va_list arguments;
	int n;

	n = snprintf(text, sizeof(text), "%s:%d: ", base ? base + 1 : file,
		     line);
	va_start(arguments, format);
	vsnprintf(text + n, sizeof(text) - (size_t)n - 40, format, arguments);
	va_end(arguments);
	if (number)
		snprintf(text + strlen(text), 40, " (%.36s)", strerror(number));
	strcat(text, "\n");
	tell(text);
	_exit(STATUS_SAID);
}

void
guest_skip(const char *why)
{
	char text[200];

	snprintf(text, sizeof(text), "%c%s\n", SKIP_MARK, why);
	tell(text);
	_exit(STATUS_SAID);
}

void
guest_exits(const char *file, int line, pid_t pid, int status)
{
	int got;

	if (waitpid(pid, &got, 0) != pid)
		guest_fail(file, line, "cannot wait for the child");
	errno = 0;
	if (WIFSIGNALED(got))
		guest_fail(file, line, "the child died of signal %d",
			   WTERMSIG(got));
	if (!WIFEXITED(got) || WEXITSTATUS(got) != status)
		guest_fail(file, line, "the child exited with %d, not %d",
			   WEXITSTATUS(got), status);
}

void
guest_dies(const char *file, int line, pid_t pid, int signal)
{
	int got;

	if (waitpid(pid, &got, 0) != pid)
		guest_fail(file, line, "cannot wait for the child");
	errno = 0;
	if (WIFEXITED(got))
		guest_fail(file, line, "the child exited with %d, not by %d",
			   WEXITSTATUS(got), signal);
	if (!WIFSIGNALED(got) || WTERMSIG(got) != signal)
		guest_fail(file, line, "the child died of %d, not %d",
			   WTERMSIG(got), signal);
}

void
guest_limit(unsigned seconds)
{
	char text[32];

	snprintf(text, sizeof(text), "%c%u\n", LIMIT_MARK, seconds);
	tell(text);
}

/* --- the runner --------------------------------------------------------- */

static void
on_signal(int number)
{
	timed_out |= number == SIGALRM; /* SIGCHLD only ends a wait */
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path) && 0;
}

/* In the child: never returns. */
static void
run_case(size_t i, const int pipe_fds[2], const char *scratch)
{
	sigset_t none;

	setpgid(0, 0);
	/* Who started us may ignore some: a shell does for background jobs. */
	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup3(pipe_fds[1], REASON_FD, O_CLOEXEC);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	if (chdir(scratch))
		guest_fail(__FILE__, __LINE__, "no scratch directory");
	cases[i].run();
	_exit(0);
}

/* Take what a case has told: the first reason, and a change of its limit. */
static void
take_told(int fd, char *reason, size_t room)
{
	char text[600], *line, *rest = text;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return;
	text[n] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (*line == LIMIT_MARK)
			alarm((unsigned)atoi(line + 1));
		else if (!*reason)
			snprintf(reason, room, "%s", line);
	}
}

/*
 * Wait until the case's own process has ended, whatever else it has left
 * behind, and return its status.  Signals are blocked but inside ppoll().
 */
static int
wait_case(pid_t pid, int fd, char *reason, size_t room)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	bool killed = false;
	sigset_t none;
	int status;

	sigemptyset(&none);
	while (!waitpid(pid, &status, WNOHANG)) {
		if (timed_out && !killed) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			killed = true;
		}
		if (ppoll(&pfd, 1, NULL, &none) > 0)
			take_told(fd, reason, room);
		if (pfd.revents & POLLHUP)
			pfd.fd = -1; /* nobody is left to tell anything */
	}
	take_told(fd, reason, room);
	return status;
}

static void
report(const char *name, int status, const char *reason)
{
	if (timed_out) {
		printf("not ok - %s: timed out\n", name);
		failed++;
	} else if (*reason == SKIP_MARK) {
		printf("ok - %s # SKIP %s\n", name, reason + 1);
		skipped++;
	} else if (!status && !*reason) {
		printf("ok - %s\n", name);
		passed++;
	} else if (*reason) {
		printf("not ok - %s: %s\n", name, reason);
		failed++;
	} else if (WIFSIGNALED(status)) {
		printf("not ok - %s: died of signal %d\n", name,
		       WTERMSIG(status));
		failed++;
	} else {
		printf("not ok - %s: exited with %d\n", name,
		       WEXITSTATUS(status));
		failed++;
	}
	fflush(stdout);
}

static void
run_one(size_t i)
{
	char scratch[] = "/tmp/guest-XXXXXX", reason[600] = "";
	int fds[2], status;
	pid_t pid;

	timed_out = 0;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) || !mkdtemp(scratch) ||
	    chmod(scratch, 0777) || (pid = fork()) < 0) {
		printf("not ok - %s: cannot start: %s\n", cases[i].name,
		       strerror(errno));
		failed++;
		return;
	}
	if (!pid)
		run_case(i, fds, scratch);
	setpgid(pid, pid);
	close(fds[1]);
	alarm(LIMIT_S);
	status = wait_case(pid, fds[0], reason, sizeof(reason));
	alarm(0);
	kill(-pid, SIGKILL);
	close(fds[0]);
	nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	report(cases[i].name, status, reason);
}

static bool
wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!fnmatch(argv[i], name, 0))
			return true;
	}
	return argc < 2;
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;
	const char *base = strrchr(argv[0], '/');

	if (argc > 2 && !strcmp(argv[1], "--as") && guest_as)
		return guest_as(argv[2], argc - 3, argv + 3);
	if (argc == 1 && !*argv[0] && guest_as)
		return guest_as("bare", 0, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGALRM);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGCHLD, &action, NULL);
	for (size_t i = 0; i < case_count; i++) {
		if (argc > 1 && !strcmp(argv[1], "--list"))
			puts(cases[i].name);
		else if (wanted(cases[i].name, argc, argv))
			run_one(i);
	}
	if (passed + failed + skipped)
		printf("# %s: %u passed, %u failed, %u skipped\n",
		       base ? base + 1 : argv[0], passed, failed, skipped);
	return failed != 0;
}
