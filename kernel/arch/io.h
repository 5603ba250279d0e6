/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/io.h - programming hardware: I/O ports and mapped device registers.
 *
 * Nothing here waits or checks that a device is there: a missing one reads as
 * all ones.
 */

#include "lib/types.h"

#include "arch/x86_64/machine/io.h"

/*
 * The machine header gives, inline:
 *	uint8_t port_in8(uint16_t port);  ... 16, 32
 *	void port_out8(uint16_t port, uint8_t value);  ... 16, 32
 *	uint32_t mmio_read32(const volatile void *p);  ... 8, 16, 64
 *	void mmio_write32(volatile void *p, uint32_t value);  ... 8, 16, 64
 */
