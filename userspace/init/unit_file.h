/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * unit_file.h - what one /etc/umbra/NAME.service file says.
 *
 * The parser is pure: text in, struct out, complaints to a callback.  It opens
 * no file and starts nothing, so that the host can test and fuzz it.
 *
 * Errors:   a bad value makes the unit bad (unit_parse() fails, and the unit is
 *           to be skipped); an unknown key is only reported.  Every complaint
 *           carries its line, counted from 1.
 * Source:   the subset of systemd.unit(5) and systemd.service(5) named below.
 *           ExecStart= is split with quotes; $ and % are ordinary characters.
 */

#include <stddef.h>
#include <stdint.h>

#define UNIT_WORDS_MAX 256        /* words in one list or command */
#define UNIT_FILE_MAX  (64 << 10) /* bytes in one file */

enum unit_type {
	UNIT_SIMPLE,  /* started once its process exists */
	UNIT_ONESHOT, /* started once its process has ended well */
};

enum unit_restart {
	UNIT_RESTART_NO,
	UNIT_RESTART_ON_FAILURE, /* ended by a status but 0, or by a signal */
	UNIT_RESTART_ALWAYS,
};

enum unit_output {
	UNIT_OUTPUT_INHERIT, /* where init's own messages go */
	UNIT_OUTPUT_NULL,
	UNIT_OUTPUT_CONSOLE, /* /dev/console */
	UNIT_OUTPUT_FILE,    /* appended to output_path */
};

/* A growing list of strings; word[count] is NULL once anything was added. */
struct words {
	char **word;  /* each allocated, owned by the list */
	size_t count; /* words, without the NULL */
};

struct unit {
	char *description;         /* Description=, or NULL */
	struct words after;        /* After=, as written */
	struct words requires;     /* Requires=, as written */
	struct words exec;         /* ExecStart=: argv, argv[0] absolute */
	struct words environment;  /* Environment=: NAME=value */
	char *output_path;         /* StandardOutput=file:PATH, or NULL */
	uint64_t restart_ns;       /* RestartSec= */
	enum unit_type type;       /* Type= */
	enum unit_restart restart; /* Restart= */
	enum unit_output output;   /* StandardOutput= */
};

/* Called for each complaint; what is valid during the call only. */
typedef void unit_report(void *context, unsigned line, const char *what);

/*
 * Read text into *u, which need not be initialised.  Returns 0, or -1 after at
 * least one report of an error; *u is to be given to unit_fini() either way.
 */
int unit_parse(struct unit *u, const char *text, size_t length,
	       unit_report *report, void *context);

/* Free what unit_parse() allocated. */
void unit_fini(struct unit *u);

/*
 * Split text into words as ExecStart= does: spaces separate; '...' and "..."
 * group; a backslash takes the next character as it is, but for \n, \t and \s
 * (a space).  Returns 0, or -1 with *why set (a constant string).
 */
int words_split(struct words *list, const char *text, const char **why);

/* Free the words and empty the list. */
void words_fini(struct words *list);
