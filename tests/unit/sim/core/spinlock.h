/* SPDX-License-Identifier: MIT */
#include "../../../../kernel/core/spinlock.h"
