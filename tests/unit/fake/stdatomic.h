/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake/stdatomic.h - the compiler's own header.
 *
 * On a hosted system it defers to the next <stdatomic.h> of the search path,
 * which with the kernel's private system headers on that path is itself, and
 * so ends up empty.  Told that the system is freestanding it does the work.
 */

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wbuiltin-macro-redefined"
#undef __STDC_HOSTED__
#define __STDC_HOSTED__ 0
#include_next <stdatomic.h>
#undef __STDC_HOSTED__
#define __STDC_HOSTED__ 1
#pragma clang diagnostic pop
