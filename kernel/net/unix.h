/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * net/unix.h - the family AF_UNIX, as the rest of net/ sees it.
 */

void unix_init(void); /* registers the family; boot only */
