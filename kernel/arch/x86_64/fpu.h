/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/fpu.h - the extended registers: x87, SSE, AVX and what follows.
 */

#include "lib/types.h"

/* Boot processor: which parts there are and how large they are. */
void fpu_detect(void);

/* Every processor: enable them; registers in the initial state. */
void fpu_init_cpu(void);

/* All the state to or from a buffer of fpu_size() bytes, 64-byte aligned. */
size_t fpu_size(void);
void fpu_save(void *state);
void fpu_restore(const void *state);

/* The same, but every byte of the buffer is written: for others to read. */
void fpu_save_whole(void *state);

/* Make a buffer hold the initial state. */
void fpu_set_initial(void *state);

/*
 * A state that came from user space, size bytes of it: force what would fault
 * to legal values.  xfeatures: the parts it claims to have.
 */
void fpu_sanitise(void *state, uint64_t xfeatures);

/*
 * Make a buffer of fpu_save() whole: parts that are in their initial state may
 * hold anything, the header says so.  Write the initial values out.
 */
void fpu_complete(void *state);
/*
 * Would the processor take a state somebody made up?  legacy: only the first
 * 512 bytes count.
 */
bool fpu_acceptable(const void *state, bool legacy);

/* XCR0: the parts in use; 3 (x87, SSE) if there is no XSAVE. */
uint64_t fpu_features(void);
bool fpu_has_xsave(void);

/* si_code of the x87 (simd false) or SSE exception that is pending now. */
int fpu_exception_code(bool simd);
