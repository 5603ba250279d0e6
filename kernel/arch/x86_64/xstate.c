/* SPDX-License-Identifier: MIT */
#include <asm/sigcontext.h>

#include "arch/ptrace.h"
#include "arch/thread.h"
#include "arch/usercopy.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/percpu_block.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * arch/x86_64/xstate.c - the extended state of threads, and its copy in a
 * signal frame.
 *
 * In a signal frame (struct _fpstate of asm/sigcontext.h) the buffer has, in
 * bytes the processor leaves to software, a struct _fpx_sw_bytes that says
 * how much follows the first 512 bytes, and a second magic number at its end,
 * so that a program that copies only the old part is noticed.
 *
 * Copies to and from user memory may sleep, and a switch saves the live
 * registers into the thread's own buffer.  So saving copies from that buffer
 * (a switch rewrites it with the same values), but restoring needs another.
 */

#define FXSAVE_SIZE     512
#define XSAVE_SIZE_MIN  576
#define OFFSET_SOFTWARE offsetof(struct _fpstate_64, sw_reserved)

static struct slab_cache *xstate_cache RO_AFTER_BOOT;

BOOT_CODE void
arch_xstate_init(void)
{
	fpu_detect();
	xstate_cache = slab_cache_create("xstate", fpu_size(), 64);
	if (!xstate_cache)
		panic("fpu: no memory for the state cache");
}

uint64_t
arch_xstate_components(void)
{
	return fpu_features();
}

static struct arch_thread *
current_arch(void)
{
	return this_cpu_block().arch;
}

int
arch_xstate_alloc(struct arch_thread *at)
{
	at->xstate = slab_alloc(xstate_cache);
	if (!at->xstate)
		return -ENOMEM;
	fpu_set_initial(at->xstate);
	return 0;
}

void
arch_xstate_free(struct arch_thread *at)
{
	if (at->xstate)
		slab_free(xstate_cache, at->xstate);
	at->xstate = NULL;
}

/* Interrupts off: between the two steps nothing may save the old registers. */
void
arch_xstate_reset(struct arch_thread *at)
{
	unsigned long irq = irq_save();

	fpu_set_initial(at->xstate);
	if (at == current_arch())
		fpu_restore(at->xstate);
	irq_restore(irq);
}

void
arch_xstate_clone(struct arch_thread *child)
{
	fpu_save_whole(child->xstate);
}

size_t
arch_xstate_frame_size(void)
{
	if (!fpu_has_xsave())
		return FXSAVE_SIZE;
	return ALIGN_UP(fpu_size() + FP_XSTATE_MAGIC2_SIZE, 64UL);
}

int
arch_xstate_save_user(void USER *frame)
{
	const struct _fpx_sw_bytes software = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = (uint32_t)(fpu_size() + FP_XSTATE_MAGIC2_SIZE),
		.xfeatures = fpu_features(),
		.xstate_size = (uint32_t)fpu_size(),
	};
	const uint32_t magic2 = FP_XSTATE_MAGIC2;
	char USER *to = frame;
	void *state = current_arch()->xstate;

	fpu_save_whole(state);
	if (copy_to_user(to, state, fpu_size()))
		return -EFAULT;
	if (!fpu_has_xsave())
		return 0;
	if (copy_to_user(to + OFFSET_SOFTWARE, &software, sizeof(software)) ||
	    copy_to_user(to + fpu_size(), &magic2, sizeof(magic2)))
		return -EFAULT;
	return 0;
}

/* --- another thread's, for its debugger --- */

size_t
arch_xstate_size(void)
{
	return fpu_has_xsave() ? fpu_size() : 0;
}

void
arch_fpregs_get(const struct arch_thread *at, void *out)
{
	fpu_complete(at->xstate);
	memcpy(out, at->xstate, USER_FPREGS_SIZE);
	memset((char *)out + OFFSET_SOFTWARE, 0,
	       USER_FPREGS_SIZE - OFFSET_SOFTWARE);
}

/* x87 and SSE are in use from then on; the other parts stay. */
int
arch_fpregs_set(struct arch_thread *at, const void *in)
{
	char *state = at->xstate;
	uint64_t bv;

	if (!fpu_acceptable(in, true))
		return -EINVAL;
	memcpy(state, in, USER_FPREGS_SIZE);
	if (fpu_has_xsave()) {
		memcpy(&bv, state + FXSAVE_SIZE, sizeof(bv));
		bv |= 3;
		memcpy(state + FXSAVE_SIZE, &bv, sizeof(bv));
	}
	return 0;
}

/* The first word left to software says which parts there are. */
void
arch_xstate_get(const struct arch_thread *at, void *out)
{
	const uint64_t parts = fpu_features();

	arch_fpregs_get(at, out);
	memcpy((char *)out + OFFSET_SOFTWARE, &parts, sizeof(parts));
	memcpy((char *)out + FXSAVE_SIZE, (char *)at->xstate + FXSAVE_SIZE,
	       fpu_size() - FXSAVE_SIZE);
}

int
arch_xstate_set(struct arch_thread *at, const void *in)
{
	if (!fpu_acceptable(in, false))
		return -EINVAL;
	memcpy(at->xstate, in, fpu_size());
	return 0;
}

/* --- signal frames, continued: back --- */

/*
 * How many bytes of the frame are state, and the parts in them: all that
 * software says if both magic numbers are there, else the first 512.
 */
static int
frame_extent(const char USER *from, size_t *bytes, uint64_t *xfeatures)
{
	struct _fpx_sw_bytes software;
	uint32_t magic2;

	*bytes = FXSAVE_SIZE;
	*xfeatures = 3;
	if (!fpu_has_xsave())
		return 0;
	if (copy_from_user(&software, from + OFFSET_SOFTWARE, sizeof(software)))
		return -EFAULT;
	if (software.magic1 != FP_XSTATE_MAGIC1 ||
	    software.xstate_size < XSAVE_SIZE_MIN ||
	    software.xstate_size > fpu_size() ||
	    software.xstate_size > software.extended_size)
		return 0;
	if (copy_from_user(&magic2, from + software.xstate_size,
			   sizeof(magic2)))
		return -EFAULT;
	if (magic2 != FP_XSTATE_MAGIC2)
		return 0;
	*bytes = software.xstate_size;
	*xfeatures = software.xfeatures;
	return 0;
}

/* Only the first 512 bytes: the header says that they, and only they, count. */
static void
make_legacy(char *state)
{
	const uint64_t bv = 3;

	if (fpu_has_xsave())
		memcpy(state + FXSAVE_SIZE, &bv, sizeof(bv));
}

int
arch_xstate_restore_user(const void USER *frame)
{
	struct arch_thread *at = current_arch();
	uint64_t xfeatures;
	size_t bytes;
	char *state;
	int err;

	if (!frame) {
		arch_xstate_reset(at);
		return 0;
	}
	if ((uintptr_t)frame & 63)
		return -EINVAL;
	err = frame_extent(frame, &bytes, &xfeatures);
	if (err)
		return err;
	state = slab_alloc(xstate_cache);
	if (!state)
		return -ENOMEM;
	fpu_set_initial(state);
	err = copy_from_user(state, frame, bytes);
	if (!err) {
		if (bytes == FXSAVE_SIZE)
			make_legacy(state);
		fpu_sanitise(state, xfeatures);
		fpu_restore(state);
	}
	slab_free(xstate_cache, state);
	return err;
}
