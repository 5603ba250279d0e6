/* SPDX-License-Identifier: MIT */
#include "core/cmdline.h"

#include "core/klog.h"
#include "lib/string.h"

/*
 * core/cmdline.c - the kernel command line.
 *
 * The text is kept twice: as given, and split in place into words, each ended
 * by a NUL, the last followed by an empty one.  Questions walk the words; it
 * is a short list asked at boot.
 */

/* Words the kernel keeps to itself; everything else is init's too. */
static const char *const known_names[] = {
	"console", "debug",    "debug_exit", "init",    "initrd",
	"ktest",   "loglevel", "maxcpus",    "nokaslr", "nosmp",
	"panic",   "quiet",    "rdinit",     "ro",      "root",
	"rw",      "sched",    "strace",     "wx",
};

static char text[CMDLINE_MAX] RO_AFTER_BOOT;
static char words[CMDLINE_MAX + 1] RO_AFTER_BOOT;
/* First word after "--", or the empty word at the end. */
static const char *init_words RO_AFTER_BOOT = words;

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *
next_word(const char *w)
{
	return w + strlen(w) + 1;
}

/* Quotes go away; a word that was only quotes is dropped. */
static void
split(void)
{
	const char *from = text;
	char *to = words;
	bool quoted = false;

	for (;; from++) {
		if (*from && *from == '"') {
			quoted = !quoted;
		} else if (*from && (quoted || !is_blank(*from))) {
			*to++ = *from;
		} else {
			if (to > words && to[-1])
				*to++ = '\0';
			if (!*from)
				break;
		}
	}
	*to = '\0';
}

static void
find_init_words(void)
{
	const char *w = words;

	while (*w && strcmp(w, "--") != 0)
		w = next_word(w);
	init_words = *w ? next_word(w) : w;
}

/* The console level: the last of loglevel=, quiet and debug that is there. */
static void
apply_log_level(void)
{
	if (cmdline_get("quiet"))
		klog_set_console_level(KLOG_WARNING);
	if (cmdline_get("debug"))
		klog_set_console_level(KLOG_DEBUG + 1);
	if (cmdline_get("loglevel"))
		klog_set_console_level((unsigned)cmdline_get_u64(
			"loglevel", klog_console_level()));
}

void
cmdline_init(const char *given, size_t size)
{
	size_t n = strnlen(given, size);
	bool cut = n >= sizeof(text);

	n = MIN(n, sizeof(text) - 1);
	while (n && is_blank(given[n - 1]))
		n--;
	memcpy(text, given, n);
	text[n] = '\0';
	for (char *p = text; *p; p++) {
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	}
	split();
	find_init_words();
	apply_log_level();
	klog_select_consoles();
	if (cut)
		klog(KLOG_WARNING, "cmdline: cut to %zu bytes", n);
}

const char *
cmdline_text(void)
{
	return text;
}

/*
 * If w is `name` or `name=value`, its value, else NULL.  As on Linux, '-' and
 * '_' are the same in names.
 */
static const char *
value_of(const char *w, const char *name)
{
	for (; *name; w++, name++) {
		if (*w != *name && !(*w == '-' && *name == '_') &&
		    !(*w == '_' && *name == '-'))
			return NULL;
	}
	if (*w == '=')
		return w + 1;
	return *w ? NULL : w;
}

static bool
for_kernel(const char *w)
{
	return *w && w < init_words && strcmp(w, "--") != 0;
}

const char *
cmdline_get(const char *name)
{
	const char *found = NULL;

	for (const char *w = words; for_kernel(w); w = next_word(w)) {
		const char *value = value_of(w, name);

		if (value)
			found = value;
	}
	return found;
}

const char *
cmdline_get_nth(const char *name, unsigned n)
{
	for (const char *w = words; for_kernel(w); w = next_word(w)) {
		const char *value = value_of(w, name);

		if (value && n-- == 0)
			return value;
	}
	return NULL;
}

uint64_t
cmdline_get_u64(const char *name, uint64_t fallback)
{
	const char *value = cmdline_get(name);
	uint64_t v;

	if (!value)
		return fallback;
	if (str_to_u64(value, 0, &v))
		return v;
	klog(KLOG_WARNING, "cmdline: %s=%s is not a number", name, value);
	return fallback;
}

/* NAME.PARAMETER words are for modules, which we do not have. */
static bool
is_known(const char *w)
{
	size_t name = 0;

	while (w[name] && w[name] != '=') {
		if (w[name++] == '.')
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(known_names); i++) {
		if (value_of(w, known_names[i]))
			return true;
	}
	return false;
}

/* The nth unknown word with or without a '='; *n counts down. */
static const char *
nth_unknown(bool assignment, unsigned *n)
{
	for (const char *w = words; for_kernel(w); w = next_word(w)) {
		if (is_known(w) || (strchr(w, '=') != NULL) != assignment)
			continue;
		if ((*n)-- == 0)
			return w;
	}
	return NULL;
}

const char *
cmdline_init_arg(unsigned n)
{
	const char *w = nth_unknown(false, &n);

	if (w)
		return w;
	for (w = init_words; *w; w = next_word(w)) {
		if (n-- == 0)
			return w;
	}
	return NULL;
}

const char *
cmdline_init_env(unsigned n)
{
	return nth_unknown(true, &n);
}
