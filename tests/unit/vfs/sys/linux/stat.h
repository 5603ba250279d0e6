/* SPDX-License-Identifier: MIT */
#pragma once

/* <linux/stat.h> leaves out S_IFMT and its kin when it sees the C library. */
#pragma push_macro("__GLIBC__")
#undef __GLIBC__
#include_next <linux/stat.h>
#pragma pop_macro("__GLIBC__")
