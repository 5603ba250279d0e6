/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sim/arch/cpu.h - the processors of tests/unit/sim.c.  Each function is a
 * point where other processors may go on for a while, as between any two
 * instructions of a real one.
 */

#include "lib/types.h"

#define CPU_MAX 64

struct thread;

void sim_point(void);

unsigned cpu_id(void);
unsigned cpu_count(void);
void cpu_relax(void);
void cpu_idle(void);
void irq_disable(void);
void irq_enable(void);
bool irq_enabled(void);
unsigned long irq_save(void);
void irq_restore(unsigned long was);
uint64_t cycles(void);
struct thread *current_thread(void);
void set_current_thread(struct thread *t);
uintptr_t percpu_offset(void);
