/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/ioapic.h"

#include "arch/io.h"
#include "arch/x86_64/platform_priv.h"
#include "core/klog.h"
#include "mm/kmap.h"

/*
 * arch/x86_64/ioapic.c - I/O APICs.
 *
 * Source: Intel 82093AA datasheet; the 64-bit redirection entry of SDM 3A
 * 11.11.1 has the same low half.
 */

#define IOAPIC_SIZE   0x20
#define IOAPIC_SELECT 0x00
#define IOAPIC_WINDOW 0x10
#define REG_VERSION   1
#define REG_ROUTES    0x10
#define ROUTE_MASKED  (1u << 16)
#define ROUTE_LEVEL   (1u << 15)
#define ROUTE_LOW     (1u << 13)

struct ioapic {
	void *regs;        /* [I] */
	unsigned gsi_base; /* [I] */
	unsigned lines;    /* [I] */
};

static struct ioapic ioapics[PLATFORM_IOAPIC_MAX] RO_AFTER_BOOT;
static unsigned ioapic_count RO_AFTER_BOOT;

static uint32_t
ioapic_read(const struct ioapic *io, unsigned reg)
{
	mmio_write32((char *)io->regs + IOAPIC_SELECT, reg);
	return mmio_read32((char *)io->regs + IOAPIC_WINDOW);
}

static void
ioapic_write(const struct ioapic *io, unsigned reg, uint32_t value)
{
	mmio_write32((char *)io->regs + IOAPIC_SELECT, reg);
	mmio_write32((char *)io->regs + IOAPIC_WINDOW, value);
}

BOOT_CODE static void
add(const struct platform_ioapic *p)
{
	struct ioapic *io = &ioapics[ioapic_count];
	uint32_t version;
	unsigned line;

	io->regs = kmap_physical(p->base, IOAPIC_SIZE, KMAP_UNCACHED);
	if (!io->regs) {
		klog(KLOG_ERR, "ioapic: cannot map %#lx",
		     (unsigned long)p->base);
		return;
	}
	version = ioapic_read(io, REG_VERSION);
	if (version == UINT32_MAX) {
		klog(KLOG_WARNING, "ioapic: nothing at %#lx",
		     (unsigned long)p->base);
		kunmap_physical(io->regs, IOAPIC_SIZE);
		return;
	}
	io->gsi_base = p->gsi_base;
	io->lines = (version >> 16 & 0xff) + 1;
	for (line = 0; line < io->lines; line++) {
		ioapic_write(io, REG_ROUTES + 2 * line, ROUTE_MASKED);
		ioapic_write(io, REG_ROUTES + 2 * line + 1, 0);
	}
	ioapic_count++;
	klog(KLOG_INFO, "ioapic: at %#lx, interrupts %u-%u",
	     (unsigned long)p->base, io->gsi_base,
	     io->gsi_base + io->lines - 1);
}

BOOT_CODE void
ioapic_init(void)
{
	unsigned i;

	for (i = 0; i < platform.ioapics; i++)
		add(&platform.ioapic[i]);
}

static const struct ioapic *
find(unsigned gsi)
{
	unsigned i;

	for (i = 0; i < ioapic_count; i++) {
		if (gsi - ioapics[i].gsi_base < ioapics[i].lines)
			return &ioapics[i];
	}
	return NULL;
}

bool
ioapic_has(unsigned gsi)
{
	return find(gsi);
}

/* Masked while the halves disagree. */
void
ioapic_route(unsigned gsi, const struct ioapic_route *r)
{
	const struct ioapic *io = find(gsi);
	unsigned reg = REG_ROUTES + 2 * (gsi - io->gsi_base);

	ioapic_write(io, reg, ROUTE_MASKED);
	ioapic_write(io, reg + 1, r->apic_id << 24);
	ioapic_write(io, reg,
		     r->vector | (r->level ? ROUTE_LEVEL : 0) |
			     (r->active_low ? ROUTE_LOW : 0));
}

void
ioapic_mask(unsigned gsi)
{
	const struct ioapic *io = find(gsi);

	ioapic_write(io, REG_ROUTES + 2 * (gsi - io->gsi_base), ROUTE_MASKED);
}
