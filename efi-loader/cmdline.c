/* SPDX-License-Identifier: MIT */

/*
 * cmdline.c - the command line: load options, or cmdline.txt, or nothing.
 *
 * Load options may be anything: firmware puts binary data of its own there,
 * the shell the name of the image.  Only what looks like text counts.
 */

#include "lib/string.h"
#include "loader.h"
#include "out.h"
#include "text.h"

#define CMDLINE_PATH "\\umbra\\cmdline.txt"

/* Room for the UTF-8 of size bytes of UTF-16, and a NUL. */
static uint64_t
utf8_room(uint64_t size)
{
	return size / 2 * 3 + 1;
}

static EFI_STATUS
from_utf16(struct loader *l, const void *utf16, uint64_t size)
{
	struct boot_module *out = &l->info->cmdline;
	uint64_t base = mem_alloc(l, utf8_room(size));
	char *text = (char *)base;
	size_t n;

	if (!base)
		return fail(EFI_OUT_OF_RESOURCES, "command line: no memory");
	n = text_clean(text, text_from_utf16(text, utf16, size));
	text[n] = '\0';
	*out = (struct boot_module){ base, n };
	return EFI_SUCCESS;
}

static EFI_STATUS
from_file(struct loader *l)
{
	struct boot_module file = { 0 };
	EFI_STATUS status =
		file_read(l, CMDLINE_PATH, FILE_MAY_BE_EMPTY, &file);
	char *text = (char *)file.base;

	if (EFI_ERROR(status) || !file.base)
		return status;
	if (text_is_utf16(text, file.size)) {
		status = from_utf16(l, text, file.size);
		mem_free(l, file.base);
		return status;
	}
	file.size = text_clean(text, file.size);
	text[file.size] = '\0';
	l->info->cmdline = file;
	return EFI_SUCCESS;
}

static void
drop_image_name(struct boot_module *cmdline)
{
	char *text = (char *)cmdline->base;
	size_t skip = text_skip_image_name(text, cmdline->size);

	memmove(text, text + skip, cmdline->size - skip + 1);
	cmdline->size -= skip;
}

EFI_STATUS
cmdline_load(struct loader *l)
{
	EFI_STATUS status;

	if (l->self->LoadOptions &&
	    text_ucs2_valid(l->self->LoadOptions, l->self->LoadOptionsSize)) {
		status = from_utf16(l, l->self->LoadOptions,
				    l->self->LoadOptionsSize);
		if (EFI_ERROR(status))
			return status;
		drop_image_name(&l->info->cmdline);
		if (l->info->cmdline.size)
			return EFI_SUCCESS;
		mem_free(l, l->info->cmdline.base);
		l->info->cmdline = (struct boot_module){ 0 };
	}
	return from_file(l);
}

bool
cmdline_has(const struct loader *l, const char *word)
{
	return l->info->cmdline.base &&
	       text_has_word((const char *)l->info->cmdline.base,
			     l->info->cmdline.size, word);
}
