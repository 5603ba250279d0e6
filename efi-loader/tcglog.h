/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * tcglog.h - how long a TPM event log is.
 *
 * The firmware says where the log begins and where its last event begins, but
 * not where that ends: it has to be parsed.
 *
 * Context: pure; also compiled for the host tests.
 * Source:  TCG PC Client Platform Firmware Profile 1.05, section 10.
 */

#include <stddef.h>
#include <stdint.h>

enum tcglog_format {
	TCGLOG_SHA1 = 1,  /* EFI_TCG2_EVENT_LOG_FORMAT_TCG_1_2 */
	TCGLOG_AGILE = 2, /* EFI_TCG2_EVENT_LOG_FORMAT_TCG_2 */
};

/*
 * Bytes from the start of the log to the end of the event at offset last, of
 * which no more than max may be read.  0: the log makes no sense.
 */
size_t tcglog_size(const void *log, size_t last, size_t max, unsigned format);
