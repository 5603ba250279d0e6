/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * string_host.h - the kernel's own memory and string functions under names of
 * their own, so that a test can have them beside the C library's.  Included
 * before lib/string.h by kernel/lib/string.c and by its test.
 */

#define memcpy  umbra_memcpy
#define memmove umbra_memmove
#define memset  umbra_memset
#define memcmp  umbra_memcmp
#define memchr  umbra_memchr
#define strlen  umbra_strlen
#define strnlen umbra_strnlen
#define strcmp  umbra_strcmp
#define strncmp umbra_strncmp
#define strchr  umbra_strchr
#define strrchr umbra_strrchr
#define strstr  umbra_strstr
