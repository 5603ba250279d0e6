/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * umbra/boot.h - what the loader hands to the kernel.
 *
 * One struct boot_info, in memory of EFI type LoaderData, filled by the loader
 * and never written again.  Everything it points to lies in LoaderData too
 * (BOOT_MEM_LOADER in the map); the kernel copies what it keeps and then
 * reclaims the rest.
 *
 * Units:   addresses are physical unless the name ends in _va; sizes in bytes.
 * Layout:  fixed-width types only: the loader is LLP64, the kernel LP64.
 * Entry:   the kernel's ELF entry is called with the physical address of
 *          struct boot_info in RDI, interrupts off, on a 16 KiB stack and
 *          the loader's page tables, which map (1) the kernel's segments at
 *          link address + slide with their own permissions, (2) all RAM of
 *          types FREE, BOOT and LOADER one to one, read-write and not
 *          executable, (3) the page of the loader that jumps, executable.
 *          The kernel image has no second mapping.  CR0.WP is on, CR4.PGE
 *          off, EFER.NXE on if the processor has it; the GDT and IDT are the
 *          firmware's and not mapped.  If CR4.LA57 is on, the root is a PML5
 *          with entries 0 and 511 naming the same PML4.
 * Source:  UEFI 2.10, 7.2.3 GetMemoryMap(), 12.9 GOP; ACPI 6.5, 5.2.5 RSDP.
 */

#include <stdint.h>

#define BOOT_MAGIC   0x3042414252424d55ULL /* "UMBRBAB0" */
#define BOOT_VERSION 1

/* What a stretch of physical memory is, after the loader's clean-up. */
enum boot_mem_type {
	BOOT_MEM_RESERVED = 0, /* never touch; unknown types end here too */
	BOOT_MEM_FREE = 1,     /* conventional RAM */
	BOOT_MEM_BOOT = 2,     /* boot services code/data: RAM once we run */
	BOOT_MEM_LOADER = 3,   /* hand-off, modules, loader image: RAM later */
	BOOT_MEM_KERNEL = 4,   /* the kernel image: stays */
	BOOT_MEM_ACPI = 5,    /* ACPI reclaim: RAM once the tables are copied */
	BOOT_MEM_NVS = 6,     /* ACPI NVS: keep */
	BOOT_MEM_RUNTIME = 7, /* EFI runtime code/data: keep, map for calls */
	BOOT_MEM_MMIO = 8,
	BOOT_MEM_PERSISTENT = 9,
};

/* One range; sorted by base, disjoint, page-aligned, never empty. */
struct boot_mem {
	uint64_t base;
	uint64_t size;
	uint32_t type;       /* enum boot_mem_type */
	uint32_t efi_type;   /* as the firmware gave it */
	uint64_t attributes; /* EFI_MEMORY_*, as the firmware gave them */
};

/* A file read from the ESP, or made by the loader. */
struct boot_module {
	uint64_t base; /* page-aligned; 0 = absent */
	uint64_t size;
};

enum boot_fb_format {
	BOOT_FB_NONE = 0, /* no framebuffer (no GOP, or Blt only) */
	BOOT_FB_RGB = 1,  /* 32 bits, red in the low byte */
	BOOT_FB_BGR = 2,  /* 32 bits, blue in the low byte */
	BOOT_FB_MASK = 3, /* 32 bits, see the masks */
};

struct boot_framebuffer {
	uint64_t base;
	uint64_t size;
	uint32_t width, height; /* pixels */
	uint32_t pitch;         /* bytes from line to line */
	uint32_t format;        /* enum boot_fb_format */
	uint32_t red_mask, green_mask, blue_mask, reserved;
	struct boot_module edid; /* base 0 = unknown */
};

/* TSC at each step, in the order they happen; 0 = step not taken. */
enum boot_step {
	BOOT_STEP_ENTRY,      /* efi_main */
	BOOT_STEP_FILES_READ, /* all modules in memory */
	BOOT_STEP_KERNEL_SET, /* segments placed and relocated */
	BOOT_STEP_SNAPSHOT,   /* snapshot taken */
	BOOT_STEP_EXIT_BEGIN, /* before the first ExitBootServices */
	BOOT_STEP_EXIT_END,   /* boot services are gone */
	BOOT_STEP_JUMP,       /* last stamp of the loader */
	BOOT_STEPS = 16,
};

/* UTC as GetTime() says, with the TSC when it was asked; year 0 = unknown. */
struct boot_time {
	uint16_t year;
	uint8_t month, day, hour, minute, second, daylight;
	uint32_t nanosecond;
	int16_t timezone; /* minutes west of UTC, 0x7ff = unspecified */
	uint16_t pad;
	uint64_t tsc;
};

enum boot_secure {
	BOOT_SECURE_UNKNOWN = 0,
	BOOT_SECURE_OFF = 1,
	BOOT_SECURE_SETUP = 2,
	BOOT_SECURE_ON = 3,
};

struct boot_info {
	uint64_t magic;   /* BOOT_MAGIC */
	uint32_t version; /* BOOT_VERSION */
	uint32_t size;    /* sizeof(struct boot_info) */

	/* memory */
	uint64_t mem_map; /* struct boot_mem[mem_count] */
	uint64_t mem_count;
	uint64_t efi_map; /* the raw map ExitBootServices accepted */
	uint64_t efi_map_size;
	uint32_t efi_desc_size;
	uint32_t efi_desc_version;

	/* the kernel */
	uint64_t kernel_base; /* physical; one contiguous block */
	uint64_t kernel_size;
	uint64_t kernel_va;    /* where its first byte is mapped */
	uint64_t kernel_slide; /* run address minus link address */

	/* files */
	struct boot_module kernel; /* the whole ELF file: symbols */
	struct boot_module init;
	struct boot_module initramfs;
	struct boot_module cmdline; /* bytes, NUL-terminated; size without it */

	/* firmware */
	struct boot_framebuffer fb;
	uint64_t rsdp;         /* ACPI 2.0 pointer preferred; 0 = none */
	uint64_t smbios;       /* 32-bit entry point, or 0 */
	uint64_t smbios3;      /* 64-bit entry point, or 0 */
	uint64_t system_table; /* EFI_SYSTEM_TABLE */
	uint64_t tpm_log;      /* TCG2 event log, 0 = none */
	uint64_t tpm_log_size;
	uint64_t tpm_log_format;
	struct boot_module snapshot; /* umbra/snapshot.h, later; base 0 */
	uint32_t secure;             /* enum boot_secure */
	uint32_t reserved0;

	/* start of the other processors: one free page below 1 MiB, or 0 */
	uint64_t ap_trampoline;

	/* time and chance */
	uint64_t tsc[BOOT_STEPS];
	uint64_t tsc_hz; /* measured against Stall(); 0 = not measured */
	struct boot_time time;
	uint8_t seed[64];      /* EFI_RNG, else RDRAND, else TSC jitter */
	uint32_t seed_quality; /* bits the loader believes in */
	uint32_t exit_tries;   /* ExitBootServices calls it took */
	uint64_t loader_base;  /* image base of BOOTX64.EFI, for debuggers */
	uint64_t loader_size;
};

_Static_assert(sizeof(struct boot_mem) == 32, "boot_mem layout");
_Static_assert(sizeof(struct boot_module) == 16, "boot_module layout");
_Static_assert(sizeof(struct boot_framebuffer) == 64, "boot_fb layout");
_Static_assert(sizeof(struct boot_time) == 24, "boot_time layout");
