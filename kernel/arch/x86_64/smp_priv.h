/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/smp_priv.h - calls between processors, for the rest of the
 * machine layer.
 */

#include "arch/smp.h"

/* This CPU takes part from now on. */
void smp_set_online(unsigned cpu);

/* Run what other CPUs ask of this one; interrupts off. */
void smp_answer_calls(void);
