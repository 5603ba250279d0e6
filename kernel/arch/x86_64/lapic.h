/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/lapic.h - the interrupt controller inside each processor: its
 * timer, and interrupts between processors.
 *
 * Context: any; sending disables interrupts itself.
 */

#include "lib/types.h"

/* Vectors the machine layer uses itself; devices get 20h and up. */
enum irq_vector {
	VECTOR_DEVICE_FIRST = 0x20,
	VECTOR_DEVICE_LAST = 0xef,
	VECTOR_TIMER = 0xf0,
	VECTOR_RESCHEDULE = 0xf1,
	VECTOR_CALL = 0xf2,
	VECTOR_ERROR = 0xf3,
	VECTOR_SPURIOUS = 0xff,
};

/* Boot processor: find the controller and its mode, then lapic_init_cpu(). */
void lapic_init(void);

/* Every processor: on, everything masked but what we use. */
void lapic_init_cpu(void);

void lapic_eoi(void);

void lapic_send(uint32_t apic_id, enum irq_vector vector);
void lapic_send_nmi(uint32_t apic_id);
void lapic_send_init(uint32_t apic_id);
void lapic_send_startup(uint32_t apic_id, paddr_t page);

/* Measure the timer against the time-stamp counter, whose rate is known. */
void lapic_timer_init(void);

/* One interrupt when the counter reaches tsc (0 = none). */
void lapic_timer_set(uint64_t tsc);
