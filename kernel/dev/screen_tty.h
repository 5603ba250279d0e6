/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/screen_tty.h - the driver of the terminal on screen and keyboard.
 */

struct tty_driver;
extern const struct tty_driver screen_tty_driver;
