/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/debug_regs.h"

#include <asm/processor-flags.h>

#include "arch/mmu.h"
#include "arch/trap.h"
#include "arch/x86_64/machine/x86.h"
#include "lib/errno.h"

/*
 * arch/x86_64/debug_regs.c - hardware breakpoints and watchpoints.
 *
 * A slot is an address (DR0-3) and, in DR7, two bits that switch it on and four
 * that say what is watched:
 *
 *	type  0 execution, 1 writes, 2 I/O, 3 reads and writes
 *	len   bytes less one, where 2 stands for eight; execution has 0
 *
 * The registers are global to the processor, so a thread that has any is
 * switched to and from with care; all others pay one test.  A debugger may name
 * no kernel address and no I/O, so nothing it sets can trap in the kernel but
 * copies to and from user memory, which trap.c lets pass.
 *
 * What the debugger writes to DR7 is kept for it to read, also where slots are
 * off; the processor gets only slots that are on and the bits it must have.
 */

#define DR7_FIXED     0x400u /* reads as 1 */
#define SLOTS         4
#define SLOT_ON(n)    (3ull << (2 * (n)))
#define SLOT_SHIFT(n) (16 + 4 * (n))
#define SLOT_BITS     0xfull

enum {
	TYPE_EXECUTE = 0,
	TYPE_WRITE = 1,
	TYPE_IO = 2,
};

void
debug_regs_load(const struct arch_debug *d)
{
	write_dr7(DR7_FIXED);
	if (!d->control)
		return;
	write_dr0(d->addr[0]);
	write_dr1(d->addr[1]);
	write_dr2(d->addr[2]);
	write_dr3(d->addr[3]);
	write_dr6(DR6_RESET);
	write_dr7(d->control);
}

uint64_t
debug_regs_take(void)
{
	uint64_t why = read_dr6() & (DR6_HITS | DR6_STEP);

	write_dr6(DR6_RESET);
	return why;
}

static unsigned
slot_type(uint64_t dr7, unsigned n)
{
	return dr7 >> SLOT_SHIFT(n) & 3;
}

static uint64_t
slot_bytes(uint64_t dr7, unsigned n)
{
	static const uint8_t bytes[] = { 1, 2, 8, 4 };

	return bytes[dr7 >> (SLOT_SHIFT(n) + 2) & 3];
}

/*
 * DR6 may show a match of a slot that is off.  An instruction's breakpoint
 * strikes before it runs, so going on needs the resume flag.
 */
uint64_t
debug_regs_note(struct arch_debug *d, struct trap_frame *f, uint64_t why)
{
	for (unsigned n = 0; n < SLOTS; n++) {
		if (!(d->control & SLOT_ON(n)))
			why &= ~(1ull << n);
		else if ((why >> n & 1) &&
			 slot_type(d->control, n) == TYPE_EXECUTE)
			f->rflags |= X86_EFLAGS_RF;
	}
	d->status = why ^ DR6_RESET;
	return why;
}

static bool
slot_valid(uint64_t addr, uint64_t dr7, unsigned n)
{
	uint64_t bytes = slot_bytes(dr7, n);

	if (slot_type(dr7, n) == TYPE_IO)
		return false;
	if (slot_type(dr7, n) == TYPE_EXECUTE && bytes != 1)
		return false;
	return !(addr & (bytes - 1)) && addr <= USER_TOP - bytes;
}

/* What the processor is to have for this DR7: 0 = nothing is on. */
static uint64_t
control_for(uint64_t dr7)
{
	uint64_t control = 0;

	for (unsigned n = 0; n < SLOTS; n++)
		if (dr7 & SLOT_ON(n))
			control |= (dr7 & SLOT_ON(n)) |
				   (dr7 & SLOT_BITS << SLOT_SHIFT(n));
	return control ? control | DR7_FIXED : 0;
}

static int
set_control(struct arch_debug *d, uint64_t dr7)
{
	for (unsigned n = 0; n < SLOTS; n++)
		if ((dr7 & SLOT_ON(n)) && !slot_valid(d->addr[n], dr7, n))
			return -EINVAL;
	d->wanted = dr7;
	d->control = control_for(dr7);
	return 0;
}

/* A slot that is off takes any user address; it is checked when it goes on. */
static int
set_address(struct arch_debug *d, unsigned n, uint64_t addr)
{
	if (addr >= USER_TOP)
		return -EINVAL;
	if ((d->control & SLOT_ON(n)) && !slot_valid(addr, d->control, n))
		return -EINVAL;
	d->addr[n] = addr;
	return 0;
}

uint64_t
debug_reg_get(const struct arch_debug *d, unsigned n)
{
	if (n < SLOTS)
		return d->addr[n];
	if (n == 6)
		return d->status ? d->status : DR6_RESET;
	return n == 7 ? d->wanted : 0;
}

int
debug_reg_set(struct arch_debug *d, unsigned n, uint64_t value)
{
	if (n < SLOTS)
		return set_address(d, n, value);
	if (n == 7)
		return set_control(d, value);
	if (n != 6)
		return -EIO;
	d->status = value;
	return 0;
}
