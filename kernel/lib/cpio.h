/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/cpio.h - reading "newc" cpio archives from memory.  Pure: every byte
 * given is hostile, nothing outside [data, data + size) is read.
 *
 * An entry is a header of 110 characters ("070701", or "070702" with a
 * checksum, then 13 numbers of 8 hexadecimal digits), the name with its NUL,
 * and the data; name and data are padded so that what follows is aligned to
 * 4 bytes from the start.  "TRAILER!!!" ends an archive; another may follow
 * after any number of zero bytes.
 *
 * Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
 */

#include "lib/types.h"

struct cpio_entry {
	const char *name;    /* inside the archive, NUL-terminated */
	const uint8_t *data; /* inside the archive, size bytes */
	uint32_t size;
	uint32_t ino, mode, uid, gid, nlink, mtime;
	uint32_t dev_major, dev_minor;   /* with ino: which file, for links */
	uint32_t rdev_major, rdev_minor; /* device nodes */
};

struct cpio_reader {
	const uint8_t *data;
	size_t size;
	size_t pos; /* of the next header; of the bad one after an error */
};

enum cpio_status {
	CPIO_ENTRY, /* *out is a sound entry */
	CPIO_END,   /* no more */
	/* this entry must be skipped, reading may go on: */
	CPIO_BAD_NAME, /* empty, absolute, or with a ".." component */
	CPIO_BAD_SUM,  /* the data do not match the checksum */
	/* the rest cannot be read: */
	CPIO_BAD_MAGIC, /* no header here */
	CPIO_BAD_FIELD, /* not a hexadecimal number, or an absurd name size */
	CPIO_TRUNCATED, /* header, name or data reach past the end */
};

#define CPIO_NAME_MAX 4096 /* with its NUL */

void cpio_open(struct cpio_reader *r, const void *data, size_t size);
enum cpio_status cpio_next(struct cpio_reader *r, struct cpio_entry *out);
static inline bool
cpio_status_skips(enum cpio_status s)
{
	return s == CPIO_BAD_NAME || s == CPIO_BAD_SUM;
}
const char *cpio_status_text(enum cpio_status s);

/* Name of the compression if data starts like a compressed file, or NULL. */
const char *cpio_compression(const void *data, size_t size);
