/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/sysfs/sysfs.h - /sys: what there is, as a tree.
 *
 * Small, and made once at boot from what the machine has: processors, one
 * memory node, character devices.  Files are texts made when they are read,
 * by the same code as /proc's.  What the kernel does not have is not there.
 */

void sysfs_init(void); /* after the devices have registered */
