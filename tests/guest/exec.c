/* SPDX-License-Identifier: MIT */
/*
 * exec.c - execve: what is passed on, what is kept, what is refused.
 */
#include "guest.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARG_STRING_MAX (128l << 10) /* one string, its NUL included */

extern char **environ;

static pid_t
run(const char *path, char **argv, char **envp)
{
	pid_t pid = CHILD({
		execve(path, argv, envp);
		_exit(errno == E2BIG ? 70 : errno);
	});

	return pid;
}

/* What the program does when a case executes it again. */
int
guest_as(const char *what, int argc, char **argv)
{
	int n = 0;

	if (!strcmp(what, "count")) {
		while (environ[n])
			n++;
		return argc * 10 + n;
	}
	if (!strcmp(what, "bare"))
		return 21;
	if (!strcmp(what, "fd"))
		return fcntl(atoi(argv[0]), F_GETFD) < 0 ? 1 : 0;
	if (!strcmp(what, "signals")) {
		struct sigaction a, b;
		sigset_t mask;

		sigaction(SIGUSR1, NULL, &a);
		sigaction(SIGUSR2, NULL, &b);
		sigprocmask(SIG_BLOCK, NULL, &mask);
		return (a.sa_handler == SIG_DFL) +
		       2 * (b.sa_handler == SIG_IGN) +
		       4 * sigismember(&mask, SIGHUP);
	}
	if (!strcmp(what, "auxv"))
		return getauxval(AT_PAGESZ) == PAGE && getauxval(AT_PHDR) &&
				       getauxval(AT_ENTRY) &&
				       getauxval(AT_RANDOM) &&
				       getauxval(AT_PHENT) ==
					       sizeof(Elf64_Phdr) &&
				       getauxval(AT_EXECFN) &&
				       getauxval(AT_CLKTCK) == 100 &&
				       getauxval(AT_UID) == getuid() &&
				       !getauxval(AT_SECURE)
			       ? 0
			       : 1;
	if (!strcmp(what, "stack"))
		return (uintptr_t)&n >> 20 == strtoul(argv[0], NULL, 0) ? 1 : 0;
	if (!strcmp(what, "print-stack")) {
		printf("%lx\n", (unsigned long)(uintptr_t)&n >> 12);
		return 0;
	}
	if (!strcmp(what, "argv")) {
		for (int i = 0; i < argc; i++)
			printf("[%s]", argv[i]);
		printf("\n");
		return 0;
	}
	return 64;
}

CASE(arguments_and_environment)
{
	char *argv[] = { "x", "--as", "count", "a", "", "c", NULL };
	char *envp[] = { "A=1", "B=", "nonsense", "", NULL };

	EXITS(run(self_path(), argv, envp), 34);
	EXITS(run(self_path(), argv, NULL), 30);
}

CASE(close_on_exec)
{
	char kept[8], closed[8];
	char *argv[] = { "x", "--as", "fd", kept, NULL };

	sprintf(kept, "%d", (int)OK(open("/dev/null", O_RDONLY)));
	sprintf(closed, "%d", (int)OK(open("/dev/null", O_RDONLY | O_CLOEXEC)));
	EXITS(run(self_path(), argv, environ), 0);
	argv[3] = closed;
	EXITS(run(self_path(), argv, environ), 1);
	OK(fcntl(atoi(closed), F_GETFD)); /* the caller keeps it */
}

static void
handler(int number)
{
	(void)number;
}

CASE(signals_across_exec)
{
	char *argv[] = { "x", "--as", "signals", NULL };
	sigset_t mask;

	signal(SIGUSR1, handler); /* becomes the default */
	signal(SIGUSR2, SIG_IGN); /* stays */
	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP); /* stays */
	OK(sigprocmask(SIG_BLOCK, &mask, NULL));
	EXITS(run(self_path(), argv, environ), 7);
}

CASE(auxiliary_vector)
{
	char *argv[] = { "x", "--as", "auxv", NULL };

	EXITS(run(self_path(), argv, environ), 0);
}

CASE(path_errors)
{
	char *argv[] = { "x", NULL };

	FAILS(execve("absent", argv, environ), ENOENT);
	FAILS(execve("", argv, environ), ENOENT);
	FAILS(execve("/", argv, environ), EACCES);
	FAILS(execve("/dev/null", argv, environ), EACCES);
	put_file("plain", "text");
	FAILS(execve("plain", argv, environ), EACCES);
	FAILS(execve("plain/x", argv, environ), ENOTDIR);
	OK(chmod("plain", 0755));
	FAILS(execve("plain", argv, environ), ENOEXEC);
	put_file("empty", "");
	OK(chmod("empty", 0755));
	FAILS(execve("empty", argv, environ), ENOEXEC);
	OK(symlink("loop", "loop"));
	FAILS(execve("loop", argv, environ), ELOOP);
}

CASE(argument_too_long)
{
	char *argv[] = { "x", "--as", "count", NULL, NULL };
	char *text = malloc(ARG_STRING_MAX + 1);

	memset(text, 'a', ARG_STRING_MAX);
	text[ARG_STRING_MAX] = '\0';
	argv[3] = text;
	EXITS(run(self_path(), argv, NULL), 70);
	text[ARG_STRING_MAX - 1] = '\0';
	EXITS(run(self_path(), argv, NULL), 10);
}

/* All of them may take a quarter of the stack limit. */
CASE(arguments_too_many)
{
	size_t n = (2l << 20) / (sizeof(char *) + 2);
	char **argv = calloc(n + 8, sizeof(*argv));
	struct rlimit limit;

	OK(getrlimit(RLIMIT_STACK, &limit));
	limit.rlim_cur = 8 << 20;
	OK(setrlimit(RLIMIT_STACK, &limit));
	argv[0] = "x";
	argv[1] = "--as";
	argv[2] = "stack";
	argv[3] = "0";
	for (size_t i = 4; i < n + 4; i++)
		argv[i] = "a";
	EXITS(run(self_path(), argv, NULL), 70);
	argv[n - 1000] = NULL;
	EXITS(run(self_path(), argv, NULL), 0);
}

CASE(null_argv_gets_an_empty_word)
{
	char *envp[] = { "E=1", NULL };

	/* Programs that trust argv[0] would die of NULL. */
	EXITS(CHILD({
		      syscall(SYS_execve, self_path(), NULL, envp);
		      _exit(70);
	      }),
	      21);
}

/* The child's standard output, as one line. */
static void
output_of(const char *path, char **argv, char *text, size_t room)
{
	int fds[2], status;
	ssize_t n = 0, got;
	pid_t pid;

	OK(pipe(fds));
	pid = CHILD({
		OK(dup2(fds[1], 1));
		execve(path, argv, environ);
		_exit(errno);
	});
	OK(close(fds[1]));
	while ((got = OK(read(fds[0], text + n, room - 1 - (size_t)n))) > 0)
		n += got;
	text[n] = '\0';
	OK(close(fds[0]));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

CASE(script_gets_its_arguments)
{
	char script[400], text[400];
	char *argv[] = { "zero", "one", "two", NULL };

	/* All behind the program is one argument, blanks around it removed. */
	snprintf(script, sizeof(script), "#! %s --list \nrest\n", self_path());
	put_file("list", script);
	OK(chmod("list", 0755));
	output_of("list", argv, text, sizeof(text));
	CHECK(strstr(text, "script_gets_its_arguments"));
}

/* A copy of the program under a name that makes it print its arguments. */
CASE(script_argument_order)
{
	char script[400], text[400];
	char *argv[] = { "zero", "argv", "one", NULL };

	snprintf(script, sizeof(script), "#!%s --as", self_path());
	put_file("argv", script);
	OK(chmod("argv", 0755));
	/* argv: interpreter, "--as", the script's path, "argv", "one" */
	output_of("argv", argv, text, sizeof(text));
	CHECK(!strcmp(text, "[argv][one]\n"));
}

CASE(script_of_a_script)
{
	char script[400], name[8] = "s0";
	char *argv[] = { "x", NULL };

	snprintf(script, sizeof(script), "#!%s --list", self_path());
	put_file(name, script);
	OK(chmod(name, 0755));
	for (int i = 1; i <= 6; i++) {
		snprintf(script, sizeof(script), "#!s%d", i - 1);
		snprintf(name, sizeof(name), "s%d", i);
		put_file(name, script);
		OK(chmod(name, 0755));
	}
	/* s0 .. s4 are five scripts deep at most: Linux stops after that */
	EXITS(CHILD({
		      int null = (int)OK(open("/dev/null", O_WRONLY));
		      OK(dup2(null, 1));
		      execve("s2", argv, environ);
		      _exit(1);
	      }),
	      0);
	FAILS(execve("s6", argv, environ), ELOOP);
}

CASE(script_with_itself)
{
	char *argv[] = { "x", NULL };

	put_file("me", "#!me\n");
	OK(chmod("me", 0755));
	FAILS(execve("me", argv, environ), ELOOP);
}

CASE(script_errors)
{
	char *argv[] = { "x", NULL }, script[600];

	put_file("absent", "#!/absent\n");
	OK(chmod("absent", 0755));
	FAILS(execve("absent", argv, environ), ENOENT);
	put_file("none", "#!\n");
	OK(chmod("none", 0755));
	FAILS(execve("none", argv, environ), ENOEXEC);
	put_file("blank", "#!   \t \n");
	OK(chmod("blank", 0755));
	FAILS(execve("blank", argv, environ), ENOEXEC);
	put_file("directory", "#!/\n");
	OK(chmod("directory", 0755));
	FAILS(execve("directory", argv, environ), EACCES);
	memset(script, 'a', sizeof(script));
	memcpy(script, "#!/", 3);
	script[sizeof(script) - 1] = '\0';
	put_file("long", script);
	OK(chmod("long", 0755));
	FAILS(execve("long", argv, environ), ENOEXEC);
}

CASE(failed_exec_changes_nothing)
{
	char *argv[] = { "x", NULL };
	volatile int *p = anon(PAGE);
	int fd = (int)OK(open("/dev/null", O_RDONLY | O_CLOEXEC));

	*p = 42;
	put_file("bad", "\177ELF and nothing else");
	OK(chmod("bad", 0755));
	FAILS(execve("bad", argv, environ), ENOEXEC);
	CHECK_EQ(*p, 42);
	OK(fcntl(fd, F_GETFD));
}

CASE(exec_of_a_file_being_written)
{
	char *argv[] = { "x", "--as", "count", NULL }, script[300];
	int fd;

	snprintf(script, sizeof(script), "cp %s copy", self_path());
	if (system("test -x /bin/cp"))
		SKIP("no /bin/cp");
	OK(system(script));
	fd = (int)OK(open("copy", O_WRONLY));
	FAILS(execve("copy", argv, environ), ETXTBSY);
	OK(close(fd));
	EXITS(run("copy", argv, NULL), 0);
}

CASE(fexecve_by_descriptor)
{
	char *argv[] = { "x", "--as", "count", "1", NULL };
	int fd = (int)OK(open(self_path(), O_RDONLY | O_CLOEXEC));

	EXITS(CHILD({
		      syscall(SYS_execveat, fd, "", argv, NULL, AT_EMPTY_PATH);
		      _exit(errno);
	      }),
	      10);
}

CASE(comm_is_the_file_name)
{
	char name[17] = "", *argv[] = { "x", "--as", "count", NULL };

	(void)argv;
	OK(prctl(PR_GET_NAME, name));
	CHECK(!strncmp(name, "exec", 15));
	OK(prctl(PR_SET_NAME, "a-name-that-is-too-long"));
	OK(prctl(PR_GET_NAME, name));
	CHECK(!strcmp(name, "a-name-that-is-"));
}

CASE(stack_place_differs)
{
	char *argv[] = { "x", "--as", "print-stack", NULL };
	char a[64], b[64];
	int different = 0;

	output_of(self_path(), argv, a, sizeof(a));
	for (int i = 0; i < 8; i++) {
		output_of(self_path(), argv, b, sizeof(b));
		different += strcmp(a, b) != 0;
	}
	CHECK(different >= 6);
}
