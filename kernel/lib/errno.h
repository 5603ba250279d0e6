/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/errno.h - error numbers: Linux's, from the UAPI headers, and the
 * kernel-internal restart codes that never reach a program.
 *
 * A call interrupted by a signal returns one of the restart codes; the signal
 * code turns it into -EINTR or starts the call again (man 7 signal,
 * "Interruption of system calls").
 */

#include <asm/errno.h>

#define ERESTARTSYS           512 /* again if SA_RESTART, else EINTR */
#define ERESTARTNOINTR        513 /* always again */
#define ERESTARTNOHAND        514 /* again if no handler ran, else EINTR */
#define ERESTART_RESTARTBLOCK 516 /* go on by restart_syscall, else EINTR */
