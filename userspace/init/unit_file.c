/* SPDX-License-Identifier: MIT */
/*
 * unit_file.c - parse a unit file.
 *
 * The text is cut into logical lines (a backslash at the end joins the next
 * line), each is a section header, a comment or KEY=VALUE, and a table maps
 * section and key to the function that stores the value.  A setter returns
 * NULL or what is wrong.  Parsing goes on after an error, so that one look at
 * the console shows all of them.
 */
#include "unit_file.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ull

/* The state of one parse. */
struct parser {
	struct unit *unit;    /* what is being filled */
	unit_report *report;  /* where complaints go */
	void *context;        /* of report */
	const char *text;     /* what is left to read */
	size_t left;          /* bytes of it */
	unsigned line;        /* number of the current logical line */
	unsigned next_line;   /* number of the line at text */
	char section[16];     /* current section, "" before the first */
	bool ignored_section; /* of another program: say nothing of its keys */
	bool bad;             /* an error has been reported */
};

typedef const char *setter(struct unit *u, const char *value);

static void
complain(struct parser *p, bool error, const char *what, const char *name)
{
	char text[160];

	snprintf(text, sizeof(text), "%s%s%.64s%s", what, *name ? " '" : "",
		 name, *name ? "'" : "");
	p->report(p->context, p->line, text);
	p->bad |= error;
}

/* --- setters: one per key ---------------------------------------------- */

static const char *
set_list(struct words *list, const char *value)
{
	const char *why = NULL;

	if (!*value)
		words_fini(list);
	else if (words_split(list, value, &why))
		return why;
	return NULL;
}

static const char *
set_after(struct unit *u, const char *value)
{
	return set_list(&u->after, value);
}

static const char *
set_requires(struct unit *u, const char *value)
{
	return set_list(&u->requires, value);
}

static const char *
set_description(struct unit *u, const char *value)
{
	free(u->description);
	u->description = strdup(value);
	return u->description ? NULL : "out of memory";
}

static const char *
set_exec(struct unit *u, const char *value)
{
	const char *why;

	if (u->exec.count)
		return "a second ExecStart=";
	why = set_list(&u->exec, value);
	if (why)
		return why;
	if (!u->exec.count)
		return "ExecStart= is empty";
	if (u->exec.word[0][0] != '/')
		return "ExecStart= needs an absolute path";
	return NULL;
}

static bool
is_assignment(const char *word)
{
	if (!isalpha((unsigned char)*word) && *word != '_')
		return false;
	while (isalnum((unsigned char)*word) || *word == '_')
		word++;
	return *word == '=';
}

static const char *
set_environment(struct unit *u, const char *value)
{
	size_t before = u->environment.count;
	const char *why = set_list(&u->environment, value);

	for (size_t i = before; !why && i < u->environment.count; i++) {
		if (!is_assignment(u->environment.word[i]))
			why = "Environment= needs NAME=value";
	}
	return why;
}

static const char *
set_type(struct unit *u, const char *value)
{
	if (!strcmp(value, "simple"))
		u->type = UNIT_SIMPLE;
	else if (!strcmp(value, "oneshot"))
		u->type = UNIT_ONESHOT;
	else
		return "Type= is simple or oneshot";
	return NULL;
}

static const char *
set_restart(struct unit *u, const char *value)
{
	if (!strcmp(value, "no"))
		u->restart = UNIT_RESTART_NO;
	else if (!strcmp(value, "on-failure"))
		u->restart = UNIT_RESTART_ON_FAILURE;
	else if (!strcmp(value, "always"))
		u->restart = UNIT_RESTART_ALWAYS;
	else
		return "Restart= is no, on-failure or always";
	return NULL;
}

static const char *
set_restart_sec(struct unit *u, const char *value)
{
	static const char wrong[] = "RestartSec= is a number with ms, s or min";
	unsigned long long n, unit_ns;
	char *end;

	if (!isdigit((unsigned char)*value))
		return wrong;
	n = strtoull(value, &end, 10);
	if (!*end || !strcmp(end, "s"))
		unit_ns = SECOND_NS;
	else if (!strcmp(end, "ms"))
		unit_ns = SECOND_NS / 1000;
	else if (!strcmp(end, "min"))
		unit_ns = SECOND_NS * 60;
	else
		return wrong;
	if (n > 86400000)
		return "RestartSec= is too long";
	u->restart_ns = n * unit_ns;
	return NULL;
}

static const char *
set_output(struct unit *u, const char *value)
{
	free(u->output_path);
	u->output_path = NULL;
	if (!strcmp(value, "inherit")) {
		u->output = UNIT_OUTPUT_INHERIT;
	} else if (!strcmp(value, "null")) {
		u->output = UNIT_OUTPUT_NULL;
	} else if (!strcmp(value, "console")) {
		u->output = UNIT_OUTPUT_CONSOLE;
	} else if (!strncmp(value, "file:/", 6)) {
		u->output = UNIT_OUTPUT_FILE;
		u->output_path = strdup(value + 5);
		return u->output_path ? NULL : "out of memory";
	} else {
		return "StandardOutput= is inherit, null, console or file:PATH";
	}
	return NULL;
}

static const struct {
	const char *section;
	const char *key;
	setter *set;
} keys[] = {
	{ "Unit", "Description", set_description },
	{ "Unit", "After", set_after },
	{ "Unit", "Requires", set_requires },
	{ "Service", "ExecStart", set_exec },
	{ "Service", "Type", set_type },
	{ "Service", "Restart", set_restart },
	{ "Service", "RestartSec", set_restart_sec },
	{ "Service", "Environment", set_environment },
	{ "Service", "StandardOutput", set_output },
};

/* --- lines ------------------------------------------------------------- */

/*
 * Append the next physical line, without its newline, to line[*used].
 * Returns whether it ends in a backslash, which is taken away.
 */
static bool
take_physical(struct parser *p, char *line, size_t *used)
{
	const char *newline = memchr(p->text, '\n', p->left);
	size_t n = newline ? (size_t)(newline - p->text) : p->left;

	memcpy(line + *used, p->text, n);
	*used += n;
	p->text += newline ? n + 1 : n;
	p->left -= newline ? n + 1 : n;
	p->next_line++;
	if (*used && n && line[*used - 1] == '\r')
		--*used;
	if (!n || !*used || line[*used - 1] != '\\')
		return false;
	line[*used - 1] = ' ';
	return true;
}

/* Fill line with the next logical line, blanks around it removed. */
static char *
take_line(struct parser *p, char *line)
{
	size_t used = 0;

	p->line = p->next_line;
	while (take_physical(p, line, &used) && p->left)
		;
	while (used && isspace((unsigned char)line[used - 1]))
		used--;
	line[used] = '\0';
	while (isspace((unsigned char)*line))
		line++;
	return line;
}

static void
parse_section(struct parser *p, char *line)
{
	size_t n = strlen(line);

	p->section[0] = '\0';
	p->ignored_section = false;
	if (line[n - 1] != ']' || n - 2 >= sizeof(p->section)) {
		complain(p, true, "not a section", line);
		return;
	}
	memcpy(p->section, line + 1, n - 2);
	p->section[n - 2] = '\0';
	if (!strcmp(p->section, "Unit") || !strcmp(p->section, "Service"))
		return;
	p->ignored_section = true;
	if (strcmp(p->section, "Install") && strncmp(p->section, "X-", 2))
		complain(p, false, "unknown section", p->section);
}

static void
parse_key(struct parser *p, const char *key, const char *value)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *wrong;

		if (strcmp(keys[i].section, p->section) ||
		    strcmp(keys[i].key, key))
			continue;
		wrong = keys[i].set(p->unit, value);
		if (wrong)
			complain(p, true, wrong, "");
		return;
	}
	complain(p, false, "unknown key", key);
}

static void
parse_line(struct parser *p, char *line)
{
	char *equals, *end;

	if (!*line || *line == '#' || *line == ';')
		return;
	if (*line == '[') {
		parse_section(p, line);
		return;
	}
	if (p->ignored_section)
		return;
	equals = strchr(line, '=');
	if (!equals || !p->section[0]) {
		complain(p, true, equals ? "outside of a section" : "no '=' in",
			 line);
		return;
	}
	for (end = equals; end > line && isspace((unsigned char)end[-1]); end--)
		;
	*end = '\0';
	for (equals++; isspace((unsigned char)*equals); equals++)
		;
	parse_key(p, line, equals);
}

static void
check_whole(struct parser *p)
{
	const struct unit *u = p->unit;

	if (!u->exec.count && !p->bad)
		complain(p, true, "no ExecStart=", "");
	if (u->type == UNIT_ONESHOT && u->restart == UNIT_RESTART_ALWAYS)
		complain(p, true, "Restart=always with Type=oneshot", "");
}

int
unit_parse(struct unit *u, const char *text, size_t length, unit_report *report,
	   void *context)
{
	struct parser p = {
		.unit = u,
		.report = report,
		.context = context,
		.text = text,
		.left = length,
		.line = 1,
		.next_line = 1,
	};
	char *line;

	*u = (struct unit){ .restart_ns = SECOND_NS / 10 };
	if (length > UNIT_FILE_MAX || memchr(text, '\0', length)) {
		complain(&p, true, "not a text file of at most 64 KiB", "");
		return -1;
	}
	line = malloc(length + 1);
	if (!line) {
		complain(&p, true, "out of memory", "");
		return -1;
	}
	while (p.left)
		parse_line(&p, take_line(&p, line));
	free(line);
	check_whole(&p);
	return p.bad ? -1 : 0;
}

void
unit_fini(struct unit *u)
{
	free(u->description);
	free(u->output_path);
	words_fini(&u->after);
	words_fini(&u->requires);
	words_fini(&u->exec);
	words_fini(&u->environment);
	*u = (struct unit){ 0 };
}
