/* SPDX-License-Identifier: MIT */
/*
 * services.c - the units of /etc/umbra and their processes.
 *
 *	WAITING --start--> STARTING (oneshot) --ended well--> DONE
 *	   |                  |                      ^
 *	   +--start--> RUNNING (simple) --ended------+--> BACKOFF --start-->
 *	   |                  |
 *	   +--a requirement failed, or ended badly--> FAILED
 *
 * A unit may start when all it comes after is past WAITING and STARTING, and
 * all it requires is RUNNING or DONE.  Requires= orders as After= does.  A
 * unit that comes back waits RestartSec=, twice as long after each quick end;
 * one that starts too often in a short time is given up.
 */
#include "init.h"

#include "order.h"
#include "unit_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVICES_MAX   256
#define BACKOFF_MAX_NS (10 * SECOND_NS)
#define STEADY_NS      (10 * SECOND_NS) /* having run so long is a success */
#define STARTS_MAX     5                /* quick ends before it is given up */

enum state {
	WAITING,
	STARTING,
	RUNNING,
	DONE,
	BACKOFF,
	FAILED
};

struct service {
	char *name;          /* file name without ".service" */
	struct unit unit;    /* what the file says */
	enum state state;    /* see above */
	pid_t pid;           /* main process, or 0 */
	unsigned quick_ends; /* in a row */
	uint64_t started_ns; /* when the process was started */
	uint64_t due_ns;     /* BACKOFF: when to start again */
};

static struct service services[SERVICES_MAX]; /* by name, then as sorted */
static size_t service_count;
static struct order_edge *edges; /* thing and on are indices of services */
static size_t edge_count;
static size_t sorted[SERVICES_MAX]; /* indices in starting order */
static bool stopping;

static const char suffix[] = ".service";

/* --- loading ----------------------------------------------------------- */

static bool
has_suffix(const char *name)
{
	size_t n = strlen(name), m = sizeof(suffix) - 1;

	return n > m && !strcmp(name + n - m, suffix);
}

static void
report(void *path, unsigned line, const char *what)
{
	say("%s:%u: %s", (const char *)path, line, what);
}

/* Read a whole small file.  Returns its length, or -1 with errno set. */
static ssize_t
read_file(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, got = 1;

	if (fd < 0)
		return -1;
	while (got > 0 && (size_t)n < room) {
		got = read(fd, text + n, room - (size_t)n);
		n += got > 0 ? got : 0;
	}
	close(fd);
	return got < 0 ? -1 : n;
}

static void
load_one(const char *directory, const char *file)
{
	static char text[UNIT_FILE_MAX + 1];
	struct service *s = &services[service_count];
	char path[320];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	if (service_count == SERVICES_MAX) {
		say("%s: too many units, skipped", path);
		return;
	}
	n = read_file(path, text, sizeof(text));
	if (n < 0) {
		say("%s: %s, skipped", path, strerror(errno));
		return;
	}
	*s = (struct service){
		.name = strndup(file, strlen(file) - (sizeof(suffix) - 1))
	};
	if (!s->name || unit_parse(&s->unit, text, (size_t)n, report, path)) {
		say("%s: bad unit, skipped", path);
		unit_fini(&s->unit);
		free(s->name);
		return;
	}
	service_count++;
}

/* "foo" and "foo.service" are the same unit. */
static struct service *
find(const char *name)
{
	size_t n = strlen(name);

	if (has_suffix(name))
		n -= sizeof(suffix) - 1;
	for (size_t i = 0; i < service_count; i++) {
		if (!strncmp(services[i].name, name, n) && !services[i].name[n])
			return &services[i];
	}
	return NULL;
}

static void
add_edges(size_t thing, const struct words *names)
{
	for (size_t i = 0; i < names->count; i++) {
		struct service *on = find(names->word[i]);
		struct order_edge *grown;

		if (!on)
			continue;
		grown = realloc(edges, (edge_count + 1) * sizeof(*edges));
		if (!grown) {
			say("out of memory: %s may start too early",
			    services[thing].name);
			return;
		}
		edges = grown;
		edges[edge_count++] = (struct order_edge){
			.thing = thing,
			.on = (size_t)(on - services),
		};
	}
}

static void
report_cycle(void *context, const struct order_edge *edge)
{
	(void)context;
	say("cycle: %s comes after %s, which comes after it; not waiting",
	    services[edge->thing].name, services[edge->on].name);
}

static int
is_unit(const struct dirent *entry)
{
	return has_suffix(entry->d_name);
}

void
services_load(const char *directory)
{
	struct dirent **entries;
	int n = scandir(directory, &entries, is_unit, alphasort);

	if (n < 0) {
		if (errno != ENOENT)
			say("%s: %s", directory, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		load_one(directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	for (size_t i = 0; i < service_count; i++) {
		add_edges(i, &services[i].unit.after);
		add_edges(i, &services[i].unit.requires);
		sorted[i] = i;
	}
	if (order_sort(service_count, edges, edge_count, sorted, report_cycle,
		       NULL))
		say("out of memory: units start by name");
}

/* --- starting ---------------------------------------------------------- */

static void
start(struct service *s, uint64_t now)
{
	static const char *const outputs[] = {
		[UNIT_OUTPUT_NULL] = "/dev/null",
		[UNIT_OUTPUT_CONSOLE] = "/dev/console",
	};
	struct child_setup setup = {
		.argv = s->unit.exec.word,
		.program = s->unit.exec.word[0],
		.environment = s->unit.environment.word,
	};

	if (s->unit.output == UNIT_OUTPUT_FILE)
		setup.output = s->unit.output_path;
	else if (s->unit.output != UNIT_OUTPUT_INHERIT)
		setup.output = outputs[s->unit.output];
	s->started_ns = now;
	s->pid = child_start(&setup);
	if (s->pid < 0) {
		say("%s: cannot fork: %s", s->name, strerror(errno));
		s->pid = 0;
		s->state = FAILED;
		return;
	}
	s->state = s->unit.type == UNIT_ONESHOT ? STARTING : RUNNING;
}

/* Whether it is not past its start; a oneshot that failed tries again. */
static bool
is_pending(const struct service *s)
{
	return s->state == WAITING || s->state == STARTING ||
	       (s->state == BACKOFF && s->unit.type == UNIT_ONESHOT);
}

/* Whether everything this one comes after is past its start. */
static bool
may_start(size_t thing)
{
	for (size_t i = 0; i < edge_count; i++) {
		if (edges[i].thing == thing && !edges[i].broken &&
		    is_pending(&services[edges[i].on]))
			return false;
	}
	return true;
}

/* The first requirement that is missing or has failed, or NULL. */
static const char *
failed_requirement(const struct service *s)
{
	for (size_t i = 0; i < s->unit.requires.count; i++) {
		const struct service *on = find(s->unit.requires.word[i]);

		if (!on || on->state == FAILED)
		return s->unit.requires.word[i];
	}
	return NULL;
}

uint64_t
services_pump(uint64_t now)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < service_count && !stopping; i++) {
		struct service *s = &services[sorted[i]];
		const char *missing;

		if (s->state == WAITING && may_start(sorted[i])) {
			missing = failed_requirement(s);
			if (missing) {
				say("%s: not started, it requires %s", s->name,
				    missing);
				s->state = FAILED;
			} else {
				start(s, now);
			}
		} else if (s->state == BACKOFF && s->due_ns <= now) {
			start(s, now);
		}
		if (s->state == BACKOFF && s->due_ns < next)
			next = s->due_ns;
	}
	return next;
}

bool
services_settled(void)
{
	for (size_t i = 0; i < service_count; i++) {
		if (is_pending(&services[i]))
			return false;
	}
	return true;
}

/* --- ending ------------------------------------------------------------ */

/* A service that obeys a polite signal has ended well. */
static bool
ended_well(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0;
	return WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGINT ||
	       WTERMSIG(status) == SIGHUP || WTERMSIG(status) == SIGPIPE;
}

static void
schedule_restart(struct service *s, uint64_t now)
{
	uint64_t wait = s->unit.restart_ns;

	if (now - s->started_ns >= STEADY_NS)
		s->quick_ends = 0;
	if (++s->quick_ends >= STARTS_MAX) {
		say("%s: started %d times and ended at once, given up", s->name,
		    STARTS_MAX);
		s->state = FAILED;
		return;
	}
	for (unsigned i = 1; i < s->quick_ends && wait < BACKOFF_MAX_NS; i++)
		wait *= 2;
	s->due_ns = now + wait;
	s->state = BACKOFF;
}

bool
services_reaped(pid_t pid, int status, uint64_t now)
{
	struct service *s = services;
	bool well = ended_well(status);

	while (s < services + service_count && s->pid != pid)
		s++;
	if (s == services + service_count)
		return false;
	s->pid = 0;
	if (!well && !stopping)
		say("%s: %s", s->name, status_text(status));
	if (!stopping &&
	    (s->unit.restart == UNIT_RESTART_ALWAYS ||
	     (s->unit.restart == UNIT_RESTART_ON_FAILURE && !well)))
		schedule_restart(s, now);
	else
		s->state = well ? DONE : FAILED;
	return true;
}

pid_t
services_stop_next(void)
{
	stopping = true;
	for (size_t i = service_count; i-- > 0;) {
		struct service *s = &services[sorted[i]];

		if (!s->pid)
			continue;
		kill(s->pid, SIGTERM);
		kill(s->pid, SIGCONT);
		return s->pid;
	}
	return 0;
}
