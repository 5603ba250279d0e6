/* SPDX-License-Identifier: MIT */
/*
 * words.c - split a line of a unit file into words.
 *
 * One pass over the text with one output buffer of the text's own length: a
 * word is never longer than what it was written as.
 */
#include "unit_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void
words_fini(struct words *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->word[i]);
	free(list->word);
	*list = (struct words){ 0 };
}

static int
words_add(struct words *list, const char *text, size_t length, const char **why)
{
	char **grown, *copy;

	if (list->count >= UNIT_WORDS_MAX) {
		*why = "too many words";
		return -1;
	}
	*why = "out of memory";
	grown = realloc(list->word, (list->count + 2) * sizeof(*grown));
	if (!grown)
		return -1;
	list->word = grown;
	copy = strndup(text, length);
	if (!copy)
		return -1;
	grown[list->count++] = copy;
	grown[list->count] = NULL;
	return 0;
}

static char
unescape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 's':
		return ' ';
	default:
		return c;
	}
}

/*
 * Copy one word, quotes and escapes taken away, to out.  Moves *text behind it
 * and returns the length, or -1 when a quote is open or nothing is escaped.
 */
static long
take_word(const char **text, char *out, const char **why)
{
	const char *p = *text;
	char quote = 0;
	long n = 0;

	for (; *p && (quote || !is_blank(*p)); p++) {
		if (*p == '\\' && quote != '\'') {
			if (!*++p) {
				*why = "a backslash ends the line";
				return -1;
			}
			out[n++] = unescape(*p);
		} else if (*p == quote) {
			quote = 0;
		} else if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else {
			out[n++] = *p;
		}
	}
	*text = p;
	if (quote) {
		*why = "a quote is not closed";
		return -1;
	}
	return n;
}

int
words_split(struct words *list, const char *text, const char **why)
{
	char *buffer = malloc(strlen(text) + 1);
	int err = 0;

	if (!buffer) {
		*why = "out of memory";
		return -1;
	}
	while (!err) {
		long n;

		while (is_blank(*text))
			text++;
		if (!*text)
			break;
		n = take_word(&text, buffer, why);
		err = n < 0 ? -1 : words_add(list, buffer, (size_t)n, why);
	}
	free(buffer);
	return err;
}
