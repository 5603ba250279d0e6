/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/platform_priv.h - the board, for the rest of the machine layer.
 */

#include "arch/platform.h"

extern struct arch_platform platform; /* [I] after arch_set_platform() */
