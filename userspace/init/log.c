/* SPDX-License-Identifier: MIT */
/*
 * log.c - init's words and its clock.
 */
#include "init.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One write per line, so that lines of several processes do not mix. */
void
say(const char *format, ...)
{
	char line[320] = "init: ";
	va_list arguments;
	size_t n;

	va_start(arguments, format);
	vsnprintf(line + 6, sizeof(line) - 7, format, arguments);
	va_end(arguments);
	n = strlen(line);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* there is nobody else to tell */
}

uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

const char *
status_text(int status)
{
	static char text[80];

	if (WIFEXITED(status))
		snprintf(text, sizeof(text), "exited with status %d",
			 WEXITSTATUS(status));
	else
		snprintf(text, sizeof(text), "killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	return text;
}
