/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * init/boot_priv.h - the steps of main.c that need more than a line.
 */

struct boot_info;

/* Map the framebuffer and show the log there too. */
void boot_console(const struct boot_info *bi);

void boot_banner(const struct boot_info *bi);

/* Collect for arch/ what firmware and loader know of the board. */
void boot_describe_platform(const struct boot_info *bi);

/* Boot is over: seal what may not change any more, reclaim its memory. */
void boot_finish(const struct boot_info *bi);

/* Run the tests ktest= names, then power off; returns if it names none. */
void boot_run_tests(void);

/* The thread that brings up the rest and starts PID 1; arg: the boot_info. */
void start_userland(void *arg);
