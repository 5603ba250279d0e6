/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/exec_script.h - the first line of a script.  Pure, host-tested.
 */

#include "lib/types.h"

#define EXEC_HEAD_SIZE 256 /* bytes of a file that decide what it is */

/* Does this head begin a script? */
bool exec_is_script(const char *head, size_t size);

/*
 * Split "#! interpreter [argument]" in place; line has room for a NUL behind
 * its size bytes.  *arg is NULL if there is none.  -ENOEXEC.
 */
NODISCARD int
exec_parse_script(char *line, size_t size, char **interp, char **arg);
