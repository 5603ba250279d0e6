/* SPDX-License-Identifier: MIT */

#include "lib/cpio.h"

#include "lib/path.h"
#include "lib/string.h"

#define HEADER_SIZE 110
#define TRAILER     "TRAILER!!!"

/* Order of the numbers after the magic. */
enum field {
	F_INO,
	F_MODE,
	F_UID,
	F_GID,
	F_NLINK,
	F_MTIME,
	F_SIZE,
	F_DEV_MAJOR,
	F_DEV_MINOR,
	F_RDEV_MAJOR,
	F_RDEV_MINOR,
	F_NAME_SIZE,
	F_SUM,
	FIELDS,
};
_Static_assert(6 + 8 * FIELDS == HEADER_SIZE, "newc header");

void
cpio_open(struct cpio_reader *r, const void *data, size_t size)
{
	r->data = data;
	r->size = size;
	r->pos = 0;
}

static bool
hex_digit(uint8_t c, uint32_t *out)
{
	if (c >= '0' && c <= '9')
		*out = c - '0';
	else if (c >= 'a' && c <= 'f')
		*out = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		*out = c - 'A' + 10;
	else
		return false;
	return true;
}

static bool
parse_fields(const uint8_t *text, uint32_t *field)
{
	for (unsigned i = 0; i < FIELDS; i++) {
		field[i] = 0;
		for (unsigned j = 0; j < 8; j++) {
			uint32_t digit;

			if (!hex_digit(*text++, &digit))
				return false;
			field[i] = field[i] << 4 | digit;
		}
	}
	return true;
}

static uint32_t
sum_bytes(const uint8_t *data, size_t n)
{
	uint32_t sum = 0;

	while (n--)
		sum += *data++;
	return sum;
}

static void
fill_entry(struct cpio_entry *e, const uint32_t *field)
{
	e->ino = field[F_INO];
	e->mode = field[F_MODE];
	e->uid = field[F_UID];
	e->gid = field[F_GID];
	e->nlink = field[F_NLINK];
	e->mtime = field[F_MTIME];
	e->size = field[F_SIZE];
	e->dev_major = field[F_DEV_MAJOR];
	e->dev_minor = field[F_DEV_MINOR];
	e->rdev_major = field[F_RDEV_MAJOR];
	e->rdev_minor = field[F_RDEV_MINOR];
}

/* Offset of what follows n bytes at pos; false past the end of the archive.
 * The padding after the very last data may be missing. */
static bool
advance(const struct cpio_reader *r, size_t pos, size_t n, size_t *next)
{
	if (n > r->size - pos)
		return false;
	*next = MIN(ALIGN_UP(pos + n, 4), r->size);
	return true;
}

/* Zero bytes between archives, and after the last. */
static void
skip_padding(struct cpio_reader *r)
{
	while (r->pos < r->size && r->data[r->pos] == 0)
		r->pos++;
}

/* Everything but the judgement of name and checksum; *next is behind it. */
static enum cpio_status
read_entry(const struct cpio_reader *r, struct cpio_entry *e, uint32_t *field,
	   size_t *next)
{
	const uint8_t *h = r->data + r->pos;
	size_t left = r->size - r->pos;

	if (left < 6)
		return CPIO_TRUNCATED;
	if (memcmp(h, "070701", 6) != 0 && memcmp(h, "070702", 6) != 0)
		return CPIO_BAD_MAGIC;
	if (left < HEADER_SIZE)
		return CPIO_TRUNCATED;
	if (!parse_fields(h + 6, field))
		return CPIO_BAD_FIELD;
	if (field[F_NAME_SIZE] == 0 || field[F_NAME_SIZE] > CPIO_NAME_MAX)
		return CPIO_BAD_FIELD;
	fill_entry(e, field);
	e->name = (const char *)h + HEADER_SIZE;
	if (!advance(r, r->pos + HEADER_SIZE, field[F_NAME_SIZE], next))
		return CPIO_TRUNCATED;
	if (e->name[field[F_NAME_SIZE] - 1] != 0)
		return CPIO_BAD_FIELD;
	e->data = r->data + *next;
	if (!advance(r, *next, e->size, next))
		return CPIO_TRUNCATED;
	return CPIO_ENTRY;
}

static enum cpio_status
judge_entry(const struct cpio_reader *r, const struct cpio_entry *e,
	    const uint32_t *field)
{
	if (strlen(e->name) + 1 != field[F_NAME_SIZE] ||
	    !path_is_contained(e->name))
		return CPIO_BAD_NAME;
	if (r->data[r->pos + 5] == '2' &&
	    sum_bytes(e->data, e->size) != field[F_SUM])
		return CPIO_BAD_SUM;
	return CPIO_ENTRY;
}

enum cpio_status
cpio_next(struct cpio_reader *r, struct cpio_entry *out)
{
	uint32_t field[FIELDS];
	enum cpio_status status;
	size_t next;

	for (;;) {
		if (r->pos == r->size)
			return CPIO_END;
		if (r->data[r->pos] == 0) {
			skip_padding(r);
			continue;
		}
		status = read_entry(r, out, field, &next);
		if (status != CPIO_ENTRY)
			return status;
		if (!strcmp(out->name, TRAILER)) {
			r->pos = next;
			skip_padding(r);
			continue;
		}
		status = judge_entry(r, out, field);
		r->pos = next;
		return status;
	}
}

const char *
cpio_status_text(enum cpio_status s)
{
	static const char *const text[] = {
		[CPIO_ENTRY] = "sound",
		[CPIO_END] = "end of archive",
		[CPIO_BAD_NAME] = "name leaves the root",
		[CPIO_BAD_SUM] = "checksum does not match",
		[CPIO_BAD_MAGIC] = "no newc header",
		[CPIO_BAD_FIELD] = "malformed header",
		[CPIO_TRUNCATED] = "archive is truncated",
	};

	return (unsigned)s < ARRAY_SIZE(text) ? text[s] : "?";
}

const char *
cpio_compression(const void *data, size_t size)
{
	static const struct {
		const char *name;
		uint8_t len;
		uint8_t magic[6];
	} known[] = {
		{ "gzip", 2, { 0x1f, 0x8b } },
		{ "bzip2", 3, { 'B', 'Z', 'h' } },
		{ "xz", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
		{ "lzma", 3, { 0x5d, 0, 0 } },
		{ "lzo", 4, { 0x89, 'L', 'Z', 'O' } },
		{ "lz4", 4, { 0x02, 0x21, 0x4c, 0x18 } },
		{ "lz4", 4, { 0x04, 0x22, 0x4d, 0x18 } },
		{ "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd } },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (size >= known[i].len &&
		    !memcmp(data, known[i].magic, known[i].len))
			return known[i].name;
	return NULL;
}
