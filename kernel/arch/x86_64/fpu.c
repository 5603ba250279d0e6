/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/fpu.h"

#include <asm/sigcontext.h>
#include <asm/siginfo.h>

#include "arch/x86_64/extable.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/machine/x86.h"
#include "core/klog.h"
#include "core/panic.h"
#include "lib/string.h"

/*
 * arch/x86_64/fpu.c - saving and restoring extended registers.
 *
 * The kernel itself uses none of them, so while it runs the registers belong
 * to the current user thread; they change hands only in arch_thread_switch(),
 * eagerly (lazy switching leaks them: CVE-2018-3665).
 *
 * A buffer is in the standard, uncompacted XSAVE format, which is also what a
 * signal frame has; without XSAVE it is the 512 bytes of FXSAVE.  XSAVEOPT
 * may leave parts of a buffer alone that hold nothing new, so it is used only
 * for a thread's own buffer, never for one somebody else will read.
 *
 * Source: Intel SDM 1 chapter 13; 10.5 (FXSAVE).
 */

#define XCR0_X87    (1u << 0)
#define XCR0_SSE    (1u << 1)
#define XCR0_AVX    (1u << 2)
#define XCR0_AVX512 (7u << 5)

/* Layout of a buffer. */
#define FXSAVE_SIZE       512
#define OFFSET_FCW        0
#define OFFSET_MXCSR      24
#define OFFSET_MXCSR_MASK 28
#define OFFSET_ST         32
#define OFFSET_XMM        160
#define FXSAVE_SOFTWARE   464 /* and up to 512: not the processor's */
#define OFFSET_XSTATE_BV  512
#define XSAVE_HEADER_SIZE 64
#define OFFSET_AVX        576

#define FCW_INITIAL        0x37f
#define MXCSR_INITIAL      0x1f80u
#define MXCSR_MASK_DEFAULT 0xffbfu /* if FXSAVE says 0 */

static uint64_t features RO_AFTER_BOOT = XCR0_X87 | XCR0_SSE;
static size_t size RO_AFTER_BOOT = FXSAVE_SIZE;
static uint32_t mxcsr_mask RO_AFTER_BOOT = MXCSR_MASK_DEFAULT;

static void
xsetbv(uint64_t value)
{
	__asm__ volatile("xsetbv"
			 :
			 : "c"(0), "a"((uint32_t)value),
			   "d"((uint32_t)(value >> 32)));
}

/* AVX-512 needs all of its three parts, and AVX. */
static uint64_t
usable(uint64_t supported)
{
	uint64_t use = supported & (XCR0_X87 | XCR0_SSE | XCR0_AVX);

	if ((use & XCR0_AVX) && (supported & XCR0_AVX512) == XCR0_AVX512)
		use |= XCR0_AVX512;
	return use;
}

BOOT_CODE static void
learn_mxcsr_mask(void)
{
	static char area[FXSAVE_SIZE] ALIGNED(16);
	uint32_t mask;

	__asm__ volatile("fxsave64 %0" : "=m"(area));
	memcpy(&mask, area + OFFSET_MXCSR_MASK, sizeof(mask));
	if (mask)
		mxcsr_mask = mask;
}

BOOT_CODE void
fpu_detect(void)
{
	if (!x86_features.fxsr)
		panic("fpu: no FXSAVE: not an x86-64 processor");
	if (x86_features.xsave) {
		struct cpuid d = cpuid(0xd, 0);

		features = usable((uint64_t)d.d << 32 | d.a);
		xsetbv(features);
		size = cpuid(0xd, 0).b;
	}
	learn_mxcsr_mask();
	fpu_init_cpu();
	klog(KLOG_INFO, "fpu: %s, features %#lx, %zu bytes",
	     x86_features.xsaveopt ? "XSAVEOPT"
	     : x86_features.xsave  ? "XSAVE"
				   : "FXSAVE",
	     (unsigned long)features, size);
}

void
fpu_init_cpu(void)
{
	uint32_t mxcsr = MXCSR_INITIAL;

	if (x86_features.xsave)
		xsetbv(features);
	__asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}

size_t
fpu_size(void)
{
	return size;
}

uint64_t
fpu_features(void)
{
	return features;
}

bool
fpu_has_xsave(void)
{
	return x86_features.xsave;
}

void
fpu_save(void *state)
{
	if (x86_features.xsaveopt)
		__asm__ volatile("xsaveopt64 (%0)"
				 :
				 : "r"(state), "a"(-1), "d"(-1)
				 : "memory");
	else
		fpu_save_whole(state);
}

void
fpu_save_whole(void *state)
{
	if (x86_features.xsave)
		__asm__ volatile("xsave64 (%0)"
				 :
				 : "r"(state), "a"(-1), "d"(-1)
				 : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(state) : "memory");
}

/*
 * False if the processor refuses the buffer, which fpu_sanitise() should have
 * made impossible.
 */
static bool
try_restore(const void *state)
{
	int refused = 0;

	if (x86_features.xsave)
		__asm__ volatile("1: xrstor64 (%1)\n"
				 "2:\n\t"
				 ".pushsection .text.fixup, \"ax\"\n"
				 "3:\tmovl $1, %0\n\t"
				 "jmp 2b\n\t"
				 ".popsection\n\t" EXTABLE_ASM(1b, 3b, 1)
				 : "+r"(refused)
				 : "r"(state), "a"(-1), "d"(-1)
				 : "memory");
	else
		__asm__ volatile("1: fxrstor64 (%1)\n"
				 "2:\n\t"
				 ".pushsection .text.fixup, \"ax\"\n"
				 "3:\tmovl $1, %0\n\t"
				 "jmp 2b\n\t"
				 ".popsection\n\t" EXTABLE_ASM(1b, 3b, 1)
				 : "+r"(refused)
				 : "r"(state)
				 : "memory");
	return !refused;
}

void
fpu_restore(const void *state)
{
	if (!try_restore(state))
		panic("fpu: the processor refuses the state at %p", state);
}

void
fpu_set_initial(void *state)
{
	const uint16_t fcw = FCW_INITIAL;
	const uint32_t mxcsr = MXCSR_INITIAL;

	memset(state, 0, size);
	memcpy((char *)state + OFFSET_FCW, &fcw, sizeof(fcw));
	memcpy((char *)state + OFFSET_MXCSR, &mxcsr, sizeof(mxcsr));
}

/* Parts that are not claimed go back to their initial state by XSTATE_BV. */
void
fpu_sanitise(void *state, uint64_t xfeatures)
{
	uint32_t mxcsr;
	uint64_t bv;

	memcpy(&mxcsr, (char *)state + OFFSET_MXCSR, sizeof(mxcsr));
	mxcsr &= mxcsr_mask;
	memcpy((char *)state + OFFSET_MXCSR, &mxcsr, sizeof(mxcsr));
	if (!x86_features.xsave)
		return;
	memcpy(&bv, (char *)state + OFFSET_XSTATE_BV, sizeof(bv));
	bv &= features & xfeatures;
	memset((char *)state + OFFSET_XSTATE_BV, 0, XSAVE_HEADER_SIZE);
	memcpy((char *)state + OFFSET_XSTATE_BV, &bv, sizeof(bv));
}

/* Where part n lies in a buffer, and its size. */
static void
part_extent(unsigned n, size_t *offset, size_t *bytes)
{
	struct cpuid d = cpuid(0xd, n);

	*offset = d.b;
	*bytes = d.a;
}

/*
 * x87 and SSE share the first 512 bytes; MXCSR is always stored.  The header's
 * bits stay as they are: they are part of what is shown.
 */
void
fpu_complete(void *state)
{
	const uint16_t fcw = FCW_INITIAL;
	size_t offset, bytes;
	char *p = state;
	uint64_t bv;

	if (!x86_features.xsave)
		return;
	memcpy(&bv, p + OFFSET_XSTATE_BV, sizeof(bv));
	if (!(bv & XCR0_X87)) {
		memset(p, 0, OFFSET_MXCSR);
		memset(p + OFFSET_ST, 0, OFFSET_XMM - OFFSET_ST);
		memcpy(p + OFFSET_FCW, &fcw, sizeof(fcw));
	}
	if (!(bv & XCR0_SSE))
		memset(p + OFFSET_XMM, 0, FXSAVE_SOFTWARE - OFFSET_XMM);
	for (unsigned n = 2; n < 63; n++) {
		if (!(features >> n & 1) || (bv >> n & 1))
			continue;
		part_extent(n, &offset, &bytes);
		if (offset + bytes <= size)
			memset(p + offset, 0, bytes);
	}
}

bool
fpu_acceptable(const void *state, bool legacy)
{
	const char *p = state;
	uint64_t header[XSAVE_HEADER_SIZE / sizeof(uint64_t)];
	uint32_t mxcsr;

	memcpy(&mxcsr, p + OFFSET_MXCSR, sizeof(mxcsr));
	if (mxcsr & ~mxcsr_mask)
		return false;
	if (legacy || !x86_features.xsave)
		return true;
	memcpy(header, p + OFFSET_XSTATE_BV, sizeof(header));
	for (unsigned i = 1; i < ARRAY_SIZE(header); i++)
		if (header[i])
			return false;
	return !(header[0] & ~features);
}

int
fpu_exception_code(bool simd)
{
	uint32_t mxcsr = 0, pending;
	uint16_t status = 0, control = 0;

	if (simd) {
		__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
		pending = mxcsr & ~(mxcsr >> 7);
	} else {
		__asm__ volatile("fnstsw %0" : "=m"(status));
		__asm__ volatile("fnstcw %0" : "=m"(control));
		pending = status & ~(uint32_t)control;
	}
	if (pending & 0x01)
		return FPE_FLTINV;
	if (pending & 0x04)
		return FPE_FLTDIV;
	if (pending & 0x08)
		return FPE_FLTOVF;
	if (pending & 0x12)
		return FPE_FLTUND;
	return pending & 0x20 ? FPE_FLTRES : SI_KERNEL;
}
