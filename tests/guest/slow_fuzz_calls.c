/* SPDX-License-Identifier: MIT */
/*
 * slow_fuzz_calls.c - fuzz_calls.c for longer: `make test-slow`.
 */
#define ROUNDS 15
#define RUN_MS 4000

#include "fuzz_calls.c"
