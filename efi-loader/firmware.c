/* SPDX-License-Identifier: MIT */

/*
 * firmware.c - tables and states the firmware offers.
 */

#include "lib/string.h"
#include "loader.h"

static bool
same_guid(const EFI_GUID *a, const EFI_GUID *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The table of this kind that comes first; 0 = none. */
static uint64_t
config_table(const struct loader *l, EFI_GUID guid)
{
	const EFI_CONFIGURATION_TABLE *t = l->st->ConfigurationTable;

	if (!t)
		return 0;
	for (UINTN i = 0; i < l->st->NumberOfTableEntries; i++) {
		if (same_guid(&t[i].VendorGuid, &guid))
			return (uint64_t)t[i].VendorTable;
	}
	return 0;
}

/* A variable of one byte; false if there is none such. */
static bool
byte_variable(const struct loader *l, CHAR16 *name, uint8_t *out)
{
	EFI_GUID global = EFI_GLOBAL_VARIABLE;
	UINTN size = 1;
	uint8_t byte;

	if (EFI_ERROR(l->st->RuntimeServices->GetVariable(name, &global, NULL,
							  &size, &byte)) ||
	    size != 1)
		return false;
	*out = byte;
	return true;
}

/* UEFI 2.10, 32.3: SetupMode outranks SecureBoot. */
static enum boot_secure
secure_state(const struct loader *l)
{
	uint8_t secure, setup = 0;

	if (!byte_variable(l, L"SecureBoot", &secure))
		return BOOT_SECURE_UNKNOWN;
	byte_variable(l, L"SetupMode", &setup);
	if (setup == 1)
		return BOOT_SECURE_SETUP;
	return secure == 1 ? BOOT_SECURE_ON : BOOT_SECURE_OFF;
}

void
firmware_collect(struct loader *l)
{
	struct boot_info *info = l->info;

	info->rsdp = config_table(l, (EFI_GUID)ACPI_20_TABLE_GUID);
	if (!info->rsdp)
		info->rsdp = config_table(l, (EFI_GUID)ACPI_TABLE_GUID);
	info->smbios = config_table(l, (EFI_GUID)SMBIOS_TABLE_GUID);
	info->smbios3 = config_table(l, (EFI_GUID)SMBIOS3_TABLE_GUID);
	info->system_table = (uint64_t)l->st;
	info->secure = secure_state(l);
}
