/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/chacha20.h - the ChaCha20 block function: 256 bits of key, 128 bits of
 * input (counter and nonce) to 512 bits.  Pure.
 * Source: RFC 8439, 2.3.
 */

#include "lib/types.h"

#define CHACHA20_KEY   32
#define CHACHA20_INPUT 16
#define CHACHA20_BLOCK 64

void chacha20_block(uint8_t out[CHACHA20_BLOCK],
		    const uint8_t key[CHACHA20_KEY],
		    const uint8_t input[CHACHA20_INPUT]);
