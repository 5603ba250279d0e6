/* SPDX-License-Identifier: MIT */

/*
 * file.c - read files of the volume the loader was started from.
 *
 * A file is read into whole pages in pieces of 1 MiB: some firmware is slow
 * or hangs on one huge read, all is slow with many small ones.
 */

#include "lib/string.h"
#include "loader.h"
#include "out.h"

#define PIECE    (1ULL << 20)
#define PATH_MAX 64

/* EFI_FILE_INFO with room for a long name. */
struct file_info {
	EFI_FILE_INFO info;
	CHAR16 name[256];
};

EFI_STATUS
file_open_volume(struct loader *l)
{
	EFI_GUID fs_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *fs;
	EFI_STATUS status;

	status = l->bs->HandleProtocol(l->self->DeviceHandle, &fs_guid,
				       (void **)&fs);
	if (EFI_ERROR(status))
		return fail(status, "started from a device without files: %s",
			    status_text(status));
	status = fs->OpenVolume(fs, &l->root);
	if (EFI_ERROR(status))
		return fail(status, "cannot open the boot volume: %s",
			    status_text(status));
	return EFI_SUCCESS;
}

static EFI_STATUS
file_size(EFI_FILE *f, const char *path, uint64_t *size)
{
	EFI_GUID info_guid = EFI_FILE_INFO_ID;
	struct file_info buf;
	UINTN n = sizeof(buf);
	EFI_STATUS status;

	status = f->GetInfo(f, &info_guid, &n, &buf);
	if (EFI_ERROR(status))
		return fail(status, "%s: cannot get its size: %s", path,
			    status_text(status));
	if (buf.info.Attribute & EFI_FILE_DIRECTORY)
		return fail(EFI_LOAD_ERROR, "%s: is a directory", path);
	*size = buf.info.FileSize;
	return EFI_SUCCESS;
}

static EFI_STATUS
read_pieces(EFI_FILE *f, const char *path, char *to, uint64_t size)
{
	EFI_STATUS status;

	for (uint64_t done = 0; done < size;) {
		UINTN n = MIN(size - done, PIECE);

		status = f->Read(f, &n, to + done);
		if (EFI_ERROR(status))
			return fail(status, "%s: offset %#llx: cannot read: %s",
				    path, done, status_text(status));
		if (n == 0)
			return fail(EFI_LOAD_ERROR,
				    "%s: offset %#llx: ends before its size "
				    "of %llu bytes",
				    path, done, size);
		done += n;
	}
	return EFI_SUCCESS;
}

static EFI_STATUS
read_open_file(struct loader *l, EFI_FILE *f, const char *path, unsigned flags,
	       struct boot_module *out)
{
	uint64_t size, base;
	EFI_STATUS status;

	status = file_size(f, path, &size);
	if (EFI_ERROR(status))
		return status;
	if (size == 0 && !(flags & FILE_MAY_BE_EMPTY))
		return fail(EFI_LOAD_ERROR, "%s: is empty", path);
	/* One byte more, so that text has its NUL. */
	base = size < UINT64_MAX ? mem_alloc(l, size + 1) : 0;
	if (!base)
		return fail(EFI_OUT_OF_RESOURCES,
			    "%s: no memory for %llu bytes", path, size);
	status = read_pieces(f, path, (char *)base, size);
	if (EFI_ERROR(status)) {
		mem_free(l, base);
		return status;
	}
	*out = (struct boot_module){ base, size };
	return EFI_SUCCESS;
}

EFI_STATUS
file_read(struct loader *l, const char *path, unsigned flags,
	  struct boot_module *out)
{
	CHAR16 wide[PATH_MAX];
	EFI_STATUS status;
	EFI_FILE *f;
	size_t i;

	for (i = 0; path[i] != '\0' && i < PATH_MAX - 1; i++)
		wide[i] = (CHAR16)path[i];
	wide[i] = 0;
	status = l->root->Open(l->root, &f, wide, EFI_FILE_MODE_READ, 0);
	if (status == EFI_NOT_FOUND && !(flags & FILE_MUST_EXIST))
		return EFI_SUCCESS;
	if (EFI_ERROR(status))
		return fail(status, "%s: %s", path, status_text(status));
	status = read_open_file(l, f, path, flags, out);
	f->Close(f);
	return status;
}
