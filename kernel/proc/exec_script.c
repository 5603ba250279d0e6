/* SPDX-License-Identifier: MIT */
#include "proc/exec_script.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * proc/exec_script.c - "#! interpreter [argument]", read as Linux does: the
 * argument is the rest of the line, blanks inside included, at the ends not.
 */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *
skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

static char *
skip_word(char *p)
{
	while (*p && !is_blank(*p))
		p++;
	return p;
}

bool
exec_is_script(const char *head, size_t size)
{
	return size >= 2 && head[0] == '#' && head[1] == '!';
}

int
exec_parse_script(char *line, size_t size, char **interp, char **arg)
{
	char *end = memchr(line, '\n', size), *p;

	line[size] = '\0';
	if (!end && size == EXEC_HEAD_SIZE) {
		/* Cut off, and the last byte does not count.  Is the name? */
		line[size - 1] = '\0';
		if (!*skip_word(skip_blanks(line + 2)))
			return -ENOEXEC;
	}
	if (!end)
		end = line + strlen(line);
	while (end > line + 2 && is_blank(end[-1]))
		end--;
	*end = '\0';
	*interp = skip_blanks(line + 2);
	if (!**interp)
		return -ENOEXEC;
	*arg = NULL;
	p = skip_word(*interp);
	if (*p) {
		*p++ = '\0';
		p = skip_blanks(p);
		*arg = *p ? p : NULL;
	}
	return 0;
}
