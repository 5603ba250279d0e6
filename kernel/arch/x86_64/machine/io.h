/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine/io.h - x86-64 side of arch/io.h.
 *
 * Device memory is read and written by exactly one instruction of the width
 * asked for, which volatile alone does not promise.
 */

#include "lib/types.h"

#define PORT_ACCESS(bits, type)                                            \
	static inline type port_in##bits(uint16_t port)                    \
	{                                                                  \
		type value;                                                \
                                                                           \
		__asm__ volatile("in %1, %0" : "=a"(value) : "Nd"(port));  \
		return value;                                              \
	}                                                                  \
                                                                           \
	static inline void port_out##bits(uint16_t port, type value)       \
	{                                                                  \
		__asm__ volatile("out %0, %1" : : "a"(value), "Nd"(port)); \
	}

PORT_ACCESS(8, uint8_t)
PORT_ACCESS(16, uint16_t)
PORT_ACCESS(32, uint32_t)
#undef PORT_ACCESS

#define MMIO_ACCESS(bits, type)                                           \
	static inline type mmio_read##bits(const volatile void *p)        \
	{                                                                 \
		type value;                                               \
                                                                          \
		__asm__ volatile("mov %1, %0"                             \
				 : "=r"(value)                            \
				 : "m"(*(const volatile type *)(p))       \
				 : "memory");                             \
		return value;                                             \
	}                                                                 \
                                                                          \
	static inline void mmio_write##bits(volatile void *p, type value) \
	{                                                                 \
		__asm__ volatile("mov %1, %0"                             \
				 : "=m"(*(volatile type *)(p))            \
				 : "r"(value)                             \
				 : "memory");                             \
	}

MMIO_ACCESS(8, uint8_t)
MMIO_ACCESS(16, uint16_t)
MMIO_ACCESS(32, uint32_t)
MMIO_ACCESS(64, uint64_t)
#undef MMIO_ACCESS
