/* SPDX-License-Identifier: MIT */

/*
 * tpm.c - copy the TPM's event log: the firmware's dies with boot services.
 */

#include "lib/string.h"
#include "loader.h"
#include "out.h"
#include "tcglog.h"

#define LOG_MAX (16ULL << 20) /* firmware reserves 64 KiB or so */

static bool
copy_log(struct loader *l, struct efi_tcg2 *tcg2, unsigned format)
{
	UINT64 location = 0, last = 0;
	UINT8 truncated = 0;
	uint64_t copy;
	size_t size;

	if (EFI_ERROR(tcg2->get_event_log(tcg2, format, &location, &last,
					  &truncated)) ||
	    !location || last < location || last - location > LOG_MAX)
		return false;
	size = tcglog_size((const void *)location, last - location, LOG_MAX,
			   format);
	copy = size ? mem_alloc(l, size) : 0;
	if (!copy)
		return false;
	memcpy((void *)copy, (const void *)location, size);
	l->info->tpm_log = copy;
	l->info->tpm_log_size = size;
	l->info->tpm_log_format = format;
	return true;
}

void
tpm_collect(struct loader *l)
{
	EFI_GUID guid = EFI_TCG2_GUID;
	struct efi_tcg2 *tcg2;

	if (EFI_ERROR(l->bs->LocateProtocol(&guid, NULL, (void **)&tcg2)))
		return;
	if (!copy_log(l, tcg2, TCGLOG_AGILE))
		copy_log(l, tcg2, TCGLOG_SHA1);
}
