/* SPDX-License-Identifier: MIT */
/*
 * slow_siginfo.c - 100,000 queued signals between two processes, twice.
 *
 * Takes long under emulation: `make test-slow`.
 */
#define SIGNALS 100000

#include "siginfo.c"
